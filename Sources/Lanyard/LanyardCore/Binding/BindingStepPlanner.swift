import KubernetesModel
import LanyardAPI

/// Decides about the objects of one binding one by one.
struct BindingStepPlanner {
    let access: DesiredAccess
    let facts: BindingPlan.Facts

    /// Decides about an object that a write always makes right.
    func step(_ kind: VaultObjectKind, _ path: String, _ title: String, _ object: some VaultObject) -> BindingPlan.Step
    {
        step(kind, path, title, object, wasConverged: facts.wasConverged)
    }

    /// Decides about an object of which it is known otherwise whether it was in place.
    ///
    /// - Parameter wasConverged: whether a difference is a change by hand.
    func step(
        _ kind: VaultObjectKind, _ path: String, _ title: String, _ object: some VaultObject, wasConverged: Bool
    ) -> BindingPlan.Step {
        let (decision, version) = decision(
            on: object, path, title, recreatePolicy: .report, wasConverged: wasConverged)
        var step = BindingPlan.Step(
            kind: kind, path: path, title: title, body: object.body, decision: decision, readVersion: version,
            userClaim: nil, removal: nil)
        if case .act(.adopt) = decision, case .found(.some(let actual)) = facts.lookups[path] {
            step.loss = AdoptionLoss.text(of: kind, from: actual, to: object.body)
        }
        return step
    }

    /// Decides about a database role, which depends on more than itself.
    func step(_ desired: DesiredDatabaseRole) -> BindingPlan.Step {
        let title = "database role \(desired.vaultName)"
        let obstacle = obstacle(to: desired)
        guard obstacle == nil, let object = desired.role.object else {
            return databaseStep(
                desired, title,
                .blocked(obstacle ?? .fails(.templateMissing, "it is not known how \(title) shall be")), nil)
        }
        let (decision, _) = decision(
            on: object, desired.path, title, recreatePolicy: desired.recreatePolicy,
            wasConverged: facts.wasConverged)
        switch decision {
        case .act(.recreate(let differences, _)):
            let isMoved = differences.contains { $0.field == DynamicDatabaseRole.connectionField }
            // Leases are revoked through the role of that name, which would look for their users in another database: whatever
            // the spec says.
            let leases = isMoved ? DatabaseLeases(ofRoleAt: desired.path) : nil
            return databaseStep(desired, title, decision, .init(path: desired.path, leases: leases))
        case .act(.create):
            return replacement(of: desired, title, decision)
        default:
            return databaseStep(desired, title, decision, nil)
        }
    }

    /// A role to create, in whose way a role of the other kind may be: the server would refuse it again and again.
    private func replacement(
        of desired: DesiredDatabaseRole, _ title: String, _ decision: ObjectDecision
    ) -> BindingPlan.Step {
        let counterpart = desired.counterpartPath
        // What another record claims as well, as after a backup was restored, is not this binding's to delete.
        switch (facts.lookups[counterpart], facts.claims[counterpart] == .mine) {
        case (.found(.some), true) where desired.recreatePolicy == .recreate:
            // It is deleted, with all that a deletion of it means.
            let leases = access.revokesLeases ? DatabaseLeases(ofRoleAt: counterpart) : nil
            return databaseStep(
                desired, title, decision, .init(path: counterpart, leases: leases, wayOut: DatabaseLeases.wayOut))
        case (.found(.some), true):
            let message = "\(title) would have to be made anew: \(counterpart) has its name"
            return databaseStep(desired, title, .act(.needsRecreate(message)), nil)
        case (.found(.some), false):
            return databaseStep(desired, title, .act(.conflict("\(counterpart) has the name of \(title)")), nil)
        case (.failed(let outcome), true):
            return databaseStep(desired, title, .blocked(outcome), nil)
        case (nil, true):
            return databaseStep(desired, title, .blocked(.fails(.pending, "\(counterpart) was not looked at")), nil)
        case (.found(nil), _), (.failed, false), (nil, false):
            return databaseStep(desired, title, decision, nil)
        }
    }

