import KubernetesModel
import LanyardAPI

/// Decides about the policy of a binding, which depends on its database roles (rule order-4): it gives only credentials of
/// roles that the binding holds, or a name in the spec would be enough to read what somebody else's role hands out.
extension BindingStepPlanner {
    /// Whether the policy gives the credentials of a database role.
    private enum Giving {
        /// The role is the binding's and as declared, or becomes so by its step, which comes first.
        case given
        /// There is trouble with a role that is the binding's and not known to be for something else. What the policy has
        /// already stays, as a server that cannot be read takes nobody's access; nothing is added.
        case standing
        /// The role is not the binding's, or is for something else, or nobody knows what it is for.
        case withheld
    }

    /// Decides about the policy.
    ///
    /// - Parameter databaseSteps: what was decided about the database roles, in the order of the spec.
    func policyStep(after databaseSteps: [BindingPlan.Step]) -> BindingPlan.Step {
        let roles = zip(access.databaseRoles, databaseSteps).map { ($0, giving($0, $1)) }
        let isClear = roles.allSatisfy { $0.1 == .given }
        let readable = isClear ? [] : readablePaths
        func isGiven(_ role: DesiredDatabaseRole, _ giving: Giving) -> Bool {
            giving == .given || (giving == .standing && readable?.contains(role.credentialsPath) == true)
        }
        let given = roles.filter(isGiven).map(\.0)
        let withheld = roles.filter { !isGiven($0.0, $0.1) }.map(\.0)
        let title = "policy \(access.policyName)"
        // A rule that goes because of its database role is no change by hand, which might only be reported.
        let takes = withheld.contains { readable?.contains($0.credentialsPath) ?? true }
        var step = step(
            .policy, access.policyPath, title, access.policy(granting: given),
            wasConverged: facts.wasConverged && !takes)
        step.lacks = withheld.map(\.credentialsPath).sorted()
        // Nobody misses a policy that never was: it is made when it is whole.
        if let role = withheld.first, case .act(.create) = step.decision, facts.claims[access.policyPath] != .mine {
            step = step.blocked(.fails(.pending, "\(title) waits for database role \(role.vaultName)"))
        }
        return step
    }

    private func giving(_ role: DesiredDatabaseRole, _ step: BindingPlan.Step) -> Giving {
        if step.writes || step.decision == .act(.none) { return .given }
        guard facts.claims[role.path] == .mine, role.role.object != nil else { return .withheld }
        if case .found(.some(let actual)) = facts.lookups[role.path], role.role.isForAnother(than: actual) {
            return .withheld
        }
        return .standing
    }

    /// What the binding's policy, as it was read, lets be read; nil when its text is not understood.
    private var readablePaths: Set<String>? {
        guard case .found(.some(let data)) = facts.lookups[access.policyPath],
            facts.claims[access.policyPath] == .mine
        else { return [] }
        guard let document = data["policy"]?.string.flatMap({ try? PolicyDocument(parsing: $0) }) else { return nil }
        return Set(document.rules.filter { $0.capabilities.contains(.read) }.map(\.path))
    }
}
