package import KubernetesModel

/// Who owns a Vault path according to the ledger.
package enum ClaimState: Equatable, Sendable {
    /// The object that is being reconciled.
    case mine
    /// Somebody else, named for people.
    case other(String)
    /// Nobody, and nobody older wants it.
    case unclaimed
    /// Nobody yet, but an older object, named for people, wants it and comes first.
    case awaited(by: String)
    /// Nobody any more, but tokens of its former owner may live; what is said of that.
    case reserved(String)

    /// Whether another one owns it.
    var isForeign: Bool {
        if case .other = self { true } else { false }
    }
}

/// What a read of a path came to.
package enum ObjectLookup: Equatable, Sendable {
    /// The object's data; nil when Vault says that it is absent.
    case found(JSONValue?)
    /// It could not be read; that is not absence.
    case failed(ConditionOutcome)
}

/// What a successful read of a Vault object found, compared with what is wanted.
package enum ObjectPresence: Equatable, Sendable {
    /// Vault says that it does not exist.
    case absent
    /// It exists, and was compared with what is wanted.
    ///
    /// - Parameters:
    ///   - differences: managed fields that differ; none: it is as wanted.
    ///   - unchangeable: those of them that only a new object would make right.
    case present(differences: [FieldDifference], unchangeable: [FieldDifference] = [])
}

/// What is to be done about one object of Vault; of an entry of SPIRE that is `EntryAction`.
package enum VaultObjectAction: Equatable, Sendable {
    /// It is claimed and as wanted.
    case none
    /// Claim it if it is not claimed, then create it. `isDrift`: it had been there and was deleted by hand.
    case create(isDrift: Bool)
    /// It is as wanted but unclaimed, and may be taken: only claim it.
    case claim
    /// It is unclaimed and differs, and may be taken: claim it, then write it.
    case adopt(differences: [FieldDifference])
    /// Write it. `isDrift`: it was changed by hand; otherwise the resource changed.
    case update(differences: [FieldDifference], isDrift: Bool)
    /// Delete it and make it anew, since no write helps.
    case recreate(differences: [FieldDifference], isDrift: Bool)
    /// Only a new object would be as wanted, and the author did not ask for one.
    case needsRecreate(String)
    /// It was changed by hand, and the author only wants to be told: the fields, none when it was deleted.
    case reportDrift(String, differences: [FieldDifference])
    /// It belongs to somebody else: leave it alone.
    case conflict(String)
}

/// What is to be done about one object.
package enum ObjectDecision: Equatable, Sendable {
    /// Act by the rules of ownership.
    case act(VaultObjectAction)
    /// Nothing can be done now, and why.
    case blocked(ConditionOutcome)

    /// Whether the object has to be in the ledger before that: unless nothing of it is touched.
    var needsClaim: Bool {
        switch self {
        case .act(.none), .act(.claim), .act(.create), .act(.adopt), .act(.update), .act(.recreate): true
        case .act(.needsRecreate), .act(.reportDrift), .act(.conflict), .blocked: false
        }
    }
}
