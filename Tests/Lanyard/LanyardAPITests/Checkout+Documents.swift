import KubernetesModel
import TestSupport
import Yams

extension Checkout {
    /// The documents of a YAML file.
    static func documents(_ path: String) throws -> [JSONValue] {
        try documents(yaml: text(path))
    }

    /// The documents of a YAML text.
    static func documents(yaml: String) throws -> [JSONValue] {
        try Yams.load_all(yaml: yaml).map { try JSONValue(loaded: $0) }
    }
}

/// A YAML value that has no JSON counterpart.
private struct UnsupportedYAML: Error {}

extension JSONValue {
    fileprivate init(loaded value: Any) throws {
        switch value {
        case let value as Bool: self = .bool(value)
        case let value as Int: self = .integer(Int64(value))
        case let value as Double: self = .number(value)
        case let value as String: self = .string(value)
        case let values as [Any]: self = .array(try values.map { try JSONValue(loaded: $0) })
        case let members as [AnyHashable: Any]:
            self = .object(
                try members.reduce(into: [:]) { result, member in
                    guard let key = member.key.base as? String else { throw UnsupportedYAML() }
                    result[key] = try JSONValue(loaded: member.value)
                })
        default: throw UnsupportedYAML()
        }
    }
}
