import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

extension BindingReconciler {
    /// Says why a binding is not accepted. What exists stays, unless a boundary wants it withdrawn, for what the spec asks for or
    /// for what there is; what that says of tokens reaches it.
    ///
    /// - Parameter isPaused: whether nothing is touched but for a withdrawal.
    func refuse(
        _ binding: VaultRoleBinding, because refusal: Refusal, isPaused: Bool
    ) async throws -> ReconcileResult {
        do {
            if !isPaused || refusal.withdraws { try await endRefusedInheritance(of: binding) }
            if refusal.withdraws { try await withdraw(binding) }
        } catch let doubt as BoundaryDoubt {
            let curb = try await self.curb(binding, isPassing: true)
            let message = curb.first?.told(before: refusal.message) ?? refusal.message
            try await report(
                .refused(reason: refusal.reason, message: message, deleted: curb.deleted), on: binding)
            throw doubt
        } catch let error where error.isOfCluster {
            _ = try await self.curb(binding, isPassing: true)
            throw error
        } catch {
            throw try await end(error, of: binding) { _, _ in
                try await report(
                    .refused(
                        reason: refusal.reason, message: refusal.message, deleted: deletedKinds(of: binding)),
                    on: binding)
            }
        }
        let curb = try await curb(binding)
        let message = curb.first?.told(before: refusal.message) ?? refusal.message
        try await report(
            refusal.withdraws
                ? .withdrawn(reason: refusal.reason, message: message)
                : .refused(reason: refusal.reason, message: message, deleted: curb.deleted), on: binding)
        if let excess = curb.first { throw excess.retry }
        return .done
    }

    /// Deletes what the ledger says is the binding's, in the order of a deletion, once the API server itself has shown
    /// the spec that asks for too much, the boundary that says so, and all that this was decided from.
    private func withdraw(_ binding: VaultRoleBinding) async throws {
        let owner = OwnershipRecord.Owner(of: binding)
        let held = gatherer.ledger.paths(of: owner)
        guard !held.isEmpty else { return }
        try gate.check()
        try await reporter.ensureCurrent(binding)
        try await confirmRefusal(of: binding, withdraws: true)
        try await takeAway(held, of: owner, from: binding)
    }

    /// Deletes and gives up what a boundary takes away from a binding.
    func takeAway(
        _ held: [String], of owner: OwnershipRecord.Owner, from binding: VaultRoleBinding
    ) async throws {
        // With them go the users of static roles, and whatever else is claimed and is no object of ours.
        try await applier.delete(held, releasing: held, owner: owner, of: binding)
        reporter.reportWithdrawal(of: binding)
    }

    /// Says that nothing is touched.
    func pause(_ binding: VaultRoleBinding) async throws -> ReconcileResult {
        doubts.remove(binding.key)
        try await reportPause(of: binding)
        return .done
    }

    /// The kinds of objects of which the binding holds none any more.
    func deletedKinds(of binding: VaultRoleBinding) -> Set<VaultObjectKind> {
        let held = gatherer.ledger.paths(of: OwnershipRecord.Owner(of: binding))
        return Set(VaultObjectKind.allCases).subtracting(held.compactMap(VaultObjectKind.init(path:)))
    }
}
