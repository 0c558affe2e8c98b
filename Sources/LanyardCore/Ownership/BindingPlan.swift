package import KubernetesModel
import LanyardAPI

/// Everything that is to be done in Vault for one binding, in order, as a value that can be printed and compared.
package struct BindingPlan: Equatable, Sendable {
    /// The wanted objects: policy, then database roles, then auth roles.
    package var steps: [Step]
    /// Paths that are claimed but not wanted any more; deleted only when all steps came out right (make before break).
    package var stale: [String]
    /// Claims of database users that are not wanted any more; given up only when all steps came out right.
    package var releasable: [String]

    /// What a read of a path came to.
    package enum Lookup: Equatable, Sendable {
        /// The object's data; nil when Vault says that it is absent.
        case found(JSONValue?)
        /// It could not be read; that is not absence.
        case failed(ConditionOutcome)
    }

    /// What the plan depends on outside of the spec.
    package struct Facts: Equatable, Sendable {
        /// By path, connections of database roles included.
        package var lookups: [String: Lookup]
        /// By path; a path without entry is unclaimed.
        package var claims: [String: ClaimState]
        /// All paths that this binding holds in the ledger.
        package var heldPaths: [String]
        /// Whether this generation was converged before, so that differences are drift.
        package var wasConverged: Bool
        /// Whether this process itself saw this generation wholly converged, and does not only believe a status, which
        /// tenants may be able to write.
        package var isProven: Bool

        /// Gathers facts.
        package init(
            lookups: [String: Lookup], claims: [String: ClaimState], heldPaths: [String], wasConverged: Bool,
            isProven: Bool = false
        ) {
            self.lookups = lookups
            self.claims = claims
            self.heldPaths = heldPaths
            self.wasConverged = wasConverged
            self.isProven = isProven
        }
    }

    /// Plans. Pure: the same for the controller and for whoever wants to see what it would do.
    package static func make(for access: DesiredAccess, facts: Facts) -> BindingPlan {
        let planner = StepPlanner(access: access, facts: facts)
        var steps = [planner.step(.policy, access.policyPath, "policy \(access.policyName)", access.policy)]
        steps += access.databaseRoles.map { planner.step($0) }
        let isWaiting = steps.contains { $0.kind == .policy && $0.isHindered }
        var authRoles: [Step] = []
        if let role = access.kubernetesRole {
            authRoles.append(planner.step(.authRole, role.path, "auth role \(access.roleName)", role.role))
        }
        if let role = access.jwtRole {
            authRoles.append(planner.step(.authRole, role.path, "JWT auth role \(access.roleName)", role.role))
        }
        // A role that is not made now is not claimed either: somebody else may make one of that name meanwhile.
        steps += isWaiting ? authRoles.map { $0.blocked(.waiting($0.title)) } : authRoles
        let wanted = Set(access.claimPaths)
        let left = facts.heldPaths.filter { !wanted.contains($0) }
        return BindingPlan(
            steps: steps, stale: deletionOrder(left), releasable: left.filter(DatabaseUserClaim.isOne).sorted())
    }

    /// Whether carrying it out writes to Vault or to the ledger.
    package var writes: Bool {
        if !stale.isEmpty || !releasable.isEmpty { return true }
        return steps.contains { step in
            guard case .act(let action) = step.decision else { return false }
            switch action {
            case .create, .claim, .adopt, .update, .recreate: return true
            case .none, .needsRecreate, .reportDrift, .conflict: return false
            }
        }
    }

    /// Auth roles first, policies last, so that a login never gets a role whose policy is missing. What is of no shape
    /// that Lanyard makes is left out.
    package static func deletionOrder(_ paths: [String]) -> [String] {
        let own = paths.compactMap { path in VaultObjectKind(path: path).map { (kind: $0, path: path) } }
        return own.sorted { ($1.kind, $0.path) < ($0.kind, $1.path) }.map(\.path)
    }
}

extension ConditionOutcome {
    /// A login must not get a role whose policy is not in place.
    package static func waiting(_ role: String) -> ConditionOutcome {
        .fails(.pending, "\(role) waits for the policy")
    }
}
