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
