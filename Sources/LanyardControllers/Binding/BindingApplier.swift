import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

/// Carries out the plan for one binding: claims first, then the objects in order, then what is left over. What fails is a
/// fact for the plan of what comes next.
struct BindingApplier: Sendable {
    let vault: any VaultAPI
    let ledger: OwnershipLedger
    let reporter: ObjectReporter<VaultRoleBinding>

    /// What became of a plan: an outcome for each step.
    struct Result {
        var outcomes: [(kind: VaultObjectKind, outcome: ConditionOutcome)] = []

        /// What the condition of a kind says: its first trouble, or that all is well.
        func outcome(_ kind: VaultObjectKind) -> ConditionOutcome? {
            let own = outcomes.filter { $0.kind == kind }.map(\.outcome)
            return own.first { !$0.isTrue } ?? own.first
        }

        /// The first trouble of all; drift that is only reported, if there is nothing else.
        var failure: ConditionOutcome? {
            let troubles = outcomes.map(\.outcome).filter { !$0.isTrue }
            return troubles.first { $0.reason != .driftDetected } ?? troubles.first
        }
    }

    /// Applies.
    ///
    /// - Parameters:
    ///   - first: what was planned.
    ///   - access: what for.
    ///   - facts: by what; the plan of later steps is made of them and of what came of the earlier ones.
    /// - Throws: `VaultError` when the server as a whole is away, `KubernetesError` when a claim cannot be stored.
    func apply(
        _ first: BindingPlan, for access: DesiredAccess, facts: BindingPlan.Facts, owner: OwnershipRecord.Owner,
        to binding: VaultRoleBinding
    ) async throws -> Result {
        var plan = first
        var facts = facts
        let others = try await ledger.claim(first.claims, policies: first.deletionPolicies, for: owner)
        for (path, holder) in others {
            facts.claims[path] = .other("\(holder.kind) \(holder.namespace)/\(holder.name)")
        }
        var hasNews = !others.isEmpty
        var attempted: Set<String> = []
        var result = Result()
        for kind in VaultObjectKind.allCases {
            if hasNews { plan = BindingPlan.make(for: access, facts: facts) }
            for step in plan.steps where step.kind == kind {
                attempted.formUnion(step.claims)
                let trouble = try await carryOut(step, owner: owner, on: binding)
                if let trouble, step.writes {
                    facts.failures[step.path] = trouble
                    hasNews = true
                }
                result.outcomes.append((kind, trouble ?? .inPlace(step)))
            }
        }
        if hasNews {
            let abandoned = plan.abandoned(of: first.claims, attempted: attempted, facts: facts)
            if !abandoned.isEmpty { try await ledger.release(abandoned, of: owner) }
        }
        if result.failure == nil {
            try await delete(plan.stale, owner: owner, of: binding)
            let released = plan.releasable + plan.leftBehind
            if !released.isEmpty { try await ledger.release(released, of: owner) }
            if !plan.leftBehind.isEmpty { reportOrphans(plan.leftBehind, on: binding) }
            if let doubt = plan.doubt { result.outcomes.append((.databaseRole, doubt)) }
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
    /// - Throws: `DeletionFailure` for the first object that cannot be deleted, `KubernetesError` for the ledger.
    func delete(_ paths: [String], owner: OwnershipRecord.Owner, of binding: VaultRoleBinding) async throws {
        for path in BindingPlan.deletionOrder(paths) {
            // Only what this owner holds, and only paths of a shape that Lanyard makes.
            guard let kind = VaultObjectKind(path: path), ledger.holder(of: path)?.isSameObject(as: owner) == true
            else { continue }
            do throws(VaultError) {
                let isRevoking = binding.spec.revokeLeasesOnDelete == true
                if isRevoking, let leases = DatabaseLeases(ofRoleAt: path) { try await revoke(leases) }
                try await vault.delete(path)
            } catch  where error.code == .mountMissing {
                // The mount is gone, and everything in it.
            } catch {
                throw DeletionFailure(kind: kind, path: path, error: error)
            }
            try await ledger.release([path], of: owner)
            reporter.event(.normal, EventReason.cleanedUp, action: "Delete", "deleted \(path)", on: binding)
        }
    }

    /// - Returns: what keeps the object from being in place; nil when it is.
    private func carryOut(
        _ step: BindingPlan.Step, owner: OwnershipRecord.Owner, on binding: VaultRoleBinding
    ) async throws -> ConditionOutcome? {
        guard case .act(let action) = step.decision else {
            guard case .blocked(let outcome) = step.decision else { return nil }
            return outcome
        }
        do throws(VaultError) {
            switch action {
            case .none:
                break
            case .claim:
                reporter.event(
                    .normal, EventReason.claimed, action: "Claim", "\(step.title) was already as declared", on: binding)
            case .create(let isDrift):
                try await create(step)
                report(
                    step, [], isDrift: isDrift, on: binding,
                    isDrift ? "\(step.title) had been deleted and was created again" : "created \(step.title)")
            case .adopt(let differences):
                try await update(step)
                reporter.event(
                    .normal, EventReason.adopted, action: "Adopt",
                    "took over \(step.title): \(FieldDifference.summary(differences))", on: binding)
            case .update(let differences, let isDrift):
                try await update(step)
                report(
                    step, differences, isDrift: isDrift, on: binding,
                    "\(step.title): \(FieldDifference.summary(differences))")
            case .recreate(let differences, let isDrift):
                try await create(step)
                report(
                    step, differences, isDrift: isDrift, on: binding,
                    "made \(step.title) anew: \(FieldDifference.summary(differences))")
            case .needsRecreate(let message):
                return .fails(.needsRecreate, "\(message); not done (recreatePolicy Report)")
            case .reportDrift(let message, let differences):
                // Counted when it is told, and not again as long as it stays.
                if !binding.tellsOfDrift(in: step.kind) { DriftMetrics.record(differences, of: step.kind) }
                return .fails(.driftDetected, "\(message); not corrected (driftPolicy Report)")
            case .conflict(let message):
                return .fails(.conflict, message)
            }
            return nil
        } catch {
            if error.affectsAll { throw error }
            if error.code == .checkAndSetFailed, case .create = action {
                // Somebody else created it between our read and our write: it is theirs.
                try await ledger.release(step.claims, of: owner)
            }
            return error.outcome(at: step.path)
        }
    }

    private func create(_ step: BindingPlan.Step) async throws(VaultError) {
        if let removal = step.removal {
            if let leases = removal.leases { try await revoke(DatabaseLeases(at: leases)) }
            try await vault.delete(removal.path)
        }
        var body = step.body
        if step.kind == .policy, await vault.supportsPolicyCheckAndSet { body["cas"] = -1 }
        try await vault.write(step.path, body)
    }

    /// Has the leases revoked before this returns, while the role that they are revoked through is there.
    private func revoke(_ leases: DatabaseLeases) async throws(VaultError) {
        try await vault.write(leases.revocationPath, ["sync": true])
    }

    private func update(_ step: BindingPlan.Step) async throws(VaultError) {
        var body = step.body
        if step.kind == .policy, let version = step.readVersion, await vault.supportsPolicyCheckAndSet {
            body["cas"] = .integer(version)
        }
        try await vault.write(step.path, body)
    }

    private func report(
        _ step: BindingPlan.Step, _ differences: [FieldDifference], isDrift: Bool, on binding: VaultRoleBinding,
        _ note: String
    ) {
        if isDrift {
            DriftMetrics.record(differences, of: step.kind)
            reporter.event(.warning, EventReason.driftCorrected, action: "Update", note, on: binding)
        } else {
            reporter.event(.normal, step.kind.updateReason, action: "Update", note, on: binding)
        }
    }
}

/// An object that could not be deleted.
struct DeletionFailure: Error {
    let kind: VaultObjectKind
    let path: String
    let error: VaultError
}

extension ConditionOutcome {
    fileprivate static func inPlace(_ step: BindingPlan.Step) -> ConditionOutcome {
        step.lacks.isEmpty ? .holds(.synced, step.kind.syncedMessage) : .incomplete(step.lacks)
    }
}

extension VaultRoleBinding {
    /// Whether the stored status says that objects of a kind were changed by hand.
    fileprivate func tellsOfDrift(in kind: VaultObjectKind) -> Bool {
        status?.conditions?.condition(kind.conditionType)?.reason == Reason.driftDetected.rawValue
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
