/// What one request shows to prove who sends it.
struct RequestCredentials: Equatable, Sendable {
    /// The value of the `Authorization` header.
    var header: Secret?
    /// A client certificate in place of the configured one.
    var certificate: CertificatePair?
}
