import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

extension BindingReconciler {
    /// Says why a binding is not accepted. What exists stays, unless a boundary wants it withdrawn.
    func refuse(_ binding: VaultRoleBinding, because refusal: Refusal) async throws -> ReconcileResult {
        do {
            try await endPredecessor(of: binding)
            if refusal.withdraws { try await withdraw(binding) }
        } catch let doubt as BoundaryDoubt {
            try await report(.refused(reason: refusal.reason, message: refusal.message), on: binding)
            throw doubt
        } catch let failure as DeletionFailure {
            try await reportWithdrawal(failure: failure.error, of: binding, because: refusal)
        } catch let error as VaultError {
            try await reportWithdrawal(failure: error, of: binding, because: refusal)
        }
        try await report(
            refusal.withdraws
                ? .withdrawn(reason: refusal.reason, message: refusal.message)
                : .refused(reason: refusal.reason, message: refusal.message), on: binding)
        return .done
    }

    /// What an earlier binding of the name had is not for one that is not accepted, whatever the boundary says of what its
    /// own objects become: it goes at once, as it would if there were none of the name.
    private func endPredecessor(of binding: VaultRoleBinding) async throws {
        let owner = OwnershipRecord.Owner(of: binding)
        guard let former = gatherer.ledger.predecessor(of: owner) else { return }
        if let failure = gate.currentFailure { throw failure }
        try await reporter.ensureCurrent(binding)
        let boundary = try await boundaries.confirmRefusal(of: binding, withdraws: false) {
            try? gatherer.subject(of: binding, within: $0).get()
        }
        let kept = boundary.allowsOrphan ? gatherer.ledger.orphans(of: owner) : []
        let held = gatherer.ledger.paths(of: owner)
        try await applier.delete(held.filter { !kept.contains($0) }, owner: former, of: binding)
        try await gatherer.ledger.release(held, of: former)
        reporter.event(
            .warning, EventReason.withdrawn, action: "Withdraw",
            "withdrawn what an earlier VaultRoleBinding of this name had", on: binding)
    }

    /// How long the logins of an earlier binding of its name still stay: a binding and its identity that are put back, as from
    /// a backup, come one after the other, and their workload shall not notice.
    ///
    /// - Returns: nil when there are none, or the time is over.
    func graceOfLogins(before binding: VaultRoleBinding) -> Duration? {
        guard gatherer.ledger.predecessor(of: OwnershipRecord.Owner(of: binding)) != nil,
            let created = binding.metadata.creationTimestamp.flatMap(WallTime.init(rfc3339:))
        else { return nil }
        let age = environment.clock.wallTime.secondsSince1970 - created.secondsSince1970
        return age < 60 ? .seconds(60 - max(age, 0)) : nil
    }

    /// As long as it is not known whose logins a binding is for, those of an earlier one of its name are nobody's.
    func closeLogins(before binding: VaultRoleBinding) async throws {
        let owner = OwnershipRecord.Owner(of: binding)
        guard let former = gatherer.ledger.predecessor(of: owner) else { return }
        let logins = gatherer.ledger.paths(of: owner).filter { VaultObjectKind(path: $0) == .authRole }
        guard !logins.isEmpty, gate.currentFailure == nil else { return }
        try await reporter.ensureCurrent(binding)
        do {
            try await applier.delete(logins, owner: former, of: binding)
        } catch let failure as DeletionFailure {
            if failure.error.isOutage { gate.recordFailure(failure.error, waiting: binding.key) }
            throw failure.error.retry
        }
    }

    /// Deletes what the ledger says is the binding's, in the order of a deletion, once the API server itself has shown
    /// the spec that asks for too much, and the boundary that says so.
    private func withdraw(_ binding: VaultRoleBinding) async throws {
        let owner = OwnershipRecord.Owner(of: binding)
        let held = gatherer.ledger.paths(of: owner)
        guard !held.isEmpty else { return }
        if let failure = gate.currentFailure { throw failure }
        try await reporter.ensureCurrent(binding)
        try await boundaries.confirmRefusal(of: binding, withdraws: true) {
            try? gatherer.subject(of: binding, within: $0).get()
        }
        try await applier.delete(held, owner: owner, of: binding)
        // With them go the users of static roles, and whatever else is claimed and is no object of ours.
        try await gatherer.ledger.release(held, of: owner)
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
        try await report(
            .refused(reason: refusal.reason, message: refusal.message, deleted: deletedKinds(of: binding)), on: binding)
        throw failure.retry
    }

    /// The kinds of objects of which the binding holds none any more.
    func deletedKinds(of binding: VaultRoleBinding) -> Set<VaultObjectKind> {
        let held = gatherer.ledger.paths(of: OwnershipRecord.Owner(of: binding))
        return Set(VaultObjectKind.allCases).subtracting(held.compactMap(VaultObjectKind.init(path:)))
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

extension ConditionOutcome {
    /// A deletion that could not be finished: what failed, where, and what helps.
    ///
    /// - Parameters:
    ///   - failure: which object it was; nil while none was tried.
    ///   - wayToLetGo: what the boundary allows, as the last resort.
    static func unfinished(_ error: VaultError, at failure: DeletionFailure?, wayToLetGo: String) -> ConditionOutcome {
        let outcome = failure.map { error.outcome(at: $0.path) } ?? error.outcome
        let leases =
            failure?.isRevocation == true && error.code == .permissionDenied
            ? "With spec.revokeLeasesOnDelete set to false the leases are left to end by themselves. " : ""
        return .fails(
            outcome.reason, "\(outcome.message). Not everything is deleted in Vault yet. \(leases)\(wayToLetGo)")
    }
}
