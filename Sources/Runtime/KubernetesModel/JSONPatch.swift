/// A JSON patch (RFC 6902): operations that the server applies in order, all or none.
///
/// Encodes as the body of a `PATCH` with media type `application/json-patch+json`.
public struct JSONPatch: Equatable, Sendable, Encodable {
    /// The operations in the order in which they are applied.
    public let operations: [Operation]

    /// The operations are applied in this order, all or none.
    public init(_ operations: [Operation]) {
        self.operations = operations
    }

    /// Encodes as RFC 6902 has it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(operations)
    }

    /// One step; paths are JSON pointers (RFC 6901), see `JSONPatch.pointer(_:)`.
    public enum Operation: Equatable, Sendable {
        /// The patch fails unless the value at the path is this one.
        case test(path: String, value: JSONValue)
        /// Sets a member, or inserts an element before the index (`-` appends).
        case add(path: String, value: JSONValue)
        /// Replaces the value, which must exist.
        case replace(path: String, value: JSONValue)
        /// Removes the value, which must exist.
        case remove(path: String)
    }

    /// The JSON pointer of nested member names and indices: `~` and `/` in a name are escaped.
    public static func pointer(_ tokens: String...) -> String {
        tokens.reduce(into: "") { pointer, token in
            pointer.append("/")
            for character in token.unicodeScalars {
                switch character {
                case "~": pointer.append("~0")
                case "/": pointer.append("~1")
                default: pointer.unicodeScalars.append(character)
                }
            }
        }
    }
}

extension JSONPatch.Operation: Encodable {
    private enum CodingKeys: String, CodingKey {
        case op
        case path
        case value
    }

    /// Encodes as RFC 6902 has it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .test(let path, let value):
            try container.encode("test", forKey: .op)
            try container.encode(path, forKey: .path)
            try container.encode(value, forKey: .value)
        case .add(let path, let value):
            try container.encode("add", forKey: .op)
            try container.encode(path, forKey: .path)
            try container.encode(value, forKey: .value)
        case .replace(let path, let value):
            try container.encode("replace", forKey: .op)
            try container.encode(path, forKey: .path)
            try container.encode(value, forKey: .value)
        case .remove(let path):
            try container.encode("remove", forKey: .op)
            try container.encode(path, forKey: .path)
        }
    }
}
