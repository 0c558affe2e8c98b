import KubernetesModel

/// `auth/<mount>/role/:name` of the JWT auth method.
enum JWTRole: ObjectRules {
    static func merge(
        _ request: RequestFields, into existing: [String: JSONValue]?, at address: ObjectAddress,
        _ flavour: VaultFlavour
    ) throws(Refusal) -> (fields: [String: JSONValue], warnings: [String]) {
        var fields = existing ?? defaults(flavour)
        let type = try request.string("role_type") ?? ""
        guard ["", "oidc", "jwt"].contains(type) else { throw Refusal("invalid 'role_type': \(type)") }
        fields["role_type"] = type == "jwt" ? "jwt" : "oidc"
        var warnings = try TokenParameters.merge(request, into: &fields, flavour)
        try mergePlainFields(request, &fields)
        if let claims = try request.map("bound_claims") { fields["bound_claims"] = claims }
        try mergeDefaulted("bound_claims_type", ["string", "glob"], request, &fields)
        try mergeDefaulted("callback_mode", ["client", "direct", "device"], request, &fields)
        fields["oidc_disable_confirmation"] = .bool(try request.bool("oidc_disable_confirmation") ?? false)
        try checkClaims(fields)
        if let mappings = try request.pairs("claim_mappings") {
            try checkMappings(mappings)
            let isNull = request.values["claim_mappings"] == .null
            fields["claim_mappings"] = isNull ? .null : .object(mappings.mapValues(JSONValue.string))
        }
        try checkRequired(fields)
        if fields["verbose_oidc_logging"] == true {
            warnings.append("verbose_oidc_logging has been enabled for this role.")
        }
        return (fields, TokenParameters.complete(warnings, request, fields))
    }

    static func readBack(_ fields: [String: JSONValue], _ flavour: VaultFlavour) -> [String: JSONValue] {
        flavour == .openBao
            ? fields
            : fields.filter { $0.key != "token_policies_template_claims" && $0.key != "oidc_disable_confirmation" }
    }

    private static func defaults(_ flavour: VaultFlavour) -> [String: JSONValue] {
        TokenParameters.defaults(flavour).merging([
            "allowed_redirect_uris": .null, "bound_audiences": .null, "bound_claims": .null, "bound_subject": "",
            "claim_mappings": .null, "clock_skew_leeway": 0, "expiration_leeway": 0, "groups_claim": "",
            "max_age": 0, "not_before_leeway": 0, "oauth2_metadata": .null, "oidc_scopes": .null,
            "token_policies_template_claims": false, "user_claim": "", "user_claim_json_pointer": false,
            "verbose_oidc_logging": false,
        ]) { first, _ in first }
    }

    private static func mergePlainFields(
        _ request: RequestFields, _ fields: inout [String: JSONValue]
    ) throws(Refusal) {
        for name in ["bound_subject", "groups_claim", "user_claim"] {
            if let value = try request.string(name) { fields[name] = .string(value) }
        }
        for name in ["allowed_redirect_uris", "bound_audiences", "oauth2_metadata", "oidc_scopes"] {
            if let values = try request.list(name) { fields[name] = .array(values.map(JSONValue.string)) }
        }
        for name in ["token_policies_template_claims", "user_claim_json_pointer", "verbose_oidc_logging"] {
            if let value = try request.bool(name) { fields[name] = .bool(value) }
        }
        for name in ["clock_skew_leeway", "expiration_leeway", "not_before_leeway"] {
            if let value = try request.signedDuration(name) { fields[name] = .integer(value) }
        }
        if let value = try request.duration("max_age") { fields["max_age"] = .integer(value) }
    }

    /// Fields that a write without them resets to their default.
    private static func mergeDefaulted(
        _ name: String, _ allowed: [String], _ request: RequestFields, _ fields: inout [String: JSONValue]
    ) throws(Refusal) {
        let value = try request.string(name) ?? allowed[0]
        guard allowed.contains(value) else { throw Refusal("invalid '\(name)': \(value)") }
        fields[name] = .string(value)
    }

    private static func checkClaims(_ fields: [String: JSONValue]) throws(Refusal) {
        guard fields["bound_claims_type"] == "glob" else { return }
        for value in (fields["bound_claims"]?.object ?? [:]).values {
            let isTextual = value.string != nil || value.array?.allSatisfy { $0.string != nil } == true
            if !isTextual { throw Refusal("claim is not a string or list") }
        }
    }

    private static func checkMappings(_ mappings: [String: String]) throws(Refusal) {
        if mappings.values.contains("role") {
            throw Refusal("metadata key \"role\" is reserved and may not be a mapping destination")
        }
        if Set(mappings.values).count != mappings.count { throw Refusal("multiple keys are mapped to metadata key") }
    }

