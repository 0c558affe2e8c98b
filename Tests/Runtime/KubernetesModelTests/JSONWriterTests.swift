import FoundationEssentials
import KubernetesModel
import Testing

@Suite("JSON.encode of a tree")
struct JSONWriterTests {
    private static let controls = String(String.UnicodeScalarView((UInt8(0)..<0x80).map { Unicode.Scalar($0) }))

    @Test(
        "has the bytes of Foundation's encoder",
        arguments: [
            .null, true, false, 0, -7, .integer(.max), .integer(.min), .number(0.1), .number(-0.0), .number(3),
            .number(1e15), .number(1e16), .number(1e300), .number(.leastNonzeroMagnitude), .number(-2.5), "",
            "aäö€😀\u{2028}/",
            .string(controls), [], [[], [:], [1, [2]]], [:],
            ["b": 1, "a": ["B": "x"], "ab": .null, "A": [true], "ä": 2],
            ["\"\\\n/": "\"\\\n/"],
        ] as [JSONValue])
    func sameAsEncoder(value: JSONValue) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect(try JSON.encode(value) == encoder.encode(value))
    }

    @Test("refuses numbers that JSON has not", arguments: [Double.nan, .infinity, -.infinity])
    func noNumber(value: Double) {
        #expect(throws: EncodingError.self) { try JSON.encode(["a": [.number(value)]] as JSONValue) }
    }

    @Test("of no tree has the same members, sorted")
    func typed() throws {
        let widget = Widget(metadata: ObjectMeta(name: "w"), spec: .init(size: 1, tags: ["b", "a"], shape: .round))
        #expect(
            String(decoding: try JSON.encode(widget), as: UTF8.self)
                == #"{"metadata":{"name":"w"},"spec":{"shape":"round","size":1,"tags":["b","a"]}}"#)
    }
}
