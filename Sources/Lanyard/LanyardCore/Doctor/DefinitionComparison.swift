package import KubernetesModel

/// Whether a CustomResourceDefinition that an API server has takes and keeps the same objects as ours.
///
/// It may have more fields, choices, columns and versions: those are of a newer version, and objects of ours fit it as well.
/// Everything else counts, whether it is laxer or stricter than ours. Descriptions are for people. Servers before 1.25 drop the
/// rules, and no rule at all is then no difference.
package struct DefinitionComparison {
    private static let rules = "x-kubernetes-validations"
    /// Keywords that restrict nothing.
    private static let remarks: Set<String> = ["description", "title", "example", "externalDocs"]
    /// What keywords mean that are not there. Whoever writes that out has changed nothing.
    private static let defaults: [String: JSONValue] = [
        "nullable": false, "uniqueItems": false, "exclusiveMinimum": false, "exclusiveMaximum": false,
        "minLength": 0, "minItems": 0, "minProperties": 0, "x-kubernetes-embedded-resource": false,
        "x-kubernetes-int-or-string": false, "x-kubernetes-preserve-unknown-fields": false,
        "x-kubernetes-list-type": "atomic", "x-kubernetes-map-type": "granular",
    ]

    private let hasRules: Bool

    /// The first place at which a stored definition is not as ours, such as `v1alpha1 spec.access.kv[].path`; nil if there is
    /// none.
    package static func difference(of stored: JSONValue, from own: JSONValue) -> String? {
        let comparison = DefinitionComparison(hasRules: has(rules, in: stored))
        let versions = stored["spec"]?["versions"]?.array ?? []
        for version in own["spec"]?["versions"]?.array ?? [] {
            let name = version["name"]?.string ?? ""
            guard let found = versions.first(where: { $0["name"] == version["name"] }), found["served"] == true else {
                return name
            }
            if let place = comparison.difference(ofVersion: found, from: version) { return "\(name) \(place)" }
        }
        return nil
    }

    private func difference(ofVersion stored: JSONValue, from own: JSONValue) -> String? {
        if own["subresources"]?["status"] != nil, stored["subresources"]?["status"] == nil { return "status" }
        let columns = (stored["additionalPrinterColumns"]?.array ?? []).map { $0["jsonPath"] }
        for column in own["additionalPrinterColumns"]?.array ?? [] where !columns.contains(column["jsonPath"]) {
            return "column \(column["name"]?.string ?? "")"
        }
        return difference(
            of: stored["schema"]?["openAPIV3Schema"], from: own["schema"]?["openAPIV3Schema"] ?? .null, at: "")
    }

    /// Compares two schemas.
    private func difference(of stored: JSONValue?, from own: JSONValue, at path: String) -> String? {
        guard let stored else { return Self.title(path) }
        let keywords = Set((stored.object ?? [:]).keys).union((own.object ?? [:]).keys)
        for keyword in keywords.sorted() where !Self.remarks.contains(keyword) {
            if let place = difference(in: keyword, stored[keyword], own[keyword], at: path) { return place }
        }
        return nil
    }

    private func difference(
        in keyword: String, _ stored: JSONValue?, _ own: JSONValue?, at path: String
    ) -> String? {
        let isSame: Bool
        switch (keyword, own) {
        case ("properties", _):
            return difference(ofMembers: stored, from: own, at: path)
        case ("items", .some(let own)):
            return difference(of: stored, from: own, at: "\(path)[]")
        case ("additionalProperties", .some(let own)) where own.object != nil:
            return difference(of: stored, from: own, at: "\(path){}")
        case (Self.rules, _) where !hasRules:
            return nil
        case ("enum", .some(let own)):
            isSame = Self.set(own).isSubset(of: Self.set(stored))
        case ("required", _), (Self.rules, _):
            isSame = Self.set(stored) == Self.set(own)
        default:
            let meaning = Self.defaults[keyword]
            isSame = (stored ?? meaning) == (own ?? meaning)
        }
        return isSame ? nil : Self.title(path)
    }

    /// Compares fields; those that ours does not have are of a newer version.
    private func difference(ofMembers stored: JSONValue?, from own: JSONValue?, at path: String) -> String? {
        for (name, schema) in (own?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            let place = difference(of: stored?[name], from: schema, at: path.isEmpty ? name : "\(path).\(name)")
            if let place { return place }
        }
        return nil
    }

    private static func title(_ path: String) -> String { path.isEmpty ? "schema" : path }

    private static func set(_ list: JSONValue?) -> Set<JSONValue> { Set(list?.array ?? []) }

    /// Whether a key is anywhere in a tree.
    private static func has(_ key: String, in tree: JSONValue) -> Bool {
        switch tree {
        case .object(let members): members[key] != nil || members.values.contains { has(key, in: $0) }
        case .array(let elements): elements.contains { has(key, in: $0) }
        default: false
        }
    }
}
