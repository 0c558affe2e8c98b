import NIOSSL

/// Reads the certificates of a cluster's configuration, for the first time and again.
struct TLSSource: Sendable {
    private let configuration: ClusterConfiguration
    private let files: FileReader

    /// What became of reading a part again.
    enum Reload<Part> {
        /// It is not in a file.
        case none
        case unchanged
        case changed(Part)
        case failed(String)
    }

    init(_ configuration: ClusterConfiguration, files: FileReader) {
        self.configuration = configuration
        self.files = files
    }

    /// Everything, for the first time.
    ///
    /// - Throws: `ConfigurationError`.
    func load() throws -> TLSParts {
        TLSParts(
            skipsVerification: configuration.skipsTLSVerification,
            authority: try configuration.certificateAuthority.map(authority),
            identity: try configuration.credentials.clientCertificate.map(identity))
    }

    func reloadAuthority(_ known: TLSParts) -> Reload<TLSParts.Authority> {
        guard case .file? = configuration.certificateAuthority, let source = configuration.certificateAuthority else {
            return .none
        }
        do {
            guard try bytes(source, "certificate-authority") != known.authority?.bytes else { return .unchanged }
            return .changed(try authority(source))
        } catch {
            return .failed("\(error)")
        }
    }

    /// A pair of which only one half has been written yet is not taken.
    func reloadIdentity(_ known: TLSParts) -> Reload<TLSParts.Identity> {
        guard let source = configuration.credentials.clientCertificate, source.isInFiles else { return .none }
        do {
            let next = try identity(source)
            let isSame = next.chainBytes == known.identity?.chainBytes && next.keyBytes == known.identity?.keyBytes
            return isSame ? .unchanged : .changed(next)
        } catch {
            return .failed("\(error)")
        }
    }

    /// The certificate of a credential plugin.
    ///
    /// - Throws: `ConfigurationError`.
    func parse(_ pair: CertificatePair) throws -> TLSParts.Identity {
        try identity(ClusterCredentials.ClientCertificate(chain: .inline(pair.chain), key: .inline(pair.key)))
    }

    /// The authorities of a bundle.
    ///
    /// - Throws: `ConfigurationError`.
    func authority(_ source: PEMSource) throws -> TLSParts.Authority {
        let field = "certificate-authority"
        let bytes = try bytes(source, field)
        return TLSParts.Authority(
            bytes: bytes, certificates: try parsed(source, field) { try PEMBlocks.certificates(bytes) })
    }

    /// A certificate with the key that belongs to it.
    ///
    /// - Throws: `ConfigurationError`.
    func identity(_ source: ClusterCredentials.ClientCertificate) throws -> TLSParts.Identity {
        let chainBytes = try bytes(source.chain, "client-certificate")
        let keyBytes = try bytes(source.key, "client-key")
        let identity = TLSParts.Identity(
            chainBytes: chainBytes, keyBytes: keyBytes,
            chain: try parsed(source.chain, "client-certificate") { try PEMBlocks.certificates(chainBytes) },
            key: try parsed(source.key, "client-key") { try PEMBlocks.privateKey(keyBytes) })
        let parts = TLSParts(skipsVerification: false, authority: nil, identity: identity)
        // BoringSSL compares the two when it makes a context.
        guard (try? NIOSSLContext(configuration: parts.tls)) != nil else {
            throw ConfigurationError(field: "client-key", problem: "does not belong to the client-certificate")
        }
        return identity
    }

    private func bytes(_ source: PEMSource, _ field: String) throws -> [UInt8] {
        switch source {
        case .inline(let text):
            return Array(text.revealed.utf8)
        case .file(let path):
            let content: [UInt8]?
            do {
                content = try files.read(path).map { Array($0) }
            } catch {
                throw ConfigurationError(field: field, problem: "\(path) cannot be read")
            }
            guard let content else { throw ConfigurationError(field: field, problem: "\(path) does not exist") }
            return content
        }
    }

    private func parsed<Value>(_ source: PEMSource, _ field: String, _ parse: () throws -> Value) throws -> Value {
        do {
            return try parse()
        } catch let error as PEMBlocks.Malformed {
            switch source {
            case .inline:
                throw ConfigurationError(field: "\(field)-data", problem: "holds no PEM \(error.kind)")
            case .file(let path):
                throw ConfigurationError(field: field, problem: "\(path) holds no PEM \(error.kind)")
            }
        }
    }
}

extension ClusterCredentials.ClientCertificate {
    /// Whether any of it may change while the process runs.
    fileprivate var isInFiles: Bool {
        if case (.inline, .inline) = (chain, key) { false } else { true }
    }
}

/// Reading of PEM. The errors never repeat any of it.
enum PEMBlocks {
    /// A PEM text that is not what it should be.
    struct Malformed: Error {
        /// What it should hold, such as `certificate`.
        let kind: String
    }

    /// The certificates of a chain or a bundle; at least one.
    ///
    /// - Throws: `Malformed`.
    static func certificates(_ bytes: [UInt8]) throws -> [NIOSSLCertificate] {
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw Malformed(kind: "certificate")
        }
        return certificates
    }

    /// A private key without a passphrase.
    ///
    /// - Throws: `Malformed`.
    static func privateKey(_ bytes: [UInt8]) throws -> NIOSSLPrivateKey {
        do {
            return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
        } catch {
            throw Malformed(kind: "unencrypted private key")
        }
    }
}
