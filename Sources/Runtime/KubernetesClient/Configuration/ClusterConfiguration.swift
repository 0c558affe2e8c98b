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

/// On whose behalf requests are made (`as` and its relatives in a kubeconfig's user).
public struct Impersonation: Equatable, Sendable {
    /// The user's name.
    public var user: String
    /// The user's uid.
    public var uid: String?
    /// The user's groups.
    public var groups: [String]
    /// More about the user, by key.
    public var extra: [String: [String]]

    /// Describes a user.
    public init(user: String, uid: String? = nil, groups: [String] = [], extra: [String: [String]] = [:]) {
        self.user = user
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }

    /// The headers that say so. The keys of `extra` are percent-encoded, because header names are not case-sensitive.
    var headers: [(String, String)] {
        var headers = [("Impersonate-User", user)]
        if let uid { headers.append(("Impersonate-Uid", uid)) }
        headers += groups.map { ("Impersonate-Group", $0) }
        for (key, values) in extra.sorted(by: { $0.key < $1.key }) {
            headers += values.map { ("Impersonate-Extra-\(PercentEncoding.encode(key))", $0) }
        }
        return headers
    }
}

/// PEM blocks, or the file that holds them.
public enum PEMSource: Equatable, Sendable {
    /// The text itself; it may be a private key.
    case inline(Secret)
    /// A file that is read again when it may have been rotated.
    case file(path: String)
}
