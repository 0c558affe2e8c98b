/// A certificate and its key, as the texts that files hold.
public struct TestCertificate: Sendable {
    /// The certificate as PEM.
    public let certificatePEM: String
    /// The private key as PEM.
    public let keyPEM: String
    /// What tells it from other certificates of the authority.
    public let serialNumber: [UInt8]
}
