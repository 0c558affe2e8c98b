package import KubernetesModel
import LanyardAPI

/// Everything that is to be done in Vault for one binding, in order, as a value that can be printed and compared.
package struct BindingPlan: Equatable, Sendable {
    /// The wanted objects: policy, then database roles, then auth roles.
    package var steps: [Step]
    /// Paths that are claimed but not wanted any more; deleted only when all steps came out right (make before break).
    package var stale: [String]

    /// One wanted object.
    package struct Step: Equatable, Sendable {
        package let kind: VaultObjectKind
        package let path: String
        /// The object, for messages: `policy web`.
        package let title: String
        /// What is sent when it is written.
        package let body: JSONValue
        package let decision: Decision
        /// The version that was read, where the server counts versions (OpenBao's policies).
        package let readVersion: Int64?

        /// Whether the object cannot be put in place now.
        fileprivate var isHindered: Bool {
            switch decision {
            case .blocked, .act(.conflict): true
            case .act: false
            }
        }

        /// The same object, for which nothing can be done now.
        fileprivate func blocked(_ obstacle: ConditionOutcome) -> Step {
            Step(kind: kind, path: path, title: title, body: body, decision: .blocked(obstacle), readVersion: nil)
        }
    }

    /// What is to be done about one object.
    package enum Decision: Equatable, Sendable {
        /// Act by the rules of ownership.
        case act(ObjectAction)
        /// Nothing can be done now, and why.
        case blocked(ConditionOutcome)
    }

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

        /// Gathers facts.
        package init(
            lookups: [String: Lookup], claims: [String: ClaimState], heldPaths: [String], wasConverged: Bool
        ) {
            self.lookups = lookups
            self.claims = claims
            self.heldPaths = heldPaths
            self.wasConverged = wasConverged
        }
    }

    /// Plans. Pure: the same for the controller and for whoever wants to see what it would do.
    package static func make(for access: DesiredAccess, facts: Facts) -> BindingPlan {
        var steps = [
            step(
                .policy, access.policyPath, "policy \(access.policyName)", access.policy.body, access.driftPolicy,
                facts, differences: access.policy.differences)
        ]
        steps += access.databaseRoles.map { desired in
            let step = step(
                .databaseRole, desired.path, "database role \(desired.vaultName)", desired.role.body,
                access.driftPolicy, facts, differences: desired.role.differences)
            return obstacle(to: desired, facts: facts).map(step.blocked) ?? step
        }
        if let role = access.kubernetesRole {
            let title = "auth role \(access.roleName)"
            let step = step(
                .authRole, role.path, title, role.role.body, access.driftPolicy, facts,
                differences: role.role.differences)
            // A role that is not made now is not claimed either: somebody else may make one of that name meanwhile.
            let waits = steps.contains { $0.kind == .policy && $0.isHindered }
            steps.append(waits ? step.blocked(.waiting(title)) : step)
        }
        let wanted = Set(steps.map(\.path))
        let stale = facts.heldPaths.filter { !wanted.contains($0) && VaultObjectKind(path: $0) != nil }
        return BindingPlan(steps: steps, stale: deletionOrder(stale))
    }

    /// Whether carrying it out writes to Vault or to the ledger.
    package var writes: Bool {
        if !stale.isEmpty { return true }
        return steps.contains { step in
            guard case .act(let action) = step.decision else { return false }
            switch action {
            case .create, .claim, .update: return true
            case .none, .reportDrift, .conflict: return false
            }
        }
    }

    /// Auth roles first, policies last, so that a login never gets a role whose policy is missing.
    package static func deletionOrder(_ paths: [String]) -> [String] {
        let own = paths.compactMap { path in VaultObjectKind(path: path).map { (kind: $0, path: path) } }
        return own.sorted { ($1.kind, $0.path) < ($0.kind, $1.path) }.map(\.path)
    }

    private static func step(
        _ kind: VaultObjectKind, _ path: String, _ title: String, _ body: JSONValue, _ driftPolicy: DriftPolicy,
        _ facts: Facts, differences: (JSONValue) -> [FieldDifference]
    ) -> Step {
        let decision: Decision
        var readVersion: Int64?
        switch facts.lookups[path] {
        case .found(let data):
            readVersion = data?["version"]?.integer
            let presence = data.map { ObjectPresence.present(differences: differences($0)) } ?? .absent
            decision = .act(
                ObjectPlanner.action(
                    name: title, presence: presence, claim: facts.claims[path] ?? .unclaimed,
                    driftPolicy: driftPolicy, wasConverged: facts.wasConverged))
        case .failed(let outcome):
            decision = .blocked(outcome)
        case nil:
            decision = .blocked(.fails(.pending, "\(title) was not looked at"))
        }
        return Step(kind: kind, path: path, title: title, body: body, decision: decision, readVersion: readVersion)
    }

    /// What keeps a database role from being of use: Vault accepts any connection name and says so only to the workload.
    private static func obstacle(to desired: DesiredDatabaseRole, facts: Facts) -> ConditionOutcome? {
        switch facts.lookups[desired.connectionPath] {
        case .found(.some(let data)):
            // pki/config/acme, too, has allowed_roles: below another engine a role would mean something else.
            guard data["plugin_name"]?.string?.isEmpty == false else {
                return .fails(.connectionMissing, "\(desired.connectionPath) is not a database connection")
            }
            guard !DatabaseConnectionFacts(reading: data).allows(desired.vaultName) else { return nil }
            return .fails(
                .roleNotAllowedByConnection,
                "connection \(desired.role.connection) does not allow the role \(desired.vaultName)")
        case .found(nil):
            return .fails(.connectionMissing, "there is no database connection \(desired.role.connection)")
        case .failed(let outcome):
            return outcome
        case nil:
            return .fails(.pending, "connection \(desired.role.connection) was not looked at")
        }
    }
}

extension ConditionOutcome {
    /// A login must not get a role whose policy is not in place.
    package static func waiting(_ role: String) -> ConditionOutcome {
        .fails(.pending, "\(role) waits for the policy")
    }
}
