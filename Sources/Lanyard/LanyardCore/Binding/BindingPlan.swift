package import LanyardAPI

/// Everything that is to be done in Vault for one binding, in order, as a value that can be printed and compared.
package struct BindingPlan: Equatable, Sendable {
    /// The wanted objects: database roles, then policy, then auth roles.
    package var steps: [Step]
    /// Paths that are claimed but not wanted any more; deleted only when all steps came out right (make before break).
    package var stale: [String]
    /// Claims of database users that are not wanted any more; given up only when all steps came out right.
    package var releasable: [String]
    /// Database roles that are not wanted any more and stay behind, as the spec said while they were in it; given up
    /// only when all steps came out right. Sorted.
    package var leftBehind: [String]
    /// Why it cannot be said now what becomes of some of what is not wanted any more; that is kept meanwhile.
    package var doubt: ConditionOutcome?
    /// What the ledger has to remember of each wanted database role, by path.
    package var deletionPolicies: [String: DeletionPolicy]
    /// Whether the ledger has other ones.
    private var ledgerDiffers: Bool

    /// What the plan depends on outside of the spec.
    package struct Facts: Equatable, Sendable {
        /// By path, connections of database roles included.
        package var lookups: [String: ObjectLookup]
        /// By path; a path without entry is unclaimed.
        package var claims: [String: ClaimState]
        /// All paths that this binding holds in the ledger.
        package var heldPaths: [String]
        /// Whether the ledger says that everything was as it is wanted now, so that differences are drift.
        package var wasConverged: Bool
        /// Those of the held paths that the ledger says are to stay behind.
        package var orphans: Set<String>
        /// What the boundary says of leaving them behind.
        package var orphanRule: OrphanRule
        /// What this pass met when it carried out a step, by path; none before. The plan is made anew with them before
        /// the next kind of objects, so that nothing is built on what is not there.
        package var failures: [String: ConditionOutcome] = [:]

        /// What one pass has read; nothing failed yet.
        package init(
            lookups: [String: ObjectLookup], claims: [String: ClaimState], heldPaths: [String], wasConverged: Bool,
            orphans: Set<String> = [], orphanRule: OrphanRule = .forbidden
        ) {
            self.lookups = lookups
            self.claims = claims
            self.heldPaths = heldPaths
            self.wasConverged = wasConverged
            self.orphans = orphans
            self.orphanRule = orphanRule
        }
    }

    /// What the boundary says of `deletionPolicy: Orphan`.
    package enum OrphanRule: Equatable, Sendable {
        /// Access may be left behind.
        case allowed
        /// Everything is deleted, whatever the spec said.
        case forbidden
        /// It is not known: nothing that was to stay is deleted or given up.
        case undecided(ConditionOutcome)
    }

    /// Plans. Pure: the same for the controller and for whoever wants to see what it would do.
    package static func make(for access: DesiredAccess, facts: Facts) -> BindingPlan {
        let planner = BindingStepPlanner(access: access, facts: facts)
        var steps = access.databaseRoles.map { planner.step($0) }
        let policy = planner.policyStep(after: steps)
        steps.append(policy)
        var authRoles: [Step] = []
        if let role = access.kubernetesRole {
            authRoles.append(planner.step(.authRole, role.path, "auth role \(access.roleName)", role.role))
        }
        if let role = access.jwtRole {
            authRoles.append(planner.step(.authRole, role.path, "JWT auth role \(access.roleName)", role.role))
        }
        // A role that is not made now is not claimed either: somebody else may make one of that name meanwhile. One that
        // is there follows its spec (who may log in, for how long), with the policy that it has.
        steps += authRoles.map { role in
            let waits = policy.isHindered || (!policy.lacks.isEmpty && role.isNew)
            return waits ? role.blocked(.waiting(role.title)) : role
        }
        let wanted = Set(access.claimPaths)
        let left = facts.heldPaths.filter { !wanted.contains($0) }
        // What has to make room for another role of its name cannot stay.
        let inTheWay = Set(steps.compactMap(\.removal?.path))
        let marked = left.filter { facts.orphans.contains($0) && !inTheWay.contains($0) }.sorted()
        var plan = BindingPlan(
            steps: steps, stale: [], releasable: left.filter(DatabaseUserClaim.isUserPath).sorted(), leftBehind: [],
            deletionPolicies: Dictionary(
                access.databaseRoles.map { ($0.path, $0.deletionPolicy) }, uniquingKeysWith: { first, _ in first }),
            ledgerDiffers: facts.ledgerDiffers(from: access.databaseRoles))
        switch facts.orphanRule {
        case .forbidden:
            plan.stale = deletionOrder(left)
            return plan
        case .allowed:
            plan.leftBehind = marked
        case .undecided(let doubt):
            if !marked.isEmpty { plan.doubt = doubt }
        }
        plan.stale = deletionOrder(left.filter { !marked.contains($0) })
        return plan
    }

    /// Whether carrying it out writes to Vault or to the ledger.
    package var writes: Bool {
        if !stale.isEmpty || !releasable.isEmpty || !leftBehind.isEmpty || ledgerDiffers { return true }
        return steps.contains(where: \.writes)
    }

    /// Auth roles first, then policies, database roles last: whoever is still logged in loses all rights at once, and
    /// makes no more leases while the roles go. What is of no shape that Lanyard makes is left out.
    package static func deletionOrder(_ paths: [String]) -> [String] {
        let own = paths.compactMap { path in VaultObjectKind(path: path).map { (kind: $0, path: path) } }
        return own.sorted { ($1.kind, $0.path) < ($0.kind, $1.path) }.map(\.path)
    }
}