    private func databaseStep(
        _ desired: DesiredDatabaseRole, _ title: String, _ decision: ObjectDecision,
        _ removal: BindingPlan.Removal?
    ) -> BindingPlan.Step {
        BindingPlan.Step(
            kind: .databaseRole, path: desired.path, title: title, body: desired.role.body, decision: decision,
            readVersion: nil, userClaim: desired.userClaim, removal: removal)
    }

    private func decision(
        on object: some VaultObject, _ path: String, _ title: String, recreatePolicy: RecreatePolicy,
        wasConverged: Bool
    ) -> (ObjectDecision, readVersion: Int64?) {
        if let failure = facts.failures[path] { return (.blocked(failure), nil) }
        switch facts.lookups[path] {
        case .found(let data):
            let claim = facts.claims[path] ?? .unclaimed
            let presence = data.map { data in
                let differences = object.differences(from: data)
                return ObjectPresence.present(
                    differences: differences,
                    unchangeable: object.unchangeable(
                        among: differences, isDrift: facts.wasConverged && claim == .mine))
            }
            let planner = ObjectPlanner(
                name: title, driftPolicy: access.driftPolicy, wasConverged: wasConverged,
                consent: consent(to: path, data), recreatePolicy: recreatePolicy)
            return (.act(planner.action(presence: presence ?? .absent, claim: claim)), data?["version"]?.integer)
        case .failed(let outcome):
            return (.blocked(outcome), nil)
        case nil:
            return (.blocked(.fails(.pending, "\(title) was not looked at")), nil)
        }
    }

    private func consent(to path: String, _ data: JSONValue?) -> ObjectPlanner.Consent {
        if access.adoptsExisting || data.map({ access.ownWork.covers(path, $0) }) == true { return .given }
        return access.mayAdopt ? .notAsked : .none
    }

    /// What keeps a database role from being of use: Vault accepts any connection name and says so only to the workload.
    private func obstacle(to desired: DesiredDatabaseRole) -> ConditionOutcome? {
        if case .undefined(let outcome) = desired.role { return outcome }
        guard let connection = desired.role.connection, let path = desired.connectionPath else { return nil }
        switch facts.lookups[path] {
        case .found(.some(let data)):
            // pki/config/acme, too, has allowed_roles: below another engine a role would mean something else.
            guard data["plugin_name"]?.string?.isEmpty == false else {
                return .fails(.connectionMissing, "\(path) is not a database connection")
            }
            return obstacle(to: desired, at: connection, DatabaseConnectionFacts(reading: data))
        case .found(nil):
            return .fails(.connectionMissing, "there is no database connection \(connection)")
        case .failed(let outcome):
            return outcome
        case nil:
            return .fails(.pending, "connection \(connection) was not looked at")
        }
    }

    private func obstacle(
        to desired: DesiredDatabaseRole, at connection: String, _ found: DatabaseConnectionFacts
    ) -> ConditionOutcome? {
        if !found.allows(desired.vaultName) {
            return .fails(
                .roleNotAllowedByConnection,
                "connection \(connection) does not allow the role \(desired.vaultName)")
        }
        guard case .static(let role) = desired.role else { return nil }
        if let problem = found.obstacle(toManaging: role.username) {
            return .fails(
                .rejected,
                "database role \(desired.vaultName) must not manage the user \(role.username): connection "
                    + "\(connection) \(problem)")
        }
        switch desired.userClaim.flatMap({ facts.claims[$0] }) ?? .unclaimed {
        case .mine, .unclaimed: return nil
        case .reserved(let reason):
            return .fails(.conflict, "the user \(role.username) of connection \(connection) \(reason)")
        case .other(let owner), .awaited(let owner):
            return .fails(.conflict, "the user \(role.username) of connection \(connection) belongs to \(owner)")
        }
    }
}
