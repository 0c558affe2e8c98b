package import KubernetesModel

extension BindingPlan {
    /// One wanted object, and what is to be done about it.
    package struct Step: Equatable, Sendable {
        package let kind: VaultObjectKind
        package let path: String
        /// The object, for messages: `policy web`.
        package let title: String
        /// What is sent when it is written.
        package let body: JSONValue
        package let decision: ObjectDecision
        /// The version that was read, where the server counts versions (OpenBao's policies).
        package let readVersion: Int64?
        /// What is claimed beside the path: the database user of a static role.
        package let userClaim: String?
        /// What is deleted before it is made.
        package let removal: Removal?
        /// What a policy does not give yet: where the credentials of database roles would be read that the binding does
        /// not hold, or that are not as declared. Sorted.
        package var lacks: [String] = []
        /// What others lose when it is taken over.
        package var loss: String?
    }

    /// An object of this owner that is in the way of another one.
    package struct Removal: Equatable, Sendable {
        /// The path under which it is claimed.
        package let path: String
        /// Its leases, if they are to be revoked before it goes.
        package let leases: DatabaseLeases?
        /// What its author can do when the database refuses to revoke them; nil when nothing in the spec helps.
        package var wayOut: String?
    }
}

extension BindingPlan.Step {
    /// Whether the object cannot be put in place now.
    var isHindered: Bool {
        switch decision {
        case .blocked, .act(.conflict): true
        case .act: false
        }
    }

    /// The same object, for which nothing can be done now.
    func blocked(_ obstacle: ConditionOutcome) -> BindingPlan.Step {
        BindingPlan.Step(
            kind: kind, path: path, title: title, body: body, decision: .blocked(obstacle), readVersion: nil,
            userClaim: nil, removal: nil, lacks: lacks)
    }

    /// Whether carrying it out changes something in Vault or in the ledger.
    package var writes: Bool {
        guard case .act(let action) = decision else { return false }
        switch action {
        case .create, .claim, .adopt, .update, .recreate: return true
        case .none, .needsRecreate, .reportDrift, .conflict: return false
        }
    }

    /// Whether it gives somebody an object who does not have it yet.
    var isNew: Bool {
        switch decision {
        case .act(.create), .act(.claim), .act(.adopt): true
        case .act, .blocked: false
        }
    }

    /// All that has to be in the ledger before this step; nothing if the step touches nothing.
    package var claims: [String] { decision.needsClaim ? [path] + (userClaim.map { [$0] } ?? []) : [] }
}
