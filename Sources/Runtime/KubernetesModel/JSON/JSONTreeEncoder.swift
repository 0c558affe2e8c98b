/// Makes a tree of an encodable value, without a text in between. The tree is the one that its JSON would be read as: numbers
/// without a fraction are whole.
final class JSONTreeEncoder: Encoder {
    let codingPath: [any CodingKey]
    let userInfo: [CodingUserInfoKey: Any] = [:]

    // What the value has encoded so far; an object may be asked for several times, and its members come together.
    private var members: [String: JSONValue]?
    private var elements: [JSONValue]?
    private var scalar: JSONValue?
    /// What was handed out to be encoded into later, and the places where that belongs.
    private var parts: [(key: any CodingKey, encoder: JSONTreeEncoder)] = []

    private init(at codingPath: [any CodingKey]) {
        self.codingPath = codingPath
    }

    /// The tree of a value; one that encodes nothing is an empty object.
    ///
    /// - Throws: `EncodingError` for a number that JSON cannot say, and whatever the value throws.
    static func tree(of value: some Encodable, at codingPath: [any CodingKey] = []) throws -> JSONValue {
        // Most that is encoded as a generic value is one.
        if let text = value as? String { return .string(text) }
        let encoder = JSONTreeEncoder(at: codingPath)
        try value.encode(to: encoder)
        return encoder.tree
    }

    private var tree: JSONValue {
        if var members {
            for part in parts { members[part.key.stringValue] = part.encoder.tree }
            return .object(members)
        }
        if var elements {
            for part in parts { part.key.intValue.map { elements[$0] = part.encoder.tree } }
            return .array(elements)
        }
        return scalar ?? [:]
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if members == nil { members = [:] }
        return KeyedEncodingContainer(Keyed<Key>(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if elements == nil { elements = [] }
        return Unkeyed(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { Single(encoder: self) }

    private func part(at key: any CodingKey) -> JSONTreeEncoder {
        let encoder = JSONTreeEncoder(at: codingPath + [key])
        parts.append((key: key, encoder: encoder))
        return encoder
    }

    private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let encoder: JSONTreeEncoder

        var codingPath: [any CodingKey] { encoder.codingPath }

        private func put(_ value: JSONValue, _ key: Key) { encoder.members?[key.stringValue] = value }

        func encodeNil(forKey key: Key) { put(.null, key) }
        func encode(_ value: Bool, forKey key: Key) { put(.bool(value), key) }
        func encode(_ value: String, forKey key: Key) { put(.string(value), key) }
        func encode(_ value: Int, forKey key: Key) { put(.integer(Int64(value)), key) }
        func encode(_ value: Int64, forKey key: Key) { put(.integer(value), key) }
        func encode(_ value: some Encodable, forKey key: Key) throws {
            put(try JSONTreeEncoder.tree(of: value, at: codingPath + [key]), key)
        }

        func nestedContainer<Inner: CodingKey>(
            keyedBy type: Inner.Type, forKey key: Key
        ) -> KeyedEncodingContainer<Inner> {
            encoder.part(at: key).container(keyedBy: type)
        }

        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            encoder.part(at: key).unkeyedContainer()
        }

        func superEncoder() -> any Encoder { encoder.part(at: JSONPlaceKey.inherited) }
        func superEncoder(forKey key: Key) -> any Encoder { encoder.part(at: key) }
    }

    private struct Unkeyed: UnkeyedEncodingContainer {
        let encoder: JSONTreeEncoder

        var codingPath: [any CodingKey] { encoder.codingPath }
        var count: Int { encoder.elements?.count ?? 0 }

        private func put(_ value: JSONValue) { encoder.elements?.append(value) }

        /// A place that is filled later.
        private func part() -> JSONTreeEncoder {
            defer { put(.null) }
            return encoder.part(at: JSONPlaceKey(intValue: count))
        }

        func encodeNil() { put(.null) }
        func encode(_ value: some Encodable) throws {
            put(try JSONTreeEncoder.tree(of: value, at: codingPath + [JSONPlaceKey(intValue: count)]))
        }

        func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) -> KeyedEncodingContainer<Inner> {
            part().container(keyedBy: type)
        }

        func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { part().unkeyedContainer() }
        func superEncoder() -> any Encoder { part() }
    }

    /// Every other container hands numbers on to this one.
    private struct Single: SingleValueEncodingContainer {
        let encoder: JSONTreeEncoder

        var codingPath: [any CodingKey] { encoder.codingPath }

        private func put(_ value: JSONValue) { encoder.scalar = value }

        private func put(whole value: some BinaryInteger) {
            put(Int64(exactly: value).map { .integer($0) } ?? .number(Double(value)))
        }

        func encodeNil() { put(.null) }
        func encode(_ value: Bool) { put(.bool(value)) }
        func encode(_ value: String) { put(.string(value)) }
        func encode(_ value: Int) { put(whole: value) }
        func encode(_ value: Int8) { put(whole: value) }
        func encode(_ value: Int16) { put(whole: value) }
        func encode(_ value: Int32) { put(whole: value) }
        func encode(_ value: Int64) { put(whole: value) }
        func encode(_ value: UInt) { put(whole: value) }
        func encode(_ value: UInt8) { put(whole: value) }
        func encode(_ value: UInt16) { put(whole: value) }
        func encode(_ value: UInt32) { put(whole: value) }
        func encode(_ value: UInt64) { put(whole: value) }
        func encode(_ value: some Encodable) throws { put(try JSONTreeEncoder.tree(of: value, at: codingPath)) }

        func encode(_ value: Double) throws {
            guard value.isFinite else {
                throw EncodingError.invalidValue(
                    value, .init(codingPath: codingPath, debugDescription: "JSON has no such number"))
            }
            put(Int64(exactly: value).map { .integer($0) } ?? .number(value))
        }

        /// With the digits that tell it from other numbers of its kind: 0.1 stays that.
        func encode(_ value: Float) throws { try encode(Double(value.description) ?? Double(value)) }
    }
}
