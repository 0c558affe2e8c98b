import LanyardAPI
import NIOCore
import NIOSSL
import SPIREClient

/// What the server shows on TCP, and whom it lets in there.
struct ServerCredentials: Sendable {
    /// The server's own SVID, fresh for each connection.
    let issue: @Sendable () throws -> IssuedX509SVID
    /// The authorities of each trust domain, certificates in DER.
    let authorities: @Sendable () throws -> [TrustDomain: [[UInt8]]]
    /// Whether a caller with a good certificate is let in.
    let admits: @Sendable (SPIFFEID) -> Bool

    /// A handler for one connection.
    ///
    /// - Throws: When there is no SVID.
    func makeHandler() throws -> NIOSSLServerHandler {
        let svid = try issue()
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: svid.certificate, format: .der))],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: svid.key, format: .der)))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["h2"]
        configuration.certificateVerification = .optionalVerification
        let verifier = X509SVIDVerifier(authorities: try authorities())
        let admits = admits
        return NIOSSLServerHandler(
            context: try NIOSSLContext(configuration: configuration)
        ) { certificates, promise in
            promise.completeWithTask {
                let chain = try certificates.map { try $0.toDERBytes() }
                return try await admits(verifier.verify(chain: chain)) ? .certificateVerified : .failed
            }
        }
    }
}
