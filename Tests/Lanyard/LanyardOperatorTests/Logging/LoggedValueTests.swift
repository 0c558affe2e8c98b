import KubernetesModel
import Logging
import Testing

@testable import LanyardOperator

@Suite("Fields of log lines")
struct LoggedValueTests {
    @Test("numbers, truth values and lists are what they are, and everything else is text")
    func values() {
        let cases: [(Logger.MetadataValue, JSONValue)] = [
            ("text", "text"), (.stringConvertible(18_980), 18_980), (.stringConvertible(1.5), .number(1.5)),
            (.stringConvertible(Int64.max), .integer(.max)), (.stringConvertible(UInt64.max), .integer(.max)),
            (.stringConvertible(true), true), (.stringConvertible(Double.infinity), "inf"),
            (.array(["a", .stringConvertible(2)]), ["a", 2]), (.dictionary(["k": "v"]), ["k": "v"]),
        ]
        for (value, expected) in cases { #expect(JSONValue(logged: value) == expected) }
        #expect(JSONValue(logged: .stringConvertible(7)).loggedText == "7")
        #expect(JSONValue(logged: "a b").loggedText == "\"a b\"")
        #expect(JSONValue(logged: .array(["a"])).loggedText == "[\"a\"]")
    }

    @Test("what is too long is cut, between characters, and says how long it was")
    func long() {
        for text in [String(repeating: "x", count: 100_000), "x" + String(repeating: "ü", count: 50_000)] {
            guard case .string(let cut) = JSONValue(logged: .string(text)) else {
                Issue.record("no text")
                return
            }
            #expect(cut.utf8.count < 2_100 && cut.hasSuffix("… (\(text.utf8.count) bytes)"))
            #expect(text.hasPrefix(cut.prefix { $0 != "…" }))
        }
        let list = JSONValue(logged: .array(Array(repeating: "x", count: 1_000)))
        #expect(list.array?.count == 64)
    }
}
