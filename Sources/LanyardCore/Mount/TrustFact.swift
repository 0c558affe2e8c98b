/// What is known of the keys that sign the JWT-SVIDs of the operator's trust domain.
package enum TrustFact: Equatable, Sendable {
    /// The keys of SPIRE's bundle.
    case found([TrustKey])
    /// The bundle could not be read.
    case failed(ConditionOutcome)
}
