import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

/// Carries out the plan for one binding: claims first, then the objects in order, then what is left over. What fails is a
/// fact for the plan of what comes next.
extension VaultApplier<VaultRoleBinding> {
    /// Carries the plan out, kind by kind, each made anew with what failed before it; a policy that gives nothing new goes with
    /// the database roles.
    ///
    /// - Parameters:
    ///   - first: what was planned.
    ///   - access: what for.
    ///   - facts: by what; the plan of later steps is made of them and of what came of the earlier ones.
    ///   - namespaceUID: the UID of the binding's namespace.
    /// - Throws: `VaultError` or `DeletionFailure` when the server as a whole is away, `KubernetesError` when a claim cannot be
    ///   stored.
    func apply(
        _ first: BindingPlan, for access: DesiredAccess, facts: BindingPlan.Facts, owner: OwnershipRecord.Owner,
        namespaceUID: String?, to binding: VaultRoleBinding
    ) async throws -> VaultOutcomes {
        var plan = first
        var facts = facts
        let others = try await ledger.claim(
            first.claims, policies: first.deletionPolicies,
            tenure: .init(namespaceUID: namespaceUID, tokenLife: access.tokenLife),
            leavesState: first.writes && !facts.wasConverged, for: owner)
        for (path, holder) in others { facts.claims[path] = .other(holder.title) }
        var hasNews = !others.isEmpty
        var attempted: Set<String> = []
        var undone: Set<String> = []
        var result = VaultOutcomes()
        var patience = PassPatience()
        var kinds = VaultObjectKind.allCases[...]
        while let kind = kinds.popFirst() {
            if hasNews { plan = BindingPlan.make(for: access, facts: facts) }
            var stage = [kind]
            if kinds.first == .policy, plan.hasSettledPolicy(for: access, facts: facts) {
                stage.append(kinds.removeFirst())
            }
            let steps = plan.steps.filter { stage.contains($0.kind) }
            let troubles = try await carryOut(
                steps, of: access, over: facts.lookups, owner: owner, with: &patience, on: binding)
            for (step, trouble) in zip(steps, troubles) {
                if trouble?.isPostponed != true { attempted.formUnion(step.claims) }
                if let trouble, step.writes {
                    facts.failures[step.path] = trouble.outcome
                    hasNews = true
                    if trouble.isUndone { undone.formUnion(step.claims) }
                }
                result.note(step, trouble?.outcome)
            }
        }
        if hasNews {
            // What was refused was not made either, and is somebody else's to make: neither changed nor deleted by us then.
            let abandoned =
                plan.abandoned(of: first.claims, attempted: attempted, facts: facts)
                + undone.subtracting(facts.heldPaths).sorted()
            if !abandoned.isEmpty { try await ledger.release(abandoned, of: owner, wasMade: false) }
        }
        if result.failure == nil {
            do {
                try await delete(
                    plan.stale, releasing: plan.releasable + plan.leftBehind, owner: owner, of: binding)
            } catch let failure as DeletionFailure where !failure.error.affectsAll {
                result.note(failure, in: (failure.kind ?? .authRole).conditionType)
                return result
            }
            if !plan.leftBehind.isEmpty { reportOrphans(plan.leftBehind, on: binding) }
            if let doubt = plan.doubt { result.note(doubt, in: ConditionType.databaseRolesSynced) }
        }
        return result
    }

    /// Says what stays in Vault, unowned.
    func reportOrphans(_ paths: [String], on binding: VaultRoleBinding) {
        reporter.event(
            .normal, EventReason.orphaned, action: "Delete",
            "left behind (deletionPolicy Orphan): \(paths.sorted().joined(separator: ", "))", on: binding)
    }

    /// Deletes claimed objects in a safe order and gives up their claims.
    ///
    /// - Parameters:
    ///   - users: by the path of an object, the claim of the database user that goes with it (rule own-34).
    ///   - rest: claims that are given up as well, if all is gone.
    /// - Throws: `DeletionFailure` for the first object that cannot be deleted, `KubernetesError` for the ledger.
    func delete(
        _ paths: [String], users: [String: String] = [:], releasing rest: [String] = [],
        owner: OwnershipRecord.Owner, of binding: VaultRoleBinding
    ) async throws {
        try await delete(
            inOrder: BindingPlan.deletionOrder(paths), users: users, releasing: rest, owner: owner, of: binding,
            revokesLeases: binding.spec.revokeLeasesOnDelete == true)
    }
}

extension BindingPlan.Step: VaultStep {
    var conditionType: String { kind.conditionType }
    var drift: DriftMetrics.Object { .init(kind) }
    var updateReason: String { kind.updateReason }
    var recreationNote: String { "; not done (recreatePolicy Report)" }

    var inPlace: ConditionOutcome {
        lacks.isEmpty ? .holds(.synced, kind.syncedMessage) : .incomplete(lacks)
    }
}

extension VaultObjectKind {
    fileprivate var syncedMessage: String {
        switch self {
        case .policy: "the policy is as declared"
        case .databaseRole: "the database roles are as declared"
        case .authRole: "the auth roles are as declared"
        }
    }

    fileprivate var updateReason: String {
        switch self {
        case .policy: EventReason.policyUpdated
        case .databaseRole: EventReason.databaseRoleUpdated
        case .authRole: EventReason.authRoleUpdated
        }
    }
}
