import KubernetesModel

/// `<mount>/roles/:name` of the PKI engine: every write replaces it as a whole, with the defaults for what is left out.
enum PKIRole: ObjectRules {
    private static let flags: [String: Bool] = [
        "allow_any_name": false, "allow_bare_domains": false, "allow_glob_domains": false,
        "allow_globs_in_identity_templates": false, "allow_ip_sans": true, "allow_localhost": true,
        "allow_subdomains": false, "allow_token_displayname": false, "allow_wildcard_certificates": true,
        "allowed_domains_template": false, "allowed_uri_sans_template": false,
        "basic_constraints_valid_for_non_ca": false, "client_flag": true, "code_signing_flag": false,
        "email_protection_flag": false, "enforce_hostnames": true, "generate_lease": false, "no_store": false,
        "require_cn": true, "server_flag": true, "use_csr_common_name": true, "use_csr_sans": true, "use_pss": false,
    ]
    private static let lists: [String: [String]] = [
        "allowed_domains": [], "allowed_ip_sans_cidr": [], "allowed_other_sans": [], "allowed_serial_numbers": [],
        "allowed_uri_sans": [], "allowed_user_ids": [], "cn_validations": ["email", "hostname"], "country": [],
        "ext_key_usage": [], "ext_key_usage_oids": [],
        "key_usage": ["DigitalSignature", "KeyAgreement", "KeyEncipherment"], "locality": [], "organization": [],
        "ou": [], "policy_identifiers": [], "postal_code": [], "province": [], "street_address": [],
    ]
    private static let texts: [String: String] = [
        "issuer_ref": "default", "not_after": "", "not_after_bound": "permit", "not_before": "",
        "not_before_bound": "permit",
    ]
    private static let defaultBits: [String: Int64] = ["rsa": 2048, "ec": 256, "ed25519": 0, "any": 0]

    static func merge(
        _ request: RequestFields, into existing: [String: JSONValue]?, at address: ObjectAddress,
        _ flavour: VaultFlavour
    ) throws(Refusal) -> (fields: [String: JSONValue], warnings: [String]) {
        var fields: [String: JSONValue] = [:]
        for (name, value) in flags { fields[name] = .bool(try request.bool(name) ?? value) }
        for (name, value) in lists {
            fields[name] = .array((try request.list(name) ?? value).map(JSONValue.string))
        }
        for (name, value) in texts { fields[name] = .string(try request.string(name) ?? value) }
        for name in ["ttl", "max_ttl"] { fields[name] = .integer(try request.duration(name) ?? 0) }
        fields["not_before_duration"] = .integer(try request.duration("not_before_duration") ?? 30)
        fields["signature_bits"] = .integer(try request.int("signature_bits") ?? 0)
        let type = try request.string("key_type") ?? "rsa"
        guard let bits = defaultBits[type] else { throw Refusal("unknown key type \(type)") }
        fields["key_type"] = .string(type)
        let wanted = try request.int("key_bits") ?? 0
        fields["key_bits"] = .integer(wanted == 0 ? bits : wanted)
        let longest = fields["max_ttl"]?.integer ?? 0
        guard longest == 0 || (fields["ttl"]?.integer ?? 0) <= longest else {
            throw Refusal("\"ttl\" value must be less than \"max_ttl\" value")
        }
        return (fields, [])
    }
}

/// `<mount>/config/urls` of the PKI engine.
enum PKIURLs: ObjectRules {
    private static let lists = [
        "issuing_certificates", "crl_distribution_points", "delta_crl_distribution_points", "ocsp_servers",
    ]

    /// What is there before the first write.
    static let none: [String: JSONValue] = [
        "issuing_certificates": [], "crl_distribution_points": [], "delta_crl_distribution_points": [],
        "ocsp_servers": [], "enable_templating": false,
    ]

    static func merge(
        _ request: RequestFields, into existing: [String: JSONValue]?, at address: ObjectAddress,
        _ flavour: VaultFlavour
    ) throws(Refusal) -> (fields: [String: JSONValue], warnings: [String]) {
        var fields = existing ?? none
        if let value = try request.bool("enable_templating") { fields["enable_templating"] = .bool(value) }
        for name in lists {
            guard let values = try request.list(name) else { continue }
            for value in values where fields["enable_templating"] != true && !value.contains("://") {
                throw Refusal("invalid URL found in Authority Information Access (AIA) parameter \(name): \(value)")
            }
            fields[name] = .array(values.map(JSONValue.string))
        }
        return (fields, [])
    }
}
