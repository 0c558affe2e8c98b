package import KubernetesModel

/// The `token_…` fields that every auth role has.
package struct TokenFields: Equatable, Sendable {
    /// Lifetime in seconds; 0 inherits the mount's.
    package var ttl: Int
    /// Greatest lifetime in seconds; 0 inherits the mount's.
    package var maxTTL: Int
    /// Greatest lifetime in seconds that no renewal extends; 0 is none.
    package var explicitMaxTTL = 0
    /// Period in seconds of tokens that may be renewed for ever; 0 is none.
    package var period = 0
    /// How often a token may be used; 0 is unlimited.
    package var numUses = 0
    /// `default`, `service` or `batch`.
    package var type = "default"
    /// Addresses and networks that may use a token; empty is any.
    package var boundCIDRs: [String]
    /// Whether tokens go without the `default` policy.
    package var noDefaultPolicy: Bool
    /// The policies of a token, sorted.
    package var policies: [String]

    /// Makes fields; what is not given is what the server does by default, as is all that is not named here.
    package init(
        ttl: Int = 0, maxTTL: Int = 0, boundCIDRs: [String] = [], noDefaultPolicy: Bool = false, policies: [String] = []
    ) {
        self.ttl = ttl
        self.maxTTL = maxTTL
        self.boundCIDRs = boundCIDRs
        self.noDefaultPolicy = noDefaultPolicy
        self.policies = policies
    }
}

extension TokenFields {
    /// The body members of an auth role, zeros included: a write merges, so what is left out would keep its old value.
    ///
    /// Writing a `token_…` field also removes its deprecated twin (`policies`, `ttl`, …), which is why those are
    /// never sent.
    package var members: [String: JSONValue] {
        [
            "token_ttl": .integer(Int64(ttl)),
            "token_max_ttl": .integer(Int64(maxTTL)),
            "token_explicit_max_ttl": .integer(Int64(explicitMaxTTL)),
            "token_period": .integer(Int64(period)),
            "token_num_uses": .integer(Int64(numUses)),
            "token_type": .string(type),
            "token_bound_cidrs": .array(boundCIDRs.sorted().map(JSONValue.string)),
            "token_no_default_policy": .bool(noDefaultPolicy),
            "token_policies": .array(policies.sorted().map(JSONValue.string)),
            "token_strictly_bind_ip": false,
        ]
    }

    /// Compares the `token_…` fields of an auth role; deprecated twins and unmanaged fields must be unset.
    func compare(in comparison: inout FieldComparison) {
        comparison.duration("token_ttl", wanted: ttl)
        comparison.duration("token_max_ttl", wanted: maxTTL)
        comparison.duration("token_explicit_max_ttl", wanted: explicitMaxTTL)
        comparison.duration("token_period", wanted: period)
        comparison.integer("token_num_uses", wanted: numUses)
        comparison.text("token_type", wanted: type, default: "default")
        comparison.networks("token_bound_cidrs", wanted: boundCIDRs)
        comparison.flag("token_no_default_policy", wanted: noDefaultPolicy)
        comparison.set("token_policies", wanted: policies, foldingCase: true)
        comparison.unset(Self.unmanaged)
    }

    private static let unmanaged = [
        "token_strictly_bind_ip", "policies", "ttl", "max_ttl", "period", "num_uses", "bound_cidrs",
    ]
}

/// How long a token may live that was given out at the last moment, in seconds: whoever had a policy's name may use it for so
/// long, whatever the policy says by then.
package enum TokenLife {
    /// What servers allow at most, unless their administrator said otherwise: 32 days. For tokens whose binding says nothing.
    package static let serverDefault = 2_764_800
    /// Stands for tokens that are renewed for ever.
    package static let endless = 0

    /// The longer one; what is not known counts as the server's own limit.
    package static func longer(_ one: Int?, _ other: Int?) -> Int {
        let lives = [one ?? serverDefault, other ?? serverDefault]
        return lives.contains(endless) ? endless : lives.max() ?? serverDefault
    }
}

extension TokenFields {
    /// How long a token with these fields may live.
    var life: Int {
        let limits = [explicitMaxTTL, period > 0 ? 0 : maxTTL].filter { $0 > 0 }
        return limits.min() ?? (period > 0 ? TokenLife.endless : TokenLife.serverDefault)
    }
}
