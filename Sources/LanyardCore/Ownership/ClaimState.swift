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
    var isSomebodyElses: Bool {
        if case .other = self { true } else { false }
    }
}
