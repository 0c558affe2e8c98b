/// Reads a value out of a tree. `JSONDecoder` makes a tree of its own of a text, and looks at each value in several ways.
struct JSONTreeDecoder: Decoder {
    private let tree: JSONValue
    let codingPath: [any CodingKey]

    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// What a tree says as a value of a type.
    ///
    /// - Parameter codingPath: where the tree is.
    /// - Throws: `DecodingError` when it has another shape, and whatever the type throws.
    static func value<Value: Decodable>(
        _ type: Value.Type, of tree: JSONValue, at codingPath: @autoclosure () -> [any CodingKey] = []
    ) throws -> Value {
        // What most is needs no decoder of its own.
        if Value.self == String.self, case .string(let text) = tree, let value = text as? Value { return value }
        if Value.self == Bool.self, case .bool(let isSo) = tree, let value = isSo as? Value { return value }
        if Value.self == JSONValue.self, let value = tree as? Value { return value }
        return try Value(from: JSONTreeDecoder(tree: tree, codingPath: codingPath()))
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = tree else { throw mismatch([String: Any].self) }
        return KeyedDecodingContainer(Keyed<Key>(members: members, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = tree else { throw mismatch([Any].self) }
        return Unkeyed(elements: elements, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    /// What is wrong where something of another type should be.
    private func mismatch(_ type: any Any.Type) -> DecodingError {
        let context = DecodingError.Context(codingPath: codingPath, debugDescription: "a value of another type")
        return tree == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    /// What a decoder within reads: nothing where there is nothing, as only a class does that asks for what it inherits.
    private static func inherited(_ tree: JSONValue?, at codingPath: [any CodingKey]) -> JSONTreeDecoder {
        JSONTreeDecoder(tree: tree ?? .null, codingPath: codingPath)
    }

    private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let members: [String: JSONValue]
        let codingPath: [any CodingKey]

        var allKeys: [Key] { members.keys.compactMap { Key(stringValue: $0) } }

        func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

        private func member(_ key: Key) throws -> JSONValue {
            guard let member = members[key.stringValue] else {
                throw DecodingError.keyNotFound(
                    key, .init(codingPath: codingPath, debugDescription: "there is no such member"))
            }
            return member
        }

        private func decoder(_ key: Key) throws -> JSONTreeDecoder {
            JSONTreeDecoder(tree: try member(key), codingPath: codingPath + [key])
        }

        func decodeNil(forKey key: Key) throws -> Bool { try member(key) == .null }

        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            try JSONTreeDecoder.value(type, of: member(key), at: codingPath + [key])
        }

        func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
            try present(type, key)
        }

        // Without these, each member is looked up three times.
        func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try present(type, key) }
        func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try present(type, key) }
        func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try present(type, key) }
        func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { try present(type, key) }

        private func present<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value? {
            switch members[key.stringValue] {
            case nil, .null?: nil
            case let member?: try JSONTreeDecoder.value(type, of: member, at: codingPath + [key])
            }
        }

        func nestedContainer<Inner: CodingKey>(
            keyedBy type: Inner.Type, forKey key: Key
        ) throws -> KeyedDecodingContainer<Inner> {
            try decoder(key).container(keyedBy: type)
        }

        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            try decoder(key).unkeyedContainer()
        }

        func superDecoder() -> any Decoder {
            JSONTreeDecoder.inherited(members["super"], at: codingPath + [JSONPlaceKey.inherited])
        }

        func superDecoder(forKey key: Key) -> any Decoder {
            JSONTreeDecoder.inherited(members[key.stringValue], at: codingPath + [key])
        }
    }

    private struct Unkeyed: UnkeyedDecodingContainer {
        let elements: [JSONValue]
        let codingPath: [any CodingKey]
        private(set) var currentIndex = 0

        init(elements: [JSONValue], codingPath: [any CodingKey]) {
            self.elements = elements
            self.codingPath = codingPath
        }

        var count: Int? { elements.count }
        var isAtEnd: Bool { currentIndex >= elements.count }

        private var place: [any CodingKey] { codingPath + [JSONPlaceKey(intValue: currentIndex)] }

        private func element(_ type: any Any.Type) throws -> JSONValue {
            guard !isAtEnd else {
                throw DecodingError.valueNotFound(
                    type, .init(codingPath: place, debugDescription: "there are no more elements"))
            }
            return elements[currentIndex]
        }

        /// Goes to the next element once something was made of this one.
        private mutating func take<Value>(
            _ type: any Any.Type, _ read: (JSONTreeDecoder) throws -> Value
        ) throws -> Value {
            let value = try read(JSONTreeDecoder(tree: element(type), codingPath: place))
            currentIndex += 1
            return value
        }

        mutating func decodeNil() throws -> Bool {
            guard try element(Any?.self) == .null else { return false }
            currentIndex += 1
            return true
        }

        mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            let value = try JSONTreeDecoder.value(type, of: element(type), at: place)
            currentIndex += 1
            return value
        }

        mutating func nestedContainer<Inner: CodingKey>(
            keyedBy type: Inner.Type
        ) throws -> KeyedDecodingContainer<Inner> {
            try take([String: Any].self) { try $0.container(keyedBy: type) }
        }

        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
            try take([Any].self) { try $0.unkeyedContainer() }
        }

        mutating func superDecoder() throws -> any Decoder { try take((any Decoder).self) { $0 } }
    }
}

/// Every container hands scalars on to this one.
extension JSONTreeDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { tree == .null }

    func decode(_ type: Bool.Type) throws -> Bool {
        guard case .bool(let value) = tree else { throw mismatch(type) }
        return value
    }

    func decode(_ type: String.Type) throws -> String {
        guard case .string(let value) = tree else { throw mismatch(type) }
        return value
    }

    func decode(_ type: Double.Type) throws -> Double {
        switch tree {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: throw mismatch(type)
        }
    }

    func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
    func decode(_ type: Int.Type) throws -> Int { try whole() }
    func decode(_ type: Int8.Type) throws -> Int8 { try whole() }
    func decode(_ type: Int16.Type) throws -> Int16 { try whole() }
    func decode(_ type: Int32.Type) throws -> Int32 { try whole() }
    func decode(_ type: Int64.Type) throws -> Int64 { try whole() }
    func decode(_ type: UInt.Type) throws -> UInt { try whole() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try whole() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try whole() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try whole() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try whole() }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try Self.value(type, of: tree, at: codingPath)
    }

    private func whole<Value: FixedWidthInteger>() throws -> Value {
        let value: Value? =
            switch tree {
            case .integer(let number): Value(exactly: number)
            case .number(let number): Value(exactly: number)
            default: throw mismatch(Value.self)
            }
        guard let value else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: codingPath, debugDescription: "no number of that type"))
        }
        return value
    }
}
