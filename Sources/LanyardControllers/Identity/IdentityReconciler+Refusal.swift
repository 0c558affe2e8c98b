import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import SPIREClient

extension IdentityReconciler {
    /// Says why an identity is not accepted. What exists stays, unless a boundary wants it withdrawn.
    func refuse(_ identity: WorkloadIdentity, because refusal: Refusal) async throws -> ReconcileResult {
        placement.release(identity.key)
        guard refusal.withdraws else {
            try await report(.refused(reason: refusal.reason, message: refusal.message), on: identity)
            return .done
        }
        do {
            try await withdraw(identity)
        } catch let error as SPIREError {
            if error.isOutage { gate.recordFailure(error, waiting: identity.key) }
            guard error.isWorthReporting else { throw ConvergenceError(error.outcome) }
            try await report(.refused(reason: refusal.reason, message: refusal.message), on: identity)
            throw ConvergenceError(error.outcome)
        }
        try await report(.withdrawn(reason: refusal.reason, message: refusal.message), on: identity)
        return .done
    }

    /// Deletes what was made, once the API server itself has shown the spec that asks for too much.
    private func withdraw(_ identity: WorkloadIdentity) async throws {
        let ids = try knownEntryIDs(of: identity)
        guard !ids.isEmpty else { return }
        try await reporter.ensureCurrent(identity)
        try await applier.delete(ids, of: identity)
        memory.remove(uid: identity.metadata.uid)
        reporter.event(
            .warning, EventReason.withdrawn, action: "Withdraw", "withdrawn, as the boundary says (onViolation)",
            on: identity)
        BoundaryMetrics.recordWithdrawal(of: WorkloadIdentity.descriptor.kind)
    }

    /// Says that nothing is touched; the removal of the annotation runs the identity again.
    func reportPause(of identity: WorkloadIdentity) async throws -> ReconcileResult {
        try await report(.paused, on: identity)
        return .done
    }

    /// What `Accepted` says of annotations without effect.
    func note(on identity: WorkloadIdentity) -> String? {
        identity.metadata.ineffectiveAnnotationsNote(
            within: boundaries.effective(inNamespace: identity.metadata.namespace))
    }
}
