import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import SPIREClient

extension IdentityReconciler {
    /// Says why an identity is not accepted. What exists stays, unless a boundary wants it withdrawn, for what the spec asks for
    /// or for what there is.
    func refuse(_ identity: WorkloadIdentity, because refusal: Refusal) async throws -> ReconcileResult {
        placement.release(identity.key)
        stopWaiting(identity.key)
        guard refusal.withdraws else {
            return try await report(.refused(reason: refusal.reason, message: refusal.message), on: identity) {
                try await curb(identity)
                return try await releaseForbidden(of: identity, isPaused: false)
            }
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

    /// Takes away first and tells then, also when that failed: an object that cannot be written keeps nothing by that.
    private func report(
        _ outcome: IdentityOutcome, on identity: WorkloadIdentity,
        after takingAway: () async throws -> ReconcileResult
    ) async throws -> ReconcileResult {
        let result: ReconcileResult
        do {
            result = try await takingAway()
        } catch {
            try? await report(outcome, on: identity)
            throw error
        }
        try await report(outcome, on: identity)
        return result
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

    /// Makes sure that entries must not stay: a boundary that says so may be one that only a cache has.
    ///
    /// - Throws: `StaleObject` when they may, `BoundaryDoubt`, `PlacementUnknown`, `KubernetesError`.
    func confirm(withdrawals: [String], of identity: WorkloadIdentity) async throws {
        try await reporter.ensureCurrent(identity)
        let boundary = try await boundaries.source.current(inNamespace: identity.metadata.namespace ?? "")
        guard try gatherer.forbids(withdrawals, of: identity, within: boundary) else { throw StaleObject() }
    }

    /// Makes sure that an identity may take over what others have: a boundary that says so may be one that only a cache has.
    ///
    /// - Throws: `StaleObject` when it may not, `BoundaryDoubt`, `KubernetesError`.
    func confirmAdoption(by identity: WorkloadIdentity) async throws {
        let boundary = try await boundaries.source.current(inNamespace: identity.metadata.namespace ?? "")
        guard boundary.allowsAdoption else { throw StaleObject() }
    }

    /// Deletes entries that a refused or paused identity has no right to, whatever boundaries say of what exists: those with
    /// the operator's own SPIFFE ID, from a time when that was not known, and, unless it is paused, those of an earlier
    /// identity of this name, which went without its finalizer. Its own others, from a time when it was accepted, stay.
    private func releaseForbidden(of identity: WorkloadIdentity, isPaused: Bool) async throws -> ReconcileResult {
        let reserved = boundaries.reservedIDs(inNamespace: identity.metadata.namespace)
        if isPaused, reserved.isEmpty { return .done }
        guard inventory.isComplete else { return .requeue(after: environment.jittered(Self.recheck, by: 0.2)) }
        let ids = entryIDs(of: identity)
        let look = IdentityMemory.Look(reserved: reserved, isPaused: isPaused)
        guard !ids.isEmpty, memory.with(identity.metadata, { $0.cleared }) != look else { return .done }
        let forbidden = try await forbidden(among: ids, of: identity, look)
        guard !forbidden.isEmpty else {
            memory.with(identity.metadata) { $0.cleared = look }
            return .done
        }
        let live = try await reporter.ensureCurrent(identity)
        guard live.metadata.finalizers == identity.metadata.finalizers else { throw StaleObject() }
        // Nothing that a boundary says gives anybody the operator's ID.
        if !isPaused { try await boundaries.confirmRefusal(of: identity, withdraws: false) }
        for (reason, ids) in forbidden.sorted(by: { $0.key < $1.key }) {
            do throws(SPIREError) {
                try await applier.delete(ids, of: identity)
            } catch {
                throw retry(after: error, of: identity)
            }
            reporter.event(
                .warning, EventReason.withdrawn, action: "Withdraw", "withdrawn what \(reason)", on: identity)
        }
        return .done
    }

    /// Those of the entries of its name that an identity has no right to, by the reason.
    private func forbidden(
        among ids: [String], of identity: WorkloadIdentity, _ look: IdentityMemory.Look
    ) async throws -> [String: [String]] {
        do throws(SPIREError) {
            if let failure = gate.currentFailure { throw failure }
            var forbidden: [String: [String]] = [:]
            for (id, result) in zip(ids, await gatherer.registry.entries(ids: ids)) {
                guard let entry = try result.get() else { continue }
                if look.reserved.contains(entry.spiffeID) {
                    forbidden["had the SPIFFE ID of the operator", default: []].append(id)
                } else if !look.isPaused, !OrphanMark.isOn(entry), entry.isOlder(than: identity.metadata) {
                    forbidden["an earlier WorkloadIdentity of this name had", default: []].append(id)
                }
            }
            return forbidden
        } catch {
            throw retry(after: error, of: identity)
        }
    }

    func retry(after error: SPIREError, of identity: WorkloadIdentity) -> ConvergenceError {
        if error.isOutage { gate.recordFailure(error, waiting: identity.key) }
        return ConvergenceError(error.outcome)
    }

    /// Says that nothing is touched, and touches only what has the operator's own SPIFFE ID and what a boundary takes from
    /// single pods; the removal of the annotation runs the identity again.
    ///
    /// - Parameter desired: what its spec asks for; nil where that is not accepted.
    func reportPause(
        of identity: WorkloadIdentity, asking desired: DesiredIdentity? = nil
    ) async throws -> ReconcileResult {
        stopWaiting(identity.key)
        states.noteUnknown(of: identity)
        return try await report(.paused, on: identity) {
            let result = try await releaseForbidden(of: identity, isPaused: true)
            if let desired { try await withdrawPaused(identity, desired) }
            return result
        }
    }

    /// Deletes what a boundary takes from single pods of a paused identity. While it is not known where they run, nothing is
    /// taken: the lists of pods and nodes wake it.
    private func withdrawPaused(_ identity: WorkloadIdentity, _ desired: DesiredIdentity) async throws {
        do {
            let ids = try gatherer.forbidden(of: identity, desired: desired).sorted()
            guard !ids.isEmpty else { return }
            if let failure = gate.currentFailure { throw failure }
            try await confirm(withdrawals: ids, of: identity)
            try await applier.delete(ids, of: identity)
        } catch is PlacementUnknown {
            return
        } catch let error as SPIREError {
            throw retry(after: error, of: identity)
        }
        reporter.event(
            .warning, EventReason.withdrawn, action: "Withdraw", "withdrawn, as the boundary says (onViolation)",
            on: identity)
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
    /// missing the times need not be far apart; a tenant who puts it there by hand keeps what was made in the five minutes before.
    fileprivate func isOlder(than object: ObjectMeta) -> Bool {
        guard let made = object.createdAt, createdAt > 0 else { return false }
        let hasFinalizer = object.finalizers?.contains(LanyardGroup.cleanupFinalizer) == true
        return createdAt < made - (hasFinalizer ? Self.clockDifference : 0)
    }
}
