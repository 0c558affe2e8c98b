import KubernetesModel
import Yams

extension JSONValue {
    /// Reads one YAML document that this process brings itself.
    ///
    /// - Throws: `YamlError` when it is none.
    init(yaml text: String) throws {
        self = try compose(yaml: text).map(JSONValue.init(node:)) ?? .null
    }

    private init(node: Node) {
        switch node {
        case .mapping(let mapping):
            self = .object(
                mapping.reduce(into: [:]) { members, member in
                    members[member.key.string ?? ""] = JSONValue(node: member.value)
                })
        case .sequence(let sequence): self = .array(sequence.map(JSONValue.init(node:)))
        default: self = Self.scalar(node)
        }
    }

    /// As API servers read it.
    private static func scalar(_ node: Node) -> JSONValue {
        if node.null != nil { return .null }
        guard case .scalar(let scalar) = node, scalar.style == .plain else { return .string(node.string ?? "") }
        if let flag = node.bool { return .bool(flag) }
        if let number = node.int { return .integer(Int64(number)) }
        if let number = node.float { return .number(number) }
        return .string(scalar.string)
    }
}
