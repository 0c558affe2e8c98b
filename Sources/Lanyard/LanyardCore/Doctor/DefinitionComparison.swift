package import KubernetesModel

/// Whether a CustomResourceDefinition that an API server has can do all that ours can.
///
/// What it has beside that is of a newer version and does no harm, and descriptions are for people. Servers before 1.25 drop the
/// rules, and no rule at all is then no difference.
package struct DefinitionComparison {
    private static let rules = "x-kubernetes-validations"

    private let hasRules: Bool

    /// The first place at which a stored definition lacks something of ours, such as `v1alpha1 spec.access.kv[].path`; nil if
    /// it lacks nothing.
    package static func gap(in stored: JSONValue, of own: JSONValue) -> String? {
        let comparison = DefinitionComparison(hasRules: has(rules, in: stored))
        let versions = stored["spec"]?["versions"]?.array ?? []
        for version in own["spec"]?["versions"]?.array ?? [] {
            let name = version["name"]?.string ?? ""
            guard let found = versions.first(where: { $0["name"] == version["name"] }), found["served"] == true else {
                return name
            }
            if let place = comparison.gap(in: found, ofVersion: version) { return "\(name) \(place)" }
        }
        return nil
    }

    private func gap(in stored: JSONValue, ofVersion own: JSONValue) -> String? {
        if own["subresources"]?["status"] != nil, stored["subresources"]?["status"] == nil { return "status" }
        let columns = (stored["additionalPrinterColumns"]?.array ?? []).map { $0["jsonPath"] }
        for column in own["additionalPrinterColumns"]?.array ?? [] where !columns.contains(column["jsonPath"]) {
            return "column \(column["name"]?.string ?? "")"
        }
        return gap(
            in: stored["schema"]?["openAPIV3Schema"], of: own["schema"]?["openAPIV3Schema"] ?? .null, at: "")
    }

    /// Compares two schemas.
    private func gap(in stored: JSONValue?, of own: JSONValue, at path: String) -> String? {
        let here = path.isEmpty ? "schema" : path
        guard let stored else { return here }
        for (keyword, value) in (own.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            let other = stored[keyword]
            let place: String? =
                switch keyword {
                case "description": nil
                case "properties": gap(inMembers: other, of: value, at: path)
                case "items": gap(in: other, of: value, at: "\(path)[]")
                case "additionalProperties": gap(in: other, of: value, at: "\(path){}")
                case Self.rules where !hasRules: nil
                case "enum", "required", Self.rules: Self.contains(other, all: value) ? nil : here
                default: other == value ? nil : here
                }
            if let place { return place }
        }
        return nil
    }

    private func gap(inMembers stored: JSONValue?, of own: JSONValue, at path: String) -> String? {
        for (name, schema) in (own.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            let place = gap(in: stored?[name], of: schema, at: path.isEmpty ? name : "\(path).\(name)")
            if let place { return place }
        }
        return nil
    }

    private static func contains(_ stored: JSONValue?, all own: JSONValue) -> Bool {
        Set(own.array ?? []).isSubset(of: stored?.array ?? [])
    }

    /// Whether a key is anywhere in a tree.
    private static func has(_ key: String, in tree: JSONValue) -> Bool {
        switch tree {
        case .object(let members): members[key] != nil || members.values.contains { has(key, in: $0) }
        case .array(let elements): elements.contains { has(key, in: $0) }
        default: false
        }
    }
}