    private static func checkRequired(_ fields: [String: JSONValue]) throws(Refusal) {
        func isEmpty(_ name: String) -> Bool {
            switch fields[name] {
            case nil, .null, .string(""), .array([]): true
            case .object(let members): members.isEmpty
            default: false
            }
        }
        if isEmpty("user_claim") { throw Refusal("a user claim must be defined on the role") }
        if fields["role_type"] == "oidc" {
            if isEmpty("allowed_redirect_uris") {
                throw Refusal("'allowed_redirect_uris' must be set if 'role_type' is 'oidc' or unspecified.")
            }
        } else if ["bound_audiences", "bound_subject", "bound_claims", "token_bound_cidrs"].allSatisfy(isEmpty) {
            throw Refusal("must have at least one bound constraint when creating/updating a role")
        }
    }
}

/// `auth/<mount>/config` of the JWT auth method: every write replaces it as a whole. URLs are not asked.
enum JWTConfig: ObjectRules {
    static func merge(
        _ request: RequestFields, into existing: [String: JSONValue]?, at address: ObjectAddress,
        _ flavour: VaultFlavour
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

/// `auth/<mount>/role/:name` of the Kubernetes auth method.
enum KubernetesRole: ObjectRules {
    private static let names = "bound_service_account_names"
    private static let namespaces = "bound_service_account_namespaces"
    private static let selector = "bound_service_account_namespace_selector"

    static func merge(
        _ request: RequestFields, into existing: [String: JSONValue]?, at address: ObjectAddress,
        _ flavour: VaultFlavour
    ) throws(Refusal) -> (fields: [String: JSONValue], warnings: [String]) {
        var fields =
            existing
            ?? TokenParameters.defaults(flavour).merging([
                names: .null, namespaces: .null, "alias_name_source": "serviceaccount_uid", "audience": "",
            ]) { first, _ in first }
        var warnings = try TokenParameters.merge(request, into: &fields, flavour)
        for name in [names, namespaces] {
            if let values = try request.list(name) { fields[name] = .array(values.map(JSONValue.string)) }
        }
        // The only field that a write without it resets.
        fields[selector] = .string(try request.string(selector) ?? "")
        if let audience = try request.string("audience") { fields["audience"] = .string(audience) }
        if let source = try request.string("alias_name_source") {
            // The empty text stands for the default, but only in the write that creates the role.
            guard ["serviceaccount_uid", "serviceaccount_name"].contains(source) || (source.isEmpty && existing == nil)
            else {
                throw Refusal("invalid alias_name_source, must be one of: serviceaccount_uid, serviceaccount_name")
            }
            fields["alias_name_source"] = .string(source.isEmpty ? "serviceaccount_uid" : source)
        }
        try check(fields)
        // Vault since 1.20.
        if flavour == .vault, fields["audience"] == "" {
            warnings.append("Role \(address.name) does not have an audience configured.")
        }
        return (fields, TokenParameters.complete(warnings, request, fields))
    }

    static func readBack(_ fields: [String: JSONValue], _ flavour: VaultFlavour) -> [String: JSONValue] {
        fields.filter { $0.key != "audience" || $0.value != "" }
    }

    private static func check(_ fields: [String: JSONValue]) throws(Refusal) {
        let accounts = fields[names]?.array ?? []
        let spaces = fields[namespaces]?.array ?? []
        if accounts.isEmpty { throw Refusal("\"\(names)\" can not be empty") }
        if spaces.isEmpty, fields[selector] == "" {
            throw Refusal("\"\(namespaces)\" can not be empty if \"\(selector)\" is not set")
        }
        for list in [accounts, spaces] where list.count > 1 && list.contains("*") {
            throw Refusal("can not mix \"*\" with values")
        }
    }
}

/// `auth/<mount>/config` of the Kubernetes auth method: every write replaces it as a whole.
enum KubernetesConfig: ObjectRules {
    static func merge(
        _ request: RequestFields, into existing: [String: JSONValue]?, at address: ObjectAddress,
        _ flavour: VaultFlavour
    ) throws(Refusal) -> (fields: [String: JSONValue], warnings: [String]) {
        let host = try request.string("kubernetes_host") ?? ""
        guard !host.isEmpty else { throw Refusal("no host provided") }
        let authority = try request.string("kubernetes_ca_cert") ?? ""
        let isLocalDisabled = try request.bool("disable_local_ca_jwt") ?? false
        if authority.isEmpty {
            // The server is not in a pod.
            throw Refusal(
                isLocalDisabled
                    ? "kubernetes_ca_cert must be given when disable_local_ca_jwt is true" : "no such file or directory"
            )
        }
        let token = try request.string("token_reviewer_jwt") ?? ""
        return (
            [
                "kubernetes_host": .string(host), "kubernetes_ca_cert": .string(authority),
                "pem_keys": .array((try request.list("pem_keys") ?? []).map(JSONValue.string)),
                "issuer": .string(try request.string("issuer") ?? ""),
                "disable_iss_validation": .bool(try request.bool("disable_iss_validation") ?? true),
                "disable_local_ca_jwt": .bool(isLocalDisabled), "token_reviewer_jwt_set": .bool(!token.isEmpty),
            ], []
        )
    }
}
