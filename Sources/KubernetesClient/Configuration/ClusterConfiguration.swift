/// How to reach one API server, and as whom.
public struct ClusterConfiguration: Equatable, Sendable {
    /// The server's URL without a slash at the end, such as `https://10.0.0.1:443`.
    public var server: String
    /// The certificates that the server's must descend from; nil for the system's.
    public var certificateAuthority: PEMSource?
    /// The name that the server's certificate must have, if it is not the host of the URL.
    public var tlsServerName: String?
    /// Whether the server's certificate is not checked at all.
    public var skipsTLSVerification: Bool
    /// An HTTP or SOCKS proxy, such as `http://proxy:3128` or `socks5://proxy:1080`.
    public var proxyURL: String?
    /// The namespace of the context, or the one that this process runs in.
    public var namespace: String?
    /// As whom to make requests.
    public var credentials: ClusterCredentials

    /// Describes a cluster.
    public init(
        server: String, certificateAuthority: PEMSource? = nil, tlsServerName: String? = nil,
        skipsTLSVerification: Bool = false, proxyURL: String? = nil, namespace: String? = nil,
        credentials: ClusterCredentials = ClusterCredentials()
    ) {
        self.server = server
        self.certificateAuthority = certificateAuthority
        self.tlsServerName = tlsServerName
        self.skipsTLSVerification = skipsTLSVerification
        self.proxyURL = proxyURL
        self.namespace = namespace
        self.credentials = credentials
    }
}
