/// As whom requests are made: a client certificate and at most one source of an `Authorization` header, or nothing.
public struct ClusterCredentials: Equatable, Sendable {
    /// What goes into the `Authorization` header.
    public var authorization: Authorization?
    /// The certificate for mutual TLS.
    public var clientCertificate: ClientCertificate?
    /// On whose behalf, if not the own.
    public var impersonation: Impersonation?

    /// Combines credentials.
    public init(
        authorization: Authorization? = nil, clientCertificate: ClientCertificate? = nil,
        impersonation: Impersonation? = nil
    ) {
        self.authorization = authorization
        self.clientCertificate = clientCertificate
        self.impersonation = impersonation
    }

    /// Sources of the `Authorization` header.
    public enum Authorization: Equatable, Sendable {
        /// A bearer token that never changes.
        case token(Secret)
        /// A file with a bearer token that is rotated.
        case tokenFile(path: String)
        /// A name and a password.
        case basic(username: String, password: Secret)
        /// A program that gives a token, or a client certificate.
        case plugin(ExecPlugin)
    }

    /// A certificate chain and its key.
    public struct ClientCertificate: Equatable, Sendable {
        /// The certificate, then its intermediates.
        public var chain: PEMSource
        /// The private key.
        public var key: PEMSource

        /// Pairs a chain with its key.
        public init(chain: PEMSource, key: PEMSource) {
            self.chain = chain
            self.key = key
        }
    }
}

/// A program that gives credentials (the `exec` section of a kubeconfig's user).
public struct ExecPlugin: Equatable, Sendable {
    /// The version of the `client.authentication.k8s.io` API that it speaks.
    public var version: Version
    /// A path, or a name that is looked for in `PATH`.
    public var command: String
    /// Its arguments.
    public var arguments: [String]
    /// Variables besides those of this process.
    public var variables: [String: Secret]
    /// What to tell people who do not have the program.
    public var installHint: String?
    /// Whether it is told which cluster it is called for.
    public var providesClusterInfo: Bool
    /// What the kubeconfig has for it in the cluster's extensions, as JSON.
    public var clusterExtension: Secret?

    /// Versions of the API.
    public enum Version: String, Sendable {
        case v1 = "client.authentication.k8s.io/v1"
        case v1beta1 = "client.authentication.k8s.io/v1beta1"
    }

    /// Describes a plugin.
    public init(
        version: Version, command: String, arguments: [String] = [], variables: [String: Secret] = [:],
        installHint: String? = nil, providesClusterInfo: Bool = false, clusterExtension: Secret? = nil
    ) {
        self.version = version
        self.command = command
        self.arguments = arguments
        self.variables = variables
        self.installHint = installHint
        self.providesClusterInfo = providesClusterInfo
        self.clusterExtension = clusterExtension
    }
}

/// What one request shows to prove who sends it.
struct RequestCredentials: Equatable, Sendable {
    /// The value of the `Authorization` header.
    var header: Secret?
    /// A client certificate in place of the configured one.
    var certificate: CertificatePair?
}

/// A certificate chain and its private key, as PEM.
struct CertificatePair: Equatable, Sendable {
    let chain: Secret
    let key: Secret
}

/// A text that must not reach logs, errors and test output: it prints as `[redacted]` in every way of printing.
public struct Secret: Hashable, Sendable {
    /// The text itself, for the one place that sends it.
    public let revealed: String

    /// Protects a text.
    public init(_ text: String) {
        revealed = text
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `[redacted]`.
    public var description: String { "[redacted]" }
    /// `[redacted]`.
    public var debugDescription: String { "[redacted]" }
    /// Nothing to see.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