extension BindingPlan.Facts {
    /// Whether the ledger does not have the deletion policies of those of the roles that are held.
    fileprivate func ledgerDiffers(from roles: [DesiredDatabaseRole]) -> Bool {
        roles.contains { role in
            heldPaths.contains(role.path) && orphans.contains(role.path) != (role.deletionPolicy == .orphan)
        }
    }
}

extension BindingPlan {
    /// All that has to be in the ledger before it is carried out.
    package var claims: [String] { steps.flatMap(\.claims) }

    /// Whether the policy may be written beside the database roles: it is the same whatever becomes of those that are written,
    /// and so gives the credentials of none that it does not give already (rule order-12). Not where nothing is written beside
    /// anything.
    package func hasSettledPolicy(for access: DesiredAccess, facts: Facts) -> Bool {
        let roles = steps.filter { $0.kind == .databaseRole && $0.writes }
        guard !roles.isEmpty, let policy = steps.first(where: { $0.kind == .policy }), policy.writes else {
            return false
        }
        // What is given of one role does not depend on what becomes of another one: none and all are enough to know.
        var worst = facts
        for role in roles { worst.failures[role.path] = .fails(.pending, role.title) }
        return Self.make(for: access, facts: worst).steps.first { $0.kind == .policy } == policy
    }

    /// What was claimed for an earlier plan and is not wanted by this one, since something before it failed: nothing was
    /// made there, and it is somebody else's to have.
    ///
    /// - Parameters:
    ///   - claimed: what was claimed for that plan.
    ///   - attempted: the paths of the steps of it that were begun; what came of them is the server's to say.
    ///   - facts: what was known.
    package func abandoned(of claimed: [String], attempted: Set<String>, facts: Facts) -> [String] {
        let kept = Set(claims).union(facts.heldPaths).union(attempted)
        return claimed.filter { !kept.contains($0) && facts.claims[$0]?.isForeign != true }.sorted()
    }
}

extension ConditionOutcome {
    /// The policy is in place as far as the database roles are.
    package static func incomplete(_ lacks: [String]) -> ConditionOutcome {
        let shown = lacks.prefix(3).joined(separator: ", ")
        let more = lacks.count > 3 ? " and \(lacks.count - 3) more" : ""
        return .fails(.pending, "the policy is without \(shown)\(more): it waits for the database roles")
    }

    /// A login must not get a role whose policy is not in place.
    package static func waiting(_ role: String) -> ConditionOutcome {
        .fails(.pending, "\(role) waits for the policy")
    }
}
