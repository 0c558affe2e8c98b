package import KubernetesModel

/// The configuration of a Kubernetes auth method: which API server it asks about ServiceAccount tokens.
package struct KubernetesAuthConfiguration: VaultObject {
    /// URL of the API server.
    package var host: String
    /// PEM; empty for none.
    package var caCertificate = ""
    /// Whether a token for reviews is configured. The token itself is added when the object is written, which the server
    /// wants each time: a write replaces the whole configuration.
    package var hasReviewerToken = false
    /// Whether the CA and token of the pod in which the server runs are left alone.
    package var disablesLocalCA = false

    /// The whole field set, zeros included, but for the token if there shall be one.
    package var body: JSONValue {
        var body: JSONValue = [
            "kubernetes_host": .string(host), "kubernetes_ca_cert": .string(caCertificate), "pem_keys": [],
            "issuer": "", "disable_iss_validation": true, "disable_local_ca_jwt": .bool(disablesLocalCA),
        ]
        if !hasReviewerToken { body["token_reviewer_jwt"] = "" }
        return body
    }

    /// The fields in which a configuration differs from this one, sorted; empty means that no write is needed.
    ///
    /// - Parameter actual: the `data` of a read, in which the token is at most said to be there.
    package func differences(from actual: JSONValue) -> [FieldDifference] {
        var comparison = FieldComparison(of: actual)
        comparison.text("kubernetes_host", wanted: host)
        comparison.pem("kubernetes_ca_cert", wanted: caCertificate)
        comparison.flag("disable_local_ca_jwt", wanted: disablesLocalCA)
        // Older servers do not say it.
        if comparison["token_reviewer_jwt_set"] != nil {
            comparison.flag("token_reviewer_jwt_set", wanted: hasReviewerToken)
        }
        comparison.unset(["pem_keys", "issuer"])
        return comparison.differences
    }
}
