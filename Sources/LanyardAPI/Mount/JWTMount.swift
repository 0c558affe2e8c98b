/// Whose JWTs the JWT auth method accepts: exactly one of `trust`, `jwksURL` and `discoveryURL`.
package struct JWTMount: Codable, Equatable, Sendable {
    package var trust: Trust?
    package var jwksURL: String?
    package var discoveryURL: String?
    /// PEM; what the server of the URL is verified with.
    package var caCertificate: String?
    /// The `iss` that a JWT must have; not looked at when absent.
    package var boundIssuer: String?

    /// Trusts nobody.
    package init() {}

    /// A source of keys that the operator itself keeps in step.
    package enum Trust: String, Codable, CaseIterable, Sendable {
        /// The JWT signing keys of the SPIRE server, from its bundle.
        case spire = "SPIRE"
    }
}
