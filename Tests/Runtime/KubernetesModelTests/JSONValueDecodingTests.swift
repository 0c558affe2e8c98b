import FoundationEssentials
import KubernetesModel
import Testing

@Suite("JSON.decode")
struct JSONValueDecodingTests {
    @Test(
        "reads what Foundation's decoder reads, and says the same of what does not fit",
        arguments: [
            "{}", "[]", "null", "1", "{", #"{"int":1}"#, #"{"int":1.0,"list":[]}"#, #"{"int":-1,"list":["a","b"]}"#,
            #"{"int":1,"list":["a",2]}"#, #"{"int":1,"list":[null]}"#, #"{"int":1,"list":null}"#,
            #"{"int":1,"list":{}}"#,
            #"{"int":1.5,"list":[]}"#, #"{"int":"1","list":[]}"#, #"{"int":null,"list":[]}"#,
            #"{"int":true,"list":[]}"#,
            #"{"int":9223372036854775808,"list":[]}"#, #"{"int":1,"list":[],"small":255}"#,
            #"{"int":1,"list":[],"small":256}"#, #"{"int":1,"list":[],"small":-1}"#,
            #"{"int":1,"list":[],"small":null}"#,
            #"{"int":1,"list":[],"double":3}"#, #"{"int":1,"list":[],"double":0.1,"float":0.1}"#,
            #"{"int":1,"list":[],"double":"x"}"#, #"{"int":1,"list":[],"bool":false,"word":"One"}"#,
            #"{"int":1,"list":[],"bool":0}"#, #"{"int":1,"list":[],"word":"Two"}"#, #"{"int":1,"list":[],"word":1}"#,
            #"{"int":1,"list":[],"inner":{"by":{"a":[1,null,3],"b":[]},"tree":{"c":[1,2.5,"x",null,{}]}}}"#,
            #"{"int":1,"list":[],"inner":{"by":{"a":["1"]}}}"#, #"{"int":1,"list":[],"inner":{"by":[]}}"#,
            #"{"int":1,"list":[],"inner":{}}"#, #"{"int":1,"list":[],"inner":null}"#, #"{"int":1,"list":[],"inner":7}"#,
        ])
    func sameAsFoundation(text: String) {
        let data = Data(text.utf8)
        #expect(
            Self.outcome { try JSON.decode(Outer.self, from: data) }
                == Self.outcome { try JSONDecoder().decode(Outer.self, from: data) })
    }

    @Test("reads containers within containers in their order")
    func nested() throws {
        let text =
            #"{"list":[1,{"base":true},["x","y"],null,"last"],"object":{"deep":{"base":"z"}},"super":{"base":1}}"#
        #expect(try JSON.decode(Nested.self, from: Data(text.utf8)) == Nested.expected)
        #expect(try JSONDecoder().decode(Nested.self, from: Data(text.utf8)) == Nested.expected)
        // One element less than is read.
        let short = #"{"list":[1,{"base":true},["x"]],"object":{"deep":{"base":"z"}},"super":{"base":1}}"#
        #expect(throws: DecodingError.self) { try JSON.decode(Nested.self, from: Data(short.utf8)) }
    }

    @Test("a tree is what its text would be")
    func tree() throws {
        let tree: JSONValue = ["int": 7, "list": ["a"], "inner": ["by": [:], "tree": [.null, true]]]
        #expect(try tree.decoded(as: JSONValue.self) == tree)
        #expect(try tree.decoded(as: Outer.self) == JSON.decode(Outer.self, from: JSON.encode(tree)))
    }

    private enum Outcome: Equatable {
        case value(Outer)
        /// Which kind of error is where.
        case failure(String)
    }

    private static func outcome(_ decode: () throws -> Outer) -> Outcome {
        do {
            return .value(try decode())
        } catch let error as DecodingError {
            switch error {
            case .keyNotFound(let key, let context): return .failure("no \(key.stringValue) in \(path(context))")
            case .valueNotFound(_, let context): return .failure("null at \(path(context))")
            case .typeMismatch(let type, let context): return .failure("no \(type) at \(path(context))")
            // Foundation does not always say where.
            case .dataCorrupted: return .failure("invalid")
            @unknown default: return .failure("unknown")
            }
        } catch {
            return .failure("\(error)")
        }
    }

    private static func path(_ context: DecodingError.Context) -> [String] {
        context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
    }
}

private struct Outer: Decodable, Equatable {
    enum Word: String, Decodable { case one = "One" }

    struct Inner: Decodable, Equatable {
        var by: [String: [Int?]]
        var tree: JSONValue?
    }

    var int: Int
    var list: [String]
    var small: UInt8?
    var double: Double?
    var float: Float?
    var bool: Bool?
    var word: Word?
    var inner: Inner?
}

private struct Nested: Decodable, Equatable {
    private enum Keys: String, CodingKey { case list, object, deep, base }

    var values: [String]

    static let expected = Nested(values: ["1", "true", "x", "y", "null", "last", "end", "z", "1"])

    init(values: [String]) {
        self.values = values
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        var list = try container.nestedUnkeyedContainer(forKey: .list)
        values = ["\(try list.decode(Int.self))"]
        values.append("\(try list.nestedContainer(keyedBy: Keys.self).decode(Bool.self, forKey: .base))")
        var texts = try list.nestedUnkeyedContainer()
        while !texts.isAtEnd { values.append(try texts.decode(String.self)) }
        values.append(try list.decodeNil() ? "null" : "a value")
        values.append(try list.decode(String.self))
        values.append(list.isAtEnd && list.currentIndex == list.count ? "end" : "more")
        let object = try container.nestedContainer(keyedBy: Keys.self, forKey: .object)
        let deep = try object.nestedContainer(keyedBy: Keys.self, forKey: .deep)
        values.append(try deep.decode(String.self, forKey: .base))
        let inherited = try container.superDecoder().container(keyedBy: Keys.self)
        values.append("\(try inherited.decode(Int.self, forKey: .base))")
    }
}
