import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

/// Carries out the plan for one binding: claims first, then the objects in order, then what is left over. What fails is a
/// fact for the plan of what comes next.
extension VaultApplier<VaultRoleBinding> {
    /// Carries the plan out, kind by kind, each made anew with what failed before it.
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
        let backEnds = access.backEnds
        for kind in VaultObjectKind.allCases {
            if hasNews { plan = BindingPlan.make(for: access, facts: facts) }
            for step in plan.steps where step.kind == kind {
                let backEnd = step.writes ? backEnds[step.path] : nil
                var trouble = patience.refusal(of: step.title, behind: backEnd).map { Trouble(outcome: $0) }
                if trouble == nil {
                    // A policy without what it shall give is not the desired state, whoever is to blame.
                    if step.writes, !step.lacks.isEmpty { try await ledger.forgetState(of: owner) }
                    attempted.formUnion(step.claims)
                    trouble = try await carryOut(
                        step, of: access, owner: owner, over: facts.lookups[step.path], on: binding)
                    patience.note(trouble?.outcome, behind: backEnd)
                }
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
                try await delete(plan.stale, owner: owner, of: binding)
            } catch let failure as DeletionFailure where !failure.error.affectsAll {
                result.note(failure, in: (failure.kind ?? .authRole).conditionType)
                return result
            }
            let released = plan.releasable + plan.leftBehind
            if !released.isEmpty { try await ledger.release(released, of: owner) }
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
    /// - Parameter users: by the path of an object, the claim of the database user that goes with it (rule own-34).
    /// - Throws: `DeletionFailure` for the first object that cannot be deleted, `KubernetesError` for the ledger.
    func delete(
        _ paths: [String], users: [String: String] = [:], owner: OwnershipRecord.Owner, of binding: VaultRoleBinding
    ) async throws {
        try await delete(
            inOrder: BindingPlan.deletionOrder(paths), users: users, owner: owner, of: binding,
            revokesLeases: binding.spec.revokeLeasesOnDelete == true)
    }

    /// - Parameter before: what a read found.
    /// - Returns: what keeps the object from being in place; nil when it is.
    private func carryOut(
        _ step: BindingPlan.Step, of access: DesiredAccess, owner: OwnershipRecord.Owner,
        over before: ObjectLookup?, on binding: VaultRoleBinding
    ) async throws -> Trouble? {
        if let obstacle = obstacle(to: step, for: binding) { return Trouble(outcome: obstacle) }
        // The ledger may know more by now than the plan does.
        if let removal = step.removal, !ledger.isHeld(removal.path, byNoneBut: owner) {
            return Trouble(
                outcome: .fails(.conflict, "\(removal.path), which \(step.title) needs gone, is claimed by others"))
        }
        do throws(VaultError) {
            let warning = try await send(step)
            if let removal = step.removal { reporter.log(RemoteWrite(.deleted, vault: removal.path), for: binding) }
            tell(of: step, adding: warning, on: binding)
            return nil
        } catch {
            if error.affectsAll { throw error }
            if error.code == .checkAndSetFailed, case .act(.create) = step.decision, await !isOurs(step, of: access) {
                // Somebody else created it between our read and our write: it is theirs.
                try await ledger.release(step.claims, of: owner, wasMade: false)
            }
            return Trouble(
                outcome: error.outcome(at: step.path), isUndone: await isUndone(step, by: error, over: before))
        }
    }

    /// Whether what is in a creation's place came of an earlier write of ours, which arrived late. As long as it is not read it
    /// is somebody else's: what is ours is known again by the next pass.
    private func isOurs(_ step: BindingPlan.Step, of access: DesiredAccess) async -> Bool {
        guard let found = try? await vault.read(step.path) else { return false }
        return access.ownWork.covers(step.path, found)
    }

    /// Whether it is certain that a step that failed has neither made its object nor changed one.
    private func isUndone(
        _ step: BindingPlan.Step, by error: VaultError, over before: ObjectLookup?
    ) async -> Bool {
        var found: JSONValue?
        switch step.decision {
        case .act(.create): break
        case .act(.adopt):
            guard case .found(let data) = before else { return false }
            found = data
        default: return false
        }
        switch error.code {
        case .permissionDenied where step.removal == nil, .mountMissing where step.removal == nil:
            return true
        case .permissionDenied, .mountMissing, .rejected, .checkAndSetFailed:
            // Servers answer 500 for what a database says as well, and may have done the half of it.
            do throws(VaultError) {
                return try await vault.read(step.path) == found
            } catch {
                return false
            }
        default:
            return false
        }
    }

    /// - Returns: what an event adds about the server's warnings.
    private func send(_ step: BindingPlan.Step) async throws(VaultError) -> String {
        switch step.decision {
        case .act(.create), .act(.recreate): try await create(step)
        case .act(.adopt), .act(.update): try await update(step)
        case .act, .blocked: ""
        }
    }

    private func create(_ step: BindingPlan.Step) async throws(VaultError) -> String {
        if let removal = step.removal {
            if let leases = removal.leases { try await revoke(leases, wayOut: removal.wayOut) }
            try await vault.delete(removal.path)
        }
        var body = step.body
        if step.kind == .policy, try await vault.supportsPolicyCheckAndSet { body["cas"] = -1 }
        return try await write(body, to: step.path)
    }

    private func update(_ step: BindingPlan.Step) async throws(VaultError) -> String {
        var body = step.body
        if step.kind == .policy, let version = step.readVersion, try await vault.supportsPolicyCheckAndSet {
            body["cas"] = .integer(version)
        }
        return try await write(body, to: step.path)
    }

    /// - Returns: what Vault warns of, to be added to a note.
    func write(_ body: JSONValue, to path: String) async throws(VaultError) -> String {
        let warnings = try await vault.write(path, body)
        guard !warnings.isEmpty, let checked = try? VaultPath(path) else { return "" }
        return "; Vault warns: \(VaultErrorSummary.warning(of: warnings, on: checked))"
    }
}

/// What keeps an object from being in place.
private struct Trouble {
    let outcome: ConditionOutcome
    /// Whether it is certain that nothing was made, or taken over.
    var isUndone = false
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

extension DesiredAccess {
    /// What is behind Vault for the objects that something is, by their paths: the connections of database roles.
    fileprivate var backEnds: [String: String] {
        Dictionary(
            databaseRoles.map { ($0.path, $0.connectionPath ?? $0.mount) }, uniquingKeysWith: { first, _ in first })
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
