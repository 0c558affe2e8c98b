import KubernetesModel

/// `<mount>/roles/:name` of the database engine. Nothing that it refers to is checked.
enum DatabaseRole: ObjectRules {
    private static let statements = [
        "creation_statements", "renew_statements", "revocation_statements", "rollback_statements",
    ]

    static func merge(
        _ request: RequestFields, into existing: [String: JSONValue]?, at address: ObjectAddress,
        _ flavour: InMemoryVault.Flavour
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
