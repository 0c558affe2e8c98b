public import FoundationEssentials

/// One way to read and write JSON everywhere: sorted keys, slashes as they are.
public enum JSON {
    /// Encodes a value with sorted keys, so that equal values have equal bytes.
    ///
    /// - Throws: `EncodingError` when the value cannot be represented.
    public static func encode(_ value: some Encodable) throws -> Data {
        try encode(JSONValue(encoding: value))
    }

    /// Encodes a tree likewise.
    ///
    /// - Throws: `EncodingError` for a number that JSON cannot say.
    public static func encode(_ value: JSONValue) throws -> Data {
        var writer = JSONWriter()
        try writer.write(value)
        return Data(writer.bytes)
    }

    /// Decodes a value. `Data` has no form of its own in it, nor have dates.
    ///
    /// - Throws: `DecodingError` when the bytes are not JSON of that shape.
    public static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from data: Data) throws -> Value {
        try JSONTreeDecoder.value(type, of: JSONValue(parsing: data))
    }
}

extension JSONValue {
    /// Converts any encodable value to a JSON tree. `Data` has no form of its own in it: it is an array of numbers.
    ///
    /// - Throws: `EncodingError` when the value cannot be represented.
    public init(encoding value: some Encodable) throws {
        self = try JSONTreeEncoder.tree(of: value)
    }

    /// Reads JSON of unknown shape.
    ///
    /// - Throws: `DecodingError` when the bytes are no JSON.
    public init(parsing data: Data) throws { try self.init(parsing: Array(data)) }

    /// - Parameter sharesStrings: Whether strings may share memory with equal ones of other texts. Not for secrets.
    init(parsing bytes: [UInt8], sharesStrings: Bool = false) throws {
        do {
            self = try JSONParser.parse(bytes, sharesStrings: sharesStrings)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "not JSON", underlyingError: error))
        }
    }

    /// Reads this tree as a typed value.
    ///
    /// - Throws: `DecodingError` when the tree has another shape.
    public func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        try JSONTreeDecoder.value(type, of: self)
    }
}
