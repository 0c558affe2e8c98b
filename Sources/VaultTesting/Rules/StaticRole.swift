import KubernetesModel

/// `<mount>/static-roles/:name` of the database engine, with a database that always works.
enum StaticRole: ObjectRules {
    static func merge(
        _ request: RequestFields, into existing: [String: JSONValue]?, at address: ObjectAddress,
        _ flavour: InMemoryVault.Flavour
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
