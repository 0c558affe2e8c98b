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
        /// What somebody had changed.
        var corrections: [FightBook.Correction] = []

        /// What the condition of a kind says: its troubles, or that all is well.
        func outcome(_ kind: VaultObjectKind) -> ConditionOutcome? {
            ConditionOutcome.summary(of: outcomes.filter { $0.kind == kind }.map(\.outcome))
        }

        /// The first trouble of all; drift that is only reported, if there is nothing else.
        var failure: ConditionOutcome? { ConditionOutcome.worst(of: outcomes.map(\.outcome)) }
    }

    /// Carries the plan out, kind by kind, each made anew with what failed before it.
    ///
    /// - Parameters:
    ///   - first: what was planned.
    ///   - access: what for.
    ///   - facts: by what; the plan of later steps is made of them and of what came of the earlier ones.
    ///   - namespaceUID: the UID of the binding's namespace.
    /// - Throws: `VaultError` when the server as a whole is away, `KubernetesError` when a claim cannot be stored.
    func apply(
        _ first: BindingPlan, for access: DesiredAccess, facts: BindingPlan.Facts, owner: OwnershipRecord.Owner,
        namespaceUID: String?, to binding: VaultRoleBinding
    ) async throws -> Result {
        var plan = first
        var facts = facts
        let others = try await ledger.claim(
            first.claims, policies: first.deletionPolicies,
            tenure: .init(namespaceUID: namespaceUID, tokenLife: access.tokenLife),
            leavesState: first.writes && !facts.wasConverged, for: owner)
        for (path, holder) in others {
            facts.claims[path] = .other("\(holder.kind) \(holder.namespace)/\(holder.name)")
        }
        var hasNews = !others.isEmpty
        var attempted: Set<String> = []
        var undone: Set<String> = []
        var result = Result()
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
                    if trouble == nil, let differences = step.corrected {
                        result.corrections.append(.init(kind.conditionType, step.title, differences))
                    }
                }
                if let trouble, step.writes {
                    facts.failures[step.path] = trouble.outcome
                    hasNews = true
                    if trouble.isUndone { undone.formUnion(step.claims) }
                }
                result.outcomes.append((kind, trouble?.outcome ?? .inPlace(step)))
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

    /// Deletes claimed objects in a safe order and gives up their claims. One that cannot be deleted holds up what comes
    /// after it in the order, and not the others of its kind.
    ///
    /// - Parameter users: by the path of an object, the claim of the database user that goes with it (rule own-34).
    /// - Throws: `DeletionFailure` for the first object that cannot be deleted, `KubernetesError` for the ledger.
    func delete(
        _ paths: [String], users: [String: String] = [:], owner: OwnershipRecord.Owner, of binding: VaultRoleBinding
    ) async throws {
        var failure: DeletionFailure?
        var patience = PassPatience()
        for path in BindingPlan.deletionOrder(paths) {
            // Only what this owner holds, and only paths of a shape that Lanyard makes.
            guard let kind = VaultObjectKind(path: path), ledger.holder(of: path)?.isSameObject(as: owner) == true
            else { continue }
            // Two have it after a backup was restored: then it is left to the other one (threat T41).
            guard !ledger.isClaimed(path, besides: owner) else {
                try await ledger.release([path], of: owner, wasMade: false)
                continue
            }
            if let failure, failure.kind != kind || patience.isOver { throw failure }
            var step = path
            do throws(VaultError) {
                let isRevoking = binding.spec.revokeLeasesOnDelete == true
                if isRevoking, let leases = DatabaseLeases(ofRoleAt: path) {
                    step = leases.revocationPath
                    try await revoke(leases, wayOut: DatabaseLeases.wayOut)
                    step = path
                }
                try await vault.delete(path)
            } catch  where error.code == .mountMissing && step == path {
                // The mount is gone, and everything in it. A revocation says nothing of that.
            } catch {
                let new = DeletionFailure(kind: kind, path: step, isRevocation: step != path, error: error)
                if error.affectsAll { throw new }
                patience.note(error.outcome, behind: nil)
                failure = failure ?? new
                continue
            }
            try await ledger.release([path] + [users[path]].compactMap(\.self), of: owner)
            reporter.log(RemoteWrite(.deleted, vault: path), for: binding)
            reporter.event(.normal, EventReason.cleanedUp, action: "Delete", "deleted \(path)", on: binding)
        }
        if let failure { throw failure }
    }

    /// What keeps an object from being in place.
    private struct Trouble {
        let outcome: ConditionOutcome
        /// Whether it is certain that nothing was made, or taken over.
        var isUndone = false
    }

    /// - Parameter before: what a read found.
    /// - Returns: what keeps the object from being in place; nil when it is.
    private func carryOut(
        _ step: BindingPlan.Step, of access: DesiredAccess, owner: OwnershipRecord.Owner,
        over before: ObjectLookup?, on binding: VaultRoleBinding
    ) async throws -> Trouble? {
        guard case .act(let action) = step.decision else {
            guard case .blocked(let outcome) = step.decision else { return nil }
            return Trouble(outcome: outcome)
        }
        // The ledger may know more by now than the plan does.
        if let removal = step.removal, !ledger.isHeld(removal.path, byNoneBut: owner) {
            return Trouble(
                outcome: .fails(.conflict, "\(removal.path), which \(step.title) needs gone, is claimed by others"))
        }
        do throws(VaultError) {
            switch action {
            case .none:
                break
            case .claim:
                reporter.log(RemoteWrite(.claimed, vault: step.path), for: binding)
                reporter.event(
                    .normal, EventReason.claimed, action: "Claim", "\(step.title) was already as declared", on: binding)
            case .create(let isDrift):
                let warning = try await create(step)
                report(
                    .created, step, [], isDrift: isDrift, on: binding,
                    (isDrift ? "\(step.title) had been deleted and was created again" : "created \(step.title)")
                        + warning)
            case .adopt(let differences):
                let warning = try await update(step)
                reporter.log(RemoteWrite(.adopted, vault: step.path, differences), for: binding)
                // First who loses something: the note may be cut.
                let loss = step.loss.map { ", from \($0)" } ?? ""
                reporter.event(
                    step.loss == nil ? .normal : .warning, EventReason.adopted, action: "Adopt",
                    "took over \(step.title)\(loss): \(FieldDifference.summary(differences))\(warning)", on: binding)
            case .update(let differences, let isDrift):
                let warning = try await update(step)
                report(
                    .updated, step, differences, isDrift: isDrift, on: binding,
                    "\(step.title): \(FieldDifference.summary(differences))\(warning)")
            case .recreate(let differences, let isDrift):
                let warning = try await create(step)
                report(
                    .recreated, step, differences, isDrift: isDrift, on: binding,
                    "made \(step.title) anew: \(FieldDifference.summary(differences))\(warning)")
            case .needsRecreate(let message):
                return Trouble(outcome: .fails(.needsRecreate, "\(message); not done (recreatePolicy Report)"))
            case .reportDrift(let message, let differences):
                // Counted when it is told, and not again as long as it stays.
                if !binding.hasReportedDrift(in: step.kind) { DriftMetrics.record(differences, of: step.kind) }
                return Trouble(outcome: .fails(.driftDetected, "\(message); not corrected (driftPolicy Report)"))
            case .conflict(let message):
                return Trouble(outcome: .fails(.conflict, message))
            }
            return nil
        } catch {
            if error.affectsAll { throw error }
            if error.code == .checkAndSetFailed, case .create = action, await !isOurs(step, of: access) {
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
    private func create(_ step: BindingPlan.Step) async throws(VaultError) -> String {
        if let removal = step.removal {
            if let leases = removal.leases { try await revoke(leases, wayOut: removal.wayOut) }
            try await vault.delete(removal.path)
        }
        var body = step.body
        if step.kind == .policy, try await vault.supportsPolicyCheckAndSet { body["cas"] = -1 }
        return try await write(body, to: step.path)
    }

    /// Has the leases revoked before this returns, while the role that they are revoked through is there.
    ///
    /// With many leases that takes longer than a call may. The server goes on after that, and the next call finds less to
    /// do or nothing; so nobody has to wait for it all.
    ///
    /// - Parameter wayOut: what is added to a refusal.
    private func revoke(_ leases: DatabaseLeases, wayOut: String?) async throws(VaultError) {
        do throws(VaultError) {
            try await vault.write(leases.revocationPath, ["sync": true])
        } catch  where error.code == .slow {
            // Only where the operator may list them.
            let left = try? await vault.count(below: leases.listingPath)
            throw VaultError(.slow, "its credentials are being revoked" + (left.map { "; \($0) are left" } ?? ""))
        } catch  where error.code == .rejected {
            let advice = wayOut.map { "; \($0)" } ?? ""
            throw VaultError(.rejected, "its credentials cannot all be revoked: \(error.message)\(advice)")
        }
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

    private func report(
        _ act: RemoteWrite.Act, _ step: BindingPlan.Step, _ differences: [FieldDifference], isDrift: Bool,
        on binding: VaultRoleBinding, _ note: String
    ) {
        if let removal = step.removal { reporter.log(RemoteWrite(.deleted, vault: removal.path), for: binding) }
        reporter.log(RemoteWrite(act, vault: step.path, differences, isDrift: isDrift), for: binding)
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
    /// What was asked for: the path of the object, or that which revokes its leases.
    let path: String
    /// Whether the leases could not be revoked, which comes first.
    let isRevocation: Bool
    let error: VaultError
}

extension BindingPlan.Step {
    /// What somebody had changed, if that is what the step puts right; nothing of an object that had been deleted.
    fileprivate var corrected: [FieldDifference]? {
        if case .act(let action) = decision { action.corrected } else { nil }
    }
}

extension ConditionOutcome {
    fileprivate static func inPlace(_ step: BindingPlan.Step) -> ConditionOutcome {
        step.lacks.isEmpty ? .holds(.synced, step.kind.syncedMessage) : .incomplete(step.lacks)
    }
}

extension VaultRoleBinding {
    /// Whether the stored status says that objects of a kind were changed by hand.
    fileprivate func hasReportedDrift(in kind: VaultObjectKind) -> Bool {
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
