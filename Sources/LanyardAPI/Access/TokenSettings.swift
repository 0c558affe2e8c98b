/// How the tokens of a login look; what is absent is the server's default.
package struct TokenSettings: Codable, Equatable, Sendable {
    package var ttl: String?
    package var maxTTL: String?
    package var explicitMaxTTL: String?
    package var period: String?
    package var numUses: Int?
    /// `default`, `service` or `batch`.
    package var type: String?
    package var boundCIDRs: [String]?
    package var noDefaultPolicy: Bool?
    package var extraPolicies: [String]?

    /// All defaults.
    package init() {}
}
