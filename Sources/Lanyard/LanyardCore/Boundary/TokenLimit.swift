package import KubernetesModel

/// How long tokens of a namespace may live, whoever they are for. An auth role can be held to it by what is read there: it is
/// not needed to know who logs in.
package struct TokenLimit: Equatable, Sendable {
    private let seconds: Int
    private let allowsPeriod: Bool

    /// What is written to an auth role that gives longer tokens.
    package struct Lowering: Equatable, Sendable {
        /// Only the lifetimes: a write merges, so that all else stays, and where the role is gone no server makes one of it.
        package let body: JSONValue
        /// What it changes, sorted.
        package let differences: [FieldDifference]
    }

    /// What a boundary allows.
    package init(of boundary: EffectiveBoundary) {
        seconds = boundary.maxTokenTTL
        allowsPeriod = boundary.allows(.allowPeriodicTokens)
    }

    /// Whether tokens may live so long (see `TokenLife`).
    package func allows(life: Int) -> Bool { life != TokenLife.endless && life <= seconds }

    /// What makes an auth role keep to the limit; nothing becomes longer by it. Nil when the role does already.
    ///
    /// - Parameter role: the `data` of a read.
    package func lowering(_ role: JSONValue) -> Lowering? {
        // What cannot be understood counts as too long.
        func lowered(_ field: String) -> Int { min(VaultDuration.seconds(role[field]) ?? .max, seconds) }
        let period = allowsPeriod ? lowered("token_period") : 0
        let longest = lowered("token_max_ttl")
        let wanted = [
            "token_ttl": lowered("token_ttl"), "token_explicit_max_ttl": lowered("token_explicit_max_ttl"),
            "token_period": period,
            // Without any the server's own would hold.
            "token_max_ttl": longest == 0 && period == 0 ? seconds : longest,
        ]
        var comparison = FieldComparison(of: role)
        for (field, value) in wanted { comparison.duration(field, wanted: value) }
        guard !comparison.differences.isEmpty else { return nil }
        var body = wanted.mapValues { JSONValue.integer(Int64($0)) }
        // A role of the JWT method, which becomes one for browsers without it.
        if role["user_claim"] != nil { body["role_type"] = "jwt" }
        return Lowering(body: .object(body), differences: comparison.differences)
    }
}
