/// Where Vault is and how to log in.
package struct VaultConnectionConfiguration: Equatable, Sendable {
    /// `https://vault.vault.svc:8200`, without path.
    package var address: String
    /// PEM file with the certificate authorities to trust; nil = those of the system.
    package var caFile: String?
    /// PEM file with the client certificate and its chain, for servers and proxies that ask for one.
    package var clientCertificateFile: String?
    /// PEM file with the client certificate's key.
    package var clientKeyFile: String?
    /// The namespace of all requests; nil = the root namespace.
    package var namespace: String?
    package var authentication: Authentication
    /// How many requests may be under way at once; logins, renewals and those that take long come on top.
    package var maxConcurrentRequests: Int
    /// How long the server may take for an answer.
    package var requestTimeout: Duration

    /// How long a request counts among those under way. What takes longer waits for something behind the server.
    var patience: Duration { .seconds(1) }
    /// How many requests that take longer than that may be under way besides.
    var maxConcurrentSlowRequests: Int { (maxConcurrentRequests + 1) / 2 }
    /// How long the server may take for what costs it nothing.
    var probeTimeout: Duration { min(requestTimeout, .seconds(3)) }
    /// How long a request may wait for its turn.
    var turnTimeout: Duration { requestTimeout * 2 }

    /// How a token is obtained.
    package enum Authentication: Equatable, Sendable {
        /// `auth/<mount>/login` with a role and a token from a file, which is read at each login: Kubernetes rotates it.
        case kubernetes(mount: String, role: String, tokenFile: String)
        /// `auth/<mount>/login` with a role and a JWT-SVID for an audience, fetched at each login.
        case jwtSVID(mount: String, role: String, audience: String)
        /// A Vault token from a file, which somebody else provides and revokes.
        case token(file: String)
    }

    /// Describes a connection.
    package init(
        address: String, caFile: String? = nil, clientCertificateFile: String? = nil, clientKeyFile: String? = nil,
        namespace: String? = nil, authentication: Authentication,
        maxConcurrentRequests: Int = 16, requestTimeout: Duration = .seconds(10)
    ) {
        self.address = address
        self.caFile = caFile
        self.clientCertificateFile = clientCertificateFile
        self.clientKeyFile = clientKeyFile
        self.namespace = namespace
        self.authentication = authentication
        self.maxConcurrentRequests = maxConcurrentRequests
        self.requestTimeout = requestTimeout
    }
}
