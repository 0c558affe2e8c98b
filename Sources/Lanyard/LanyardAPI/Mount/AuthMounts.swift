/// How the Kubernetes auth method reviews ServiceAccount tokens.
package struct KubernetesMount: Codable, Equatable, Sendable {
    /// URL of the API server, as Vault reaches it.
    package var host: String
    /// PEM; what the API server is verified with.
    package var caCertificate: String?
    /// The token with which reviews are asked for; the ServiceAccount's own token when absent.
    package var reviewerTokenSecretRef: TokenReference?
    /// Whether the CA and token of the pod in which Vault runs are left alone.
    package var disableLocalCAJWT: Bool?

    /// Names an API server.
    package init(
        host: String, caCertificate: String? = nil, reviewerTokenSecretRef: TokenReference? = nil,
        disableLocalCAJWT: Bool? = nil
    ) {
        self.host = host
        self.caCertificate = caCertificate
        self.reviewerTokenSecretRef = reviewerTokenSecretRef
        self.disableLocalCAJWT = disableLocalCAJWT
    }

    /// A token in a Secret of the operator's own namespace.
    package struct TokenReference: Codable, Equatable, Sendable {
        package var name: String
        /// The entry of the Secret; `token` when absent.
        package var key: String?

        /// Names a Secret, and the entry where it is not the usual one.
        package init(name: String, key: String? = nil) {
            self.name = name
            self.key = key
        }
    }
}

/// Whose JWTs the JWT auth method accepts: exactly one of `trust`, `jwksURL` and `discoveryURL`.
package struct JWTMount: Codable, Equatable, Sendable {
    package var trust: Trust?
    package var jwksURL: String?
    package var discoveryURL: String?
    /// PEM; what the server of the URL is verified with.
    package var caCertificate: String?
    /// The `iss` that a JWT must have; not looked at when absent.
    package var boundIssuer: String?

    /// Trusts nobody, and is not valid without a source of keys.
    package init() {}

    /// A source of keys that the operator itself keeps in step.
    package enum Trust: String, Codable, CaseIterable, Sendable {
        /// The JWT signing keys of the SPIRE server, from its bundle.
        case spire = "SPIRE"
    }
}
