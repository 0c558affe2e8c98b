import KubernetesModel

/// `credential_type` and `credential_config` of database roles.
enum CredentialConfiguration {
    /// Takes over what the request has.
    ///
    /// The configuration is made anew from each request, also from one that has none: an RSA role falls back to the
    /// default key size. Only an empty result leaves the old one, so it can never be cleared.
    static func merge(_ request: RequestFields, into fields: inout [String: JSONValue]) throws(Refusal) {
        let type = try request.string("credential_type") ?? fields["credential_type"]?.string ?? "password"
        let given = try request.pairs("credential_config") ?? [:]
        var result: [String: JSONValue] = [:]
        switch type {
        case "password":
            if let policy = given["password_policy"], !policy.isEmpty { result["password_policy"] = .string(policy) }
        case "rsa_private_key":
            let bits = given["key_bits"] ?? "2048"
            guard let size = Int64(bits), [2048, 3072, 4096].contains(size) else {
                throw Refusal("credential_config validation failed: invalid key_bits: \(bits)")
            }
            let format = given["format"] ?? "pkcs8"
            guard format == "pkcs8" else {
                throw Refusal("credential_config validation failed: invalid format: \(format)")
            }
            result = ["key_bits": .integer(size), "format": .string(format)]
        case "client_certificate":
            // Needs a certificate authority's key; not modelled beyond the refusal of what is incomplete.
            throw Refusal("credential_config validation failed: invalid key_type")
        default:
            throw Refusal("invalid credential_type \"\(type)\"")
        }
        fields["credential_type"] = .string(type)
        if !result.isEmpty { fields["credential_config"] = .object(result) }
    }
}
