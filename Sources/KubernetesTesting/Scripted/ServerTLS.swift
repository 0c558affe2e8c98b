import NIOSSL

/// How a `ScriptedServer` proves who it is, and whether its clients must.
public struct ServerTLS: Sendable {
    /// The certificate that the server shows.
    public var certificate: TestCertificate
    /// The authority that clients' certificates must descend from; nil asks for none.
    public var clientAuthority: TestAuthority?

    /// Combines them.
    public init(certificate: TestCertificate, clientAuthority: TestAuthority? = nil) {
        self.certificate = certificate
        self.clientAuthority = clientAuthority
    }

    func makeContext() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(certificate.certificatePEM.utf8))
                .map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(certificate.keyPEM.utf8), format: .pem)))
        if let clientAuthority {
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates(
                try NIOSSLCertificate.fromPEMBytes(Array(clientAuthority.certificatePEM.utf8)))
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
