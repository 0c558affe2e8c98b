import KubernetesModel

/// `<mount>/config/:name` of the database engine, as far as a reader sees it; the database is never connected to.
enum DatabaseConnection: ObjectRules {
    private static let own: Set<String> = [
        "plugin_name", "plugin_version", "allowed_roles", "password_policy", "root_rotation_statements",
        "verify_connection", "name",
    ]

    static func merge(
        _ request: RequestFields, into existing: [String: JSONValue]?, at address: ObjectAddress,
        _ flavour: InMemoryVault.Flavour
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
