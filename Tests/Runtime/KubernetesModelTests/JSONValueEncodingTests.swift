import FoundationEssentials
import KubernetesModel
import Testing

@Suite("JSONValue(encoding:)")
struct JSONValueEncodingTests {
    /// What the tree is in a text between: encoded by Foundation, and read again.
    private static func throughText(_ value: some Encodable) throws -> JSONValue {
        try JSONValue(parsing: JSONEncoder().encode(value))
    }

    @Test("makes of numbers what their text would be read as")
    func numbers() throws {
        let numbers = Numbers()
        #expect(try JSONValue(encoding: numbers) == Self.throughText(numbers))
        for value in [0, -0.0, 3, 0.1, 1e15, 1e16, 9_223_372_036_854_775_808, 1e300, -2.5] {
            #expect(try JSONValue(encoding: value) == Self.throughText(value), "\(value)")
        }
        #expect(throws: EncodingError.self) { try JSONValue(encoding: ["a": [Double.nan]]) }
        #expect(throws: EncodingError.self) { try JSONValue(encoding: Float.infinity) }
    }

    @Test("keeps what is empty, leaves out what is absent, and says null where that is said")
    func containers() throws {
        let containers = Containers()
        #expect(try JSONValue(encoding: containers) == Self.throughText(containers))
        #expect(try JSONValue(encoding: Containers())["absent"] == nil)
        #expect(try JSONValue(encoding: [1, nil, 3] as [Int?]) == [1, .null, 3])
        #expect(try JSONValue(encoding: String?.none) == .null)
        #expect(try JSONValue(encoding: ["a": String?.none]) == ["a": .null])
        #expect(try JSONValue(encoding: [Int: String]()) == [:])
        #expect(try JSONValue(encoding: [2: "b"]) == ["2": "b"])
        #expect(try JSONValue(encoding: Date(timeIntervalSinceReferenceDate: 1.5)) == .number(1.5))
    }

    @Test("puts what is encoded later where it was asked for")
    func nested() throws {
        let expected: JSONValue = [
            "list": [1, ["in": true], ["x", "y"], "last"], "object": ["deep": ["z": .null]], "super": ["base": 1],
            "named": ["base": 1], "added": "twice",
        ]
        #expect(try JSONValue(encoding: Nested()) == expected)
        #expect(try Self.throughText(Nested()) == expected)
    }

    @Test("encodes patches, objects and events as their text has them")
    func kinds() throws {
        let patch = JSONPatch([
            .test(path: "/a", value: .null), .add(path: "/b", value: ["c": [1, .number(2)]]), .remove(path: "/d"),
        ])
        #expect(try JSONValue(encoding: patch) == Self.throughText(patch))
        var event = KubernetesEvent(metadata: ObjectMeta(name: "e", namespace: "n", labels: [:], finalizers: []))
        event.series = .init(count: 2, lastObservedTime: "2025-01-01T00:00:00.000000Z")
        event.regarding = ObjectReference(apiVersion: "v1", kind: "Pod", namespace: "n", name: "p", uid: "u")
        #expect(try JSONValue(encoding: event) == Self.throughText(event))
        let lease = Lease(
            metadata: ObjectMeta(name: "l", resourceVersion: ResourceVersion("7"), generation: 3), spec: .init())
        #expect(try JSONValue(encoding: lease) == Self.throughText(lease))
    }

    @Test("hands on what a value throws, and says where a number was")
    func failures() throws {
        #expect(throws: Failing.Failure.self) { try JSONValue(encoding: ["a": Failing()]) }
        let error = try #require(throws: EncodingError.self) {
            try JSONValue(encoding: ["a": [0, Double.infinity]])
        }
        guard case .invalidValue(_, let context) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(context.codingPath.map(\.stringValue) == ["a", "Index 1"])
    }
}

private struct Numbers: Encodable {
    var int = Int.min, int8 = Int8.min, int16 = Int16.max, int32 = Int32.min, int64 = Int64.max
    var uint = UInt.max, uint8 = UInt8.max, uint16 = UInt16.max, uint32 = UInt32.max, uint64 = UInt64(1) << 63
    var bool = true, double = 0.1, whole = 2.0, float = Float(0.1)
    var list = [1.0, 2.5], small: [UInt8] = [0, 255], flags = [true, false]
}

private struct Containers: Encodable {
    struct Empty: Encodable {}
    enum Word: String, Encodable { case one = "One" }

    var object = Empty(), dictionary: [String: Int] = [:], list: [Empty] = [], texts = ["", "a"]
    var absent: String?
    var word = Word.one, words: [Word: [Word]] = [:], byWord = ["w": Word.one], set = Set([1])
    var within: [[String: [Empty]]] = [[:], ["a": []], ["b": [Empty(), Empty()]]]
    var tree: JSONValue = ["a": [.null, .number(3), .number(0.5), "x"]]
}

private struct Nested: Encodable {
    private enum Keys: String, CodingKey { case list, object, deep, z, `in`, named, added, base }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        var list = container.nestedUnkeyedContainer(forKey: .list)
        try list.encode(1)
        var inner = list.nestedContainer(keyedBy: Keys.self)
        var texts = list.nestedUnkeyedContainer()
        try list.encode("last")
        try texts.encode("x")
        try inner.encode(true, forKey: .in)
        try texts.encode("y")
        var object = container.nestedContainer(keyedBy: Keys.self, forKey: .object)
        var deep = object.nestedContainer(keyedBy: Keys.self, forKey: .deep)
        try deep.encodeNil(forKey: .z)
        try Base().encode(to: container.superEncoder())
        try Base().encode(to: container.superEncoder(forKey: .named))
        var second = encoder.container(keyedBy: Keys.self)
        try second.encode("twice", forKey: .added)
    }

    private struct Base: Encodable {
        let base = 1
    }
}

private struct Failing: Encodable {
    struct Failure: Error {}

    func encode(to encoder: any Encoder) throws { throw Failure() }
}
