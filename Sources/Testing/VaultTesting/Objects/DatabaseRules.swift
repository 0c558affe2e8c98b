import KubernetesModel

/// `<mount>/roles/:name` of the database engine. Nothing that it refers to is checked.
enum DatabaseRole: ObjectRules {
    private static let statements = [
        "creation_statements", "renew_statements", "revocation_statements", "rollback_statements",
    ]

    static func merge(
        _ request: RequestFields, into existing: [String: JSONValue]?, at address: ObjectAddress,
        _ flavour: VaultFlavour
    ) throws(Refusal) -> (fields: [String: JSONValue], warnings: [String]) {
        var fields =
            existing
            ?? [
                "db_name": "", "default_ttl": 0, "max_ttl": 0, "creation_statements": [], "renew_statements": [],
                "revocation_statements": [], "rollback_statements": [],
            ]
        if let name = try request.string("db_name") { fields["db_name"] = .string(name) }
        guard fields["db_name"] != "" else { throw Refusal("database name is required") }
        for name in ["default_ttl", "max_ttl"] {
            if let seconds = try request.duration(name) { fields[name] = .integer(seconds) }
        }
        for name in statements {
            guard let values = try request.strings(name) else { continue }
            var texts = values.map(Text.trimmed)
            if name == "revocation_statements" { texts.removeAll(where: \.isEmpty) }
            fields[name] = .array(texts.map(JSONValue.string))
        }
        try CredentialConfiguration.merge(request, into: &fields)
        return (fields, [])
    }
}

/// `<mount>/static-roles/:name` of the database engine, with a database that always works.
enum StaticRole: ObjectRules {
    static func merge(
        _ request: RequestFields, into existing: [String: JSONValue]?, at address: ObjectAddress,
        _ flavour: VaultFlavour
    ) throws(Refusal) -> (fields: [String: JSONValue], warnings: [String]) {
        var fields = existing ?? ["db_name": "", "username": "", "rotation_period": 0, "rotation_statements": []]
        if let name = try request.string("db_name") { fields["db_name"] = .string(name) }
        guard fields["db_name"] != "" else { throw Refusal("database name is a required field") }
        let username = try request.string("username") ?? ""
        if existing == nil {
            guard !username.isEmpty else { throw Refusal("username is a required field to create a static account") }
            fields["username"] = .string(username)
        } else if fields["username"] != .string(username) {
            // Also when it is left out: it must be sent again with every update.
            throw Refusal("cannot update static account username")
        }
        if let period = try request.duration("rotation_period") {
            guard period >= 5 else { throw Refusal("rotation_period must be 5 seconds or more") }
            fields["rotation_period"] = .integer(period)
        } else if existing == nil {
            throw Refusal("rotation_period is required to create static accounts")
        }
        if let values = try request.strings("rotation_statements") {
            fields["rotation_statements"] = .array(values.map { .string(Text.trimmed($0)) })
        }
        try CredentialConfiguration.merge(request, into: &fields)
        // Creation rotates the password at once; an update does not.
        if existing == nil { fields["last_vault_rotation"] = "2026-01-01T00:00:00Z" }
        return (fields, [])
    }
}

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

/// `<mount>/config/:name` of the database engine, as far as a reader sees it; the database is never connected to.
enum DatabaseConnection: ObjectRules {
    private static let own: Set<String> = [
        "plugin_name", "plugin_version", "allowed_roles", "password_policy", "root_rotation_statements",
        "verify_connection", "name",
    ]

    static func merge(
        _ request: RequestFields, into existing: [String: JSONValue]?, at address: ObjectAddress,
        _ flavour: VaultFlavour
    ) throws(Refusal) -> (fields: [String: JSONValue], warnings: [String]) {
        var fields =
            existing
            ?? [
                "plugin_name": "", "plugin_version": "", "allowed_roles": [], "password_policy": "",
                "root_credentials_rotate_statements": [], "connection_details": [:],
            ]
        for name in ["plugin_name", "plugin_version", "password_policy"] {
            if let value = try request.string(name) { fields[name] = .string(value) }
        }
        guard fields["plugin_name"] != "" else { throw Refusal("empty plugin name") }
        if let roles = try request.list("allowed_roles") {
            fields["allowed_roles"] = .array(roles.map(JSONValue.string))
        }
        if let statements = try request.strings("root_rotation_statements") {
            fields["root_credentials_rotate_statements"] = .array(statements.map(JSONValue.string))
        }
        // What the engine does not know goes to the plugin, and is shown, except the password.
        var details = fields["connection_details"]?.object ?? [:]
        for (name, value) in request.values where !own.contains(name) && name != "password" { details[name] = value }
        fields["connection_details"] = .object(details)
        return (fields, [])
    }
}
