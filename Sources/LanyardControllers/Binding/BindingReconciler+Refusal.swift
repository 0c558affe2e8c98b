import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

extension BindingReconciler {
    /// Says why a binding is not accepted. What exists stays, unless a boundary wants it withdrawn.
    func refuse(_ binding: VaultRoleBinding, because refusal: Refusal) async throws -> ReconcileResult {
        guard refusal.withdraws else {
            try await report(.refused(reason: refusal.reason, message: refusal.message), on: binding)
            return .done
        }
        do {
            try await withdraw(binding)
        } catch let failure as DeletionFailure {
            try await reportWithdrawal(failure: failure.error, of: binding, because: refusal)
        } catch let error as VaultError {
            try await reportWithdrawal(failure: error, of: binding, because: refusal)
        }
        try await report(.withdrawn(reason: refusal.reason, message: refusal.message), on: binding)
        return .done
    }

    /// Deletes what the ledger says is the binding's, in the order of a deletion, once the API server itself has shown
    /// the spec that asks for too much.
    private func withdraw(_ binding: VaultRoleBinding) async throws {
        let owner = OwnershipRecord.Owner(of: binding)
        let held = gatherer.ledger.paths(of: owner)
        guard !held.isEmpty else { return }
        if let failure = gate.currentFailure { throw failure }
        try await reporter.ensureCurrent(binding)
        try await applier.delete(held, owner: owner, of: binding)
        converged.remove(uid: binding.metadata.uid)
        reporter.event(
            .warning, EventReason.withdrawn, action: "Withdraw", "withdrawn, as the boundary says (onViolation)",
            on: binding)
        BoundaryMetrics.recordWithdrawal(of: VaultRoleBinding.descriptor.kind)
    }

    private func reportWithdrawal(
        failure: VaultError, of binding: VaultRoleBinding, because refusal: Refusal
    ) async throws {
        if failure.isOutage { gate.recordFailure(failure, waiting: binding.key) }
        guard failure.isWorthReporting else { throw failure.retry }
        try await report(.refused(reason: refusal.reason, message: refusal.message), on: binding)
        throw failure.retry
    }

    /// Says that nothing is touched; the removal of the annotation runs the binding again.
    func reportPause(of binding: VaultRoleBinding) async throws -> ReconcileResult {
        try await report(.paused, on: binding)
        return .done
    }

    /// What `Accepted` says of annotations without effect.
    func note(on binding: VaultRoleBinding) -> String? {
        binding.metadata.ineffectiveAnnotationsNote(
            within: boundaries.effective(inNamespace: binding.metadata.namespace))
    }
}
