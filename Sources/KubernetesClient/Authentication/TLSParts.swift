import NIOSSL

/// The certificates of a cluster's configuration, with the bytes that they were read from.
struct TLSParts: Sendable {
    /// Who may vouch for the server; nil for the system's authorities.
    struct Authority: Sendable {
        let bytes: [UInt8]
        let certificates: [NIOSSLCertificate]
    }

    /// The client's certificate.
    struct Identity: Sendable {
        let chainBytes: [UInt8]
        let keyBytes: [UInt8]
        let chain: [NIOSSLCertificate]
        let key: NIOSSLPrivateKey
    }

    let skipsVerification: Bool
    private(set) var authority: Authority?
    private(set) var identity: Identity?

    init(skipsVerification: Bool, authority: Authority?, identity: Identity?) {
        self.skipsVerification = skipsVerification
        self.authority = authority
        self.identity = identity
    }

    /// What tells two configurations apart.
    var bytes: [[UInt8]?] { [authority?.bytes, identity?.chainBytes, identity?.keyBytes] }

    /// The configuration of a connection.
    var tls: TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        if skipsVerification { tls.certificateVerification = .none }
        if let authority { tls.trustRoots = .certificates(authority.certificates) }
        if let identity {
            tls.certificateChain = identity.chain.map { .certificate($0) }
            tls.privateKey = .privateKey(identity.key)
        }
        return tls
    }

    /// The same with another authority.
    func with(authority: Authority) -> TLSParts {
        var parts = self
        parts.authority = authority
        return parts
    }

    /// The same with another client certificate.
    func with(identity: Identity) -> TLSParts {
        var parts = self
        parts.identity = identity
        return parts
    }
}
