import KubernetesModel

/// A node of a CRD's schema. Paths are written `spec.access.kv[].path`; `{}` stands for the values of a map.
struct SchemaNode {
    let path: String
    let schema: JSONValue

    /// `object`, `array`, `string`, `integer` or `boolean`.
    var type: String { schema["type"]?.string ?? "" }

    /// The node of a member, if the schema has it.
    func member(_ name: String) -> SchemaNode? {
        schema["properties"]?[name].map { SchemaNode(path: path.isEmpty ? name : "\(path).\(name)", schema: $0) }
    }

    /// The members of an object, sorted by name.
    var members: [SchemaNode] {
        (schema["properties"]?.object ?? [:]).keys.sorted().compactMap { member($0) }
    }

    /// The node of an array's elements.
    var element: SchemaNode? { schema["items"].map { SchemaNode(path: "\(path)[]", schema: $0) } }

    /// The node of a map's values.
    var mapValue: SchemaNode? {
        schema["additionalProperties"].map { SchemaNode(path: "\(path){}", schema: $0) }
    }

    /// The nodes right below.
    var children: [SchemaNode] { members + [element, mapValue].compactMap(\.self) }

    /// This node and all below it.
    var all: [SchemaNode] { [self] + children.flatMap(\.all) }

    /// Names of the members that must be there.
    var required: Set<String> { Set((schema["required"]?.array ?? []).compactMap(\.string)) }
}

extension SchemaNode {
    /// Paths of all that a value has, whether or not the schema knows it.
    func paths(of value: JSONValue) -> Set<String> {
        var paths: Set<String> = [path]
        for (name, value) in value.object ?? [:] {
            if let node = mapValue ?? member(name) {
                paths.formUnion(node.paths(of: value))
            } else {
                paths.insert("\(path).\(name)")
            }
        }
        for value in value.array ?? [] {
            if let element { paths.formUnion(element.paths(of: value)) }
        }
        return paths
    }

    /// What an API server that knows no CEL would refuse in a value.
    func violations(of value: JSONValue) -> [String] {
        var violations: [String] = []
        switch (type, value) {
        case ("object", .object(let members)):
            violations += required.subtracting(members.keys).sorted().map { "\(path).\($0): missing" }
            for (name, value) in members {
                let node = mapValue ?? member(name)
                violations += node?.violations(of: value) ?? ["\(path).\(name): unknown"]
            }
        case ("array", .array(let elements)):
            if elements.count > schema["maxItems"]?.integer ?? 0 { violations.append("\(path): too many") }
            violations += elements.flatMap { element?.violations(of: $0) ?? ["\(path): no items"] }
        case ("string", .string(let text)):
            if text.count > schema["maxLength"]?.integer ?? .max { violations.append("\(path): too long") }
        case ("integer", .integer), ("boolean", .bool): break
        default: violations.append("\(path): not of type \(type)")
        }
        if let choices = schema["enum"]?.array, !choices.contains(value) { violations.append("\(path): not in enum") }
        return violations
    }

    /// The value once without each of its members, at every depth.
    func removals(from value: JSONValue) -> [Removal] {
        var removals: [Removal] = []
        if mapValue == nil {
            for (name, child) in value.object ?? [:] {
                guard let node = member(name) else { continue }
                var shorter = value
                shorter[name] = nil
                removals.append(Removal(path: node.path, isRequired: required.contains(name), remainder: shorter))
                removals += node.removals(from: child).map { removal in
                    var changed = value
                    changed[name] = removal.remainder
                    return Removal(path: removal.path, isRequired: removal.isRequired, remainder: changed)
                }
            }
        }
        if let element, let first = value.array?.first {
            removals += element.removals(from: first).map {
                Removal(path: $0.path, isRequired: $0.isRequired, remainder: .array([$0.remainder]))
            }
        }
        return removals
    }

    /// A value that lacks one member.
    struct Removal {
        let path: String
        /// Whether the schema requires the member.
        let isRequired: Bool
        let remainder: JSONValue
    }
}
