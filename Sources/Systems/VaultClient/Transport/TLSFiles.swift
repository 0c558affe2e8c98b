import FoundationEssentials
import NIOSSL

/// The files that TLS is made from, which their issuers replace while the process runs.
struct TLSFiles: Sendable {
    let authority: String?
    let certificate: String?
    let key: String?

    struct Contents: Equatable, Sendable {
        fileprivate var authority: [UInt8]?
        fileprivate var certificate: [UInt8]?
        fileprivate var key: [UInt8]?
    }

    init(_ configuration: VaultConnectionConfiguration) {
        authority = configuration.caFile
        certificate = configuration.clientCertificateFile
        key = configuration.clientKeyFile
    }

    /// Whether there is anything that may change.
    var isEmpty: Bool { authority == nil && certificate == nil && key == nil }

    /// Reads them.
    ///
    /// - Throws: `VaultError` with code `rejected` that says which one cannot be read.
    func read() throws(VaultError) -> Contents {
        guard (certificate == nil) == (key == nil) else {
            throw VaultError(.rejected, "client certificate and key must be given together")
        }
        return Contents(
            authority: try Self.contents(of: authority, "CA file of Vault"),
            certificate: try Self.contents(of: certificate, "client certificate file for Vault"),
            key: try Self.contents(of: key, "client key file for Vault"))
    }

    /// The configuration of new connections.
    ///
    /// - Throws: `VaultError` with code `rejected` that says which file holds no PEM.
    static func configuration(_ contents: Contents) throws(VaultError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let bytes = contents.authority {
            configuration.trustRoots = .certificates(try certificates(bytes, "CA file of Vault"))
        }
        if let bytes = contents.certificate {
            let chain = try certificates(bytes, "client certificate file for Vault")
            configuration.certificateChain = chain.map { .certificate($0) }
        }
        if let bytes = contents.key {
            guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
                throw VaultError(.rejected, "the client key file for Vault holds no key")
            }
            configuration.privateKey = .privateKey(key)
        }
        return configuration
    }

    private static func certificates(_ bytes: [UInt8], _ name: String) throws(VaultError) -> [NIOSSLCertificate] {
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw VaultError(.rejected, "the \(name) holds no certificate")
        }
        return certificates
    }

    private static func contents(of file: String?, _ name: String) throws(VaultError) -> [UInt8]? {
        guard let file else { return nil }
        guard let data = try? Data(contentsOf: URL(filePath: file)) else {
            throw VaultError(.rejected, "the \(name) cannot be read")
        }
        return Array(data)
    }
}
