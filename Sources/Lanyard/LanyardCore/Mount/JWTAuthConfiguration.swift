package import KubernetesModel

/// The configuration of a JWT auth method: whose tokens it accepts.
package struct JWTAuthConfiguration: VaultObject {
    /// Where the keys that tokens are verified with come from.
    package enum Keys: Equatable, Sendable {
        /// These, as PEM. Empty as long as they are not known; that is never written.
        case fixed([String])
        /// A JSON Web Key Set that the server fetches, verified with a CA (PEM; empty for the system's).
        case jwks(url: String, caCertificate: String)
        /// An OpenID provider that the server asks, verified with a CA (PEM; empty for the system's).
        case discovery(url: String, caCertificate: String)
    }

    /// What tokens are verified with.
    package var keys: Keys
    /// The `iss` of tokens; it is not looked at when empty.
    package var boundIssuer = ""

    /// The whole field set, zeros included. The server replaces the whole configuration by it.
    package var body: JSONValue {
        var members: [String: JSONValue] = ["bound_issuer": .string(boundIssuer), "default_role": ""]
        for field in Self.unsetLists { members[field] = [] }
        for (field, text) in texts { members[field] = .string(text) }
        members[Self.keysField] = .array(pems.sorted().map(JSONValue.string))
        return .object(members)
    }

    /// The fields in which a configuration differs from this one, sorted; empty means that no write is needed.
    ///
    /// - Parameter actual: the `data` of a read.
    package func differences(from actual: JSONValue) -> [FieldDifference] {
        var comparison = FieldComparison(of: actual)
        comparison.text("bound_issuer", wanted: boundIssuer)
        for (field, text) in texts {
            if field.hasSuffix("_pem") {
                comparison.pem(field, wanted: text)
            } else {
                comparison.text(field, wanted: text)
            }
        }
        comparison.pems(Self.keysField, wanted: pems)
        comparison.unset(Self.unsetLists + Self.otherSources)
        return comparison.differences
    }

    private static let keysField = "jwt_validation_pubkeys"
    private static let unsetLists = ["jwt_supported_algs"]
    // Other ways in which tokens would be accepted, and a role for those that name none.
    private static let otherSources = [
        "default_role", "oidc_client_id", "provider_config", "jwks_pairs", "override_allowed_server_names",
    ]

    private var pems: [String] {
        guard case .fixed(let pems) = keys else { return [] }
        return pems
    }

    private var texts: [(field: String, text: String)] {
        var (jwks, discovery) = (("", ""), ("", ""))
        switch keys {
        case .fixed: break
        case .jwks(let url, let caCertificate): jwks = (url, caCertificate)
        case .discovery(let url, let caCertificate): discovery = (url, caCertificate)
        }
        return [
            ("jwks_url", jwks.0), ("jwks_ca_pem", jwks.1), ("oidc_discovery_url", discovery.0),
            ("oidc_discovery_ca_pem", discovery.1),
        ]
    }
}
