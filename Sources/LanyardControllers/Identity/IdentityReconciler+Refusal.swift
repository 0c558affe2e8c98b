import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import SPIREClient

extension IdentityReconciler {
    /// Says why an identity is not accepted. What exists stays, unless a boundary wants it withdrawn.
    func refuse(_ identity: WorkloadIdentity, because refusal: Refusal) async throws -> ReconcileResult {
        placement.release(identity.key)
        stopWaiting(identity.key)
        guard refusal.withdraws else {
            try await report(.refused(reason: refusal.reason, message: refusal.message), on: identity)
            return try await releaseInheritance(of: identity)
        }
        do {
            try await withdraw(identity)
        } catch let doubt as BoundaryDoubt {
            try await report(.refused(reason: refusal.reason, message: refusal.message), on: identity)
            throw doubt
        } catch let error as SPIREError {
            if error.isOutage { gate.recordFailure(error, waiting: identity.key) }
            guard error.isWorthReporting else { throw ConvergenceError(error.outcome) }
            try await report(.refused(reason: refusal.reason, message: refusal.message), on: identity)
            throw ConvergenceError(error.outcome)
        }
        try await report(.withdrawn(reason: refusal.reason, message: refusal.message), on: identity)
        return .done
    }

    /// Deletes what was made, once the API server itself has shown the spec that asks for too much, and the boundary that says
    /// so.
    private func withdraw(_ identity: WorkloadIdentity) async throws {
        let ids = try knownEntryIDs(of: identity)
        guard !ids.isEmpty else { return }
        try await reporter.ensureCurrent(identity)
        try await boundaries.confirmRefusal(of: identity, withdraws: true)
        try await applier.delete(ids, of: identity)
        memory.remove(identity.key)
        reporter.event(
            .warning, EventReason.withdrawn, action: "Withdraw", "withdrawn, as the boundary says (onViolation)",
            on: identity)
        BoundaryMetrics.recordWithdrawal(of: WorkloadIdentity.descriptor.kind)
    }

    /// Deletes the entries of an earlier identity of this name, which went without its finalizer: this one has no right to
    /// them that its own admission would not give. Its own, from a time when it was accepted, stay.
    private func releaseInheritance(of identity: WorkloadIdentity) async throws -> ReconcileResult {
        guard inventory.isComplete else { return .requeue(after: environment.jittered(Self.recheck, by: 0.2)) }
        let ids = entryIDs(of: identity)
        guard !ids.isEmpty else { return .done }
        do throws(SPIREError) {
            if let failure = gate.currentFailure { throw failure }
            var inherited: [String] = []
            for (id, result) in zip(ids, await gatherer.registry.entries(ids: ids)) {
                guard let entry = try result.get(), !OrphanMark.isOn(entry) else { continue }
                if entry.isOlder(than: identity.metadata) { inherited.append(id) }
            }
            guard !inherited.isEmpty else { return .done }
            guard await isStillRefused(identity) else { return .requeue(after: .seconds(1)) }
            try await applier.delete(inherited, of: identity)
            reporter.event(
                .warning, EventReason.withdrawn, action: "Withdraw",
                "withdrawn what an earlier WorkloadIdentity of this name had", on: identity)
            return .done
        } catch {
            if error.isOutage { gate.recordFailure(error, waiting: identity.key) }
            throw ConvergenceError(error.outcome)
        }
    }

    /// Whether the API server, too, has this very object with this spec and finalizers, and boundaries that refuse it.
    private func isStillRefused(_ identity: WorkloadIdentity) async -> Bool {
        guard let live = try? await reporter.ensureCurrent(identity),
            live.metadata.finalizers == identity.metadata.finalizers
        else { return false }
        return (try? await boundaries.confirmRefusal(of: identity, withdraws: false)) != nil
    }

    /// Says that nothing is touched; the removal of the annotation runs the identity again.
    func reportPause(of identity: WorkloadIdentity) async throws -> ReconcileResult {
        stopWaiting(identity.key)
        states.noteUnknown(of: identity)
        try await report(.paused, on: identity)
        return .done
    }

    /// What `Accepted` says of annotations without effect.
    func note(on identity: WorkloadIdentity) -> String? {
        identity.metadata.ineffectiveAnnotationsNote(
            within: boundaries.effective(inNamespace: identity.metadata.namespace))
    }
}

extension RegistrationEntry {
    /// How far the clocks of SPIRE and of the API server may be apart, in seconds.
    private static let clockDifference: Int64 = 300

    /// Whether it was there before an object was made. Nothing is made for an object without our finalizer, so where that is
    /// missing the times need not be far apart; a tenant who puts it there by hand gains five minutes.
    fileprivate func isOlder(than object: ObjectMeta) -> Bool {
        guard let made = object.createdAt, createdAt > 0 else { return false }
        let hasFinalizer = object.finalizers?.contains(LanyardGroup.cleanupFinalizer) == true
        return createdAt < made - (hasFinalizer ? Self.clockDifference : 0)
    }
}
