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
        /// `token` when absent.
        package var key: String?

        /// Names a token.
        package init(name: String, key: String? = nil) {
            self.name = name
            self.key = key
        }
    }
}
