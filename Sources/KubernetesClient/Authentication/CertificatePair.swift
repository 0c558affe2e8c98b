/// A certificate chain and its private key, as PEM.
struct CertificatePair: Equatable, Sendable {
    let chain: Secret
    let key: Secret
}
