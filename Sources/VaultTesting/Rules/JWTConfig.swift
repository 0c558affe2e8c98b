import KubernetesModel

/// `auth/<mount>/config` of the JWT auth method: every write replaces it as a whole. URLs are not asked.
enum JWTConfig: ObjectRules {
    static func merge(
        _ request: RequestFields, into existing: [String: JSONValue]?, at address: ObjectAddress,
        _ flavour: InMemoryVault.Flavour
    ) throws(Refusal) -> (fields: [String: JSONValue], warnings: [String]) {
        var fields: [String: JSONValue] = [
            "namespace_in_state": existing?["namespace_in_state"] ?? true, "provider_config": [:], "status": "valid",
        ]
        for name in [
            "bound_issuer", "default_role", "jwks_ca_pem", "jwks_url", "oidc_client_id", "oidc_discovery_ca_pem",
            "oidc_discovery_url", "oidc_response_mode",
        ] {
            fields[name] = .string(try request.string(name) ?? "")
        }
        for name in ["jwt_supported_algs", "oidc_response_types", "override_allowed_server_names"] {
            fields[name] = .array((try request.list(name) ?? []).map(JSONValue.string))
        }
        let keys = try request.list("jwt_validation_pubkeys") ?? []
        fields["jwt_validation_pubkeys"] = .array(keys.map(JSONValue.string))
        let sources = [!keys.isEmpty, fields["jwks_url"] != "", fields["oidc_discovery_url"] != ""]
        guard sources.count(where: { $0 }) == 1 else {
            throw Refusal("exactly one of 'jwt_validation_pubkeys', 'jwks_url' … must be set")
        }
        for key in keys where !key.hasPrefix("-----BEGIN PUBLIC KEY-----") {
            throw Refusal("error parsing public key: data does not contain any valid public keys")
        }
        return (fields, [])
    }
}
