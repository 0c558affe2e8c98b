import KubernetesModel

/// `auth/<mount>/role/:name` of the Kubernetes auth method.
enum KubernetesRole: ObjectRules {
    private static let names = "bound_service_account_names"
    private static let namespaces = "bound_service_account_namespaces"
    private static let selector = "bound_service_account_namespace_selector"

    static func merge(
        _ request: RequestFields, into existing: [String: JSONValue]?, at address: ObjectAddress,
        _ flavour: InMemoryVault.Flavour
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

    static func readBack(_ fields: [String: JSONValue], _ flavour: InMemoryVault.Flavour) -> [String: JSONValue] {
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
