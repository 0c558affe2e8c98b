import FoundationEssentials
import KubernetesModel

/// `sys/policies/acl/:name`.
enum ACLPolicy: ObjectRules {
    static func merge(
        _ request: RequestFields, into existing: [String: JSONValue]?, at address: ObjectAddress,
        _ flavour: VaultFlavour
    ) throws(Refusal) -> (fields: [String: JSONValue], warnings: [String]) {
        guard address.name != "root", address.name != "response-wrapping" else {
            throw Refusal("cannot update \"\(address.name)\" policy")
        }
        if let value = request.values["policy"], value != .null, value.string == nil {
            throw Refusal("Field validation failed: error converting input for field \"policy\"")
        }
        guard let text = try request.string("policy"), !text.isEmpty else {
            throw Refusal("'policy' parameter not supplied or empty")
        }
        var version: Int64 = 0
        if existing != nil || address.name == "default" { version = existing?["version"]?.integer ?? 1 }
        let casRequired = try request.bool("cas_required") ?? false
        if flavour == .openBao {
            try check(
                try request.int("cas"), version,
                isRequired: casRequired || existing?["cas_required"]?.bool == true)
        }
        return (
            [
                "name": .string(address.name),
                "policy": .string(decodedIfBase64(text)),
                "version": .integer(version + 1),
                "modified": "2026-01-01T00:00:00Z",
                "cas_required": .bool(casRequired),
                "allow_slashes_in_identity_templates":
                    .bool(try request.bool("allow_slashes_in_identity_templates") ?? false),
                "allow_wildcards_in_identity_templates":
                    .bool(try request.bool("allow_wildcards_in_identity_templates") ?? false),
            ], []
        )
    }

    static func readBack(_ fields: [String: JSONValue], _ flavour: VaultFlavour) -> [String: JSONValue] {
        flavour == .openBao ? fields : fields.filter { $0.key == "name" || $0.key == "policy" }
    }

    /// The policies that every server has; `default` can be overwritten.
    static func builtIn(_ address: ObjectAddress) -> StoredObject? {
        guard address.kind == .policy else { return nil }
        let text: JSONValue
        switch address.name {
        case "root": text = ""
        case "default", "response-wrapping": text = "# built in\n"
        default: return nil
        }
        var fields: [String: JSONValue] = [
            "name": .string(address.name), "policy": text, "cas_required": false,
            "version": address.name == "root" ? 0 : 1,
            "allow_slashes_in_identity_templates": false, "allow_wildcards_in_identity_templates": false,
        ]
        if address.name != "root" { fields["modified"] = "2026-01-01T00:00:00Z" }
        return StoredObject(.policy, fields)
    }

    private static func check(_ cas: Int64?, _ version: Int64, isRequired: Bool) throws(Refusal) {
        guard let cas else {
            if isRequired { throw Refusal("check-and-set parameter required for this call") }
            return
        }
        if cas == -1 {
            if version != 0 { throw Refusal("check-and-set parameter set to -1 on existing entry") }
        } else if cas != version {
            throw Refusal("check-and-set parameter \(cas) did not match the current version \(version)")
        }
    }

    /// The server takes any text that is valid base64 for an encoded policy.
    private static func decodedIfBase64(_ text: String) -> String {
        guard text.utf8.count.isMultiple(of: 4), let data = Data(base64Encoded: text) else { return text }
        return String(data: data, encoding: .utf8) ?? text
    }
}
