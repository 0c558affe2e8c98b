import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

/// Carries out the plan for one binding: claims first, then the objects in order, then what is left over.
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

        /// The first trouble of all.
        var failure: ConditionOutcome? { outcomes.map(\.outcome).first { !$0.isTrue } }
    }

    /// Applies.
    ///
    /// - Throws: `VaultError` when the server as a whole is away, `KubernetesError` when a claim cannot be stored.
    func apply(
        _ plan: BindingPlan, owner: OwnershipRecord.Owner, to binding: VaultRoleBinding
    ) async throws -> Result {
        let held = try await ledger.claim(plan.steps.filter(\.needsClaim).map(\.path), for: owner)
        var result = Result()
        for step in plan.steps {
            if step.kind == .authRole, let policy = result.outcome(.policy), !policy.isTrue,
                policy.reason != .driftDetected
            {
                result.outcomes.append((step.kind, .waiting(step.title)))
                continue
            }
            let outcome: ConditionOutcome
            if let holder = held[step.path] {
                outcome = .fails(
                    .conflict, "\(step.title) is owned by \(holder.kind) \(holder.namespace)/\(holder.name)")
            } else {
                outcome = try await carryOut(step, owner: owner, on: binding)
            }
            result.outcomes.append((step.kind, outcome))
        }
        if result.failure == nil, !plan.stale.isEmpty {
            try await delete(plan.stale, owner: owner, of: binding)
        }
        return result
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

    private func carryOut(
        _ step: BindingPlan.Step, owner: OwnershipRecord.Owner, on binding: VaultRoleBinding
    ) async throws -> ConditionOutcome {
        guard case .act(let action) = step.decision else {
            guard case .blocked(let outcome) = step.decision else { return .inPlace(step) }
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
                    step, isDrift: isDrift, on: binding,
                    isDrift ? "\(step.title) had been deleted and was created again" : "created \(step.title)")
            case .update(let differences, let isDrift):
                try await update(step)
                report(step, isDrift: isDrift, on: binding, "\(step.title): \(FieldDifference.summary(differences))")
            case .reportDrift(let message):
                return .fails(.driftDetected, "\(message); not corrected (driftPolicy Report)")
            case .conflict(let message):
                return .fails(.conflict, message)
            }
            return .inPlace(step)
        } catch {
            if error.affectsAll { throw error }
            if error.code == .checkAndSetFailed, case .create = action {
                // Somebody else created it between our read and our write: it is theirs.
                try await ledger.release([step.path], of: owner)
            }
            return error.outcome(at: step.path)
        }
    }

    private func create(_ step: BindingPlan.Step) async throws(VaultError) {
        var body = step.body
        if step.kind == .policy, await vault.supportsPolicyCheckAndSet { body["cas"] = -1 }
        try await vault.write(step.path, body)
    }

    private func update(_ step: BindingPlan.Step) async throws(VaultError) {
        var body = step.body
        if step.kind == .policy, let version = step.readVersion, await vault.supportsPolicyCheckAndSet {
            body["cas"] = .integer(version)
        }
        try await vault.write(step.path, body)
    }

    private func report(_ step: BindingPlan.Step, isDrift: Bool, on binding: VaultRoleBinding, _ note: String) {
        if isDrift {
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
        .holds(.synced, step.kind.syncedMessage)
    }
}

extension VaultObjectKind {
    fileprivate var syncedMessage: String {
        switch self {
        case .policy: "the policy is as declared"
        case .databaseRole: "the database roles are as declared"
        case .authRole: "the auth role is as declared"
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

extension BindingPlan.Step {
    /// Whether the path has to be in the ledger before this step.
    fileprivate var needsClaim: Bool {
        guard case .act(let action) = decision else { return false }
        switch action {
        case .none, .claim, .create, .update: return true
        case .reportDrift, .conflict: return false
        }
    }
}
