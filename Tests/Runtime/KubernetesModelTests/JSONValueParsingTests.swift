import FoundationEssentials
import KubernetesModel
import Testing

@Suite("JSONValue(parsing:)")
struct JSONValueParsingTests {
    @Test(
        "reads what the decoder reads, in the same way",
        arguments: [
            "null", " true ", "false", "0", "-0", "12", "-7", "9223372036854775807", "-9223372036854775808", "1.5",
            "1.0",
            "1e3", "2E-2", "9223372036854775808", "\"\"", "\"aäö€😀\"", #""\"\\\/\b\f\n\r\t""#,
            #""\u00e4\u20AC\ud83d\ude00""#, "[]",
            "[ 1 , [ ] , { } ]", "{}", #"{"a":{"b":[null,true,"x"]},"c":-1}"#, "\r\n\t{\n\"a\" : 1 }\n", #"{"":0}"#,
        ])
    func sameAsDecoder(text: String) throws {
        let expected = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        #expect(try JSONValue(parsing: Data(text.utf8)) == expected)
    }

    @Test(
        "refuses what is no JSON",
        arguments: [
            "", " ", "nul", "True", "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "NaN", "1e999", "\"", "\"a",
            "\"\\x\"",
            "\"\\u12g4\"", "\"\\u+123\"", "\"\\ud83d\"", "\"\\ud83dx\"", "\"\\ud83d\\u0041\"", "\"\\ude00\"", "\"\n\"",
            "[", "[1", "[1,",
            "[1,]", "[1 2]", "{", "{1:2}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1", "1 2", "{}}", "'a'",
        ])
    func refuse(text: String) {
        #expect(throws: DecodingError.self) { try JSONValue(parsing: Data(text.utf8)) }
    }

    @Test("refuses bytes that are no UTF-8, and nesting without end")
    func hostile() {
        #expect(throws: DecodingError.self) { try JSONValue(parsing: Data([0x22, 0xFF, 0x22])) }
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: DecodingError.self) { try JSONValue(parsing: Data(deep.utf8)) }
        // Short of that it is read.
        let (most, tooMany) = (String(repeating: "[", count: 512), String(repeating: "[", count: 513))
        #expect(throws: Never.self) { try JSONValue(parsing: Data((most + most.map { _ in "]" }.joined()).utf8)) }
        #expect(throws: DecodingError.self) {
            try JSONValue(parsing: Data((tooMany + tooMany.map { _ in "]" }.joined()).utf8))
        }
    }

    @Test("gives back what was encoded")
    func roundTrip() throws {
        let value: JSONValue = ["a": [1, true, .null, .number(0.5), "x\"\\\n"], "b": ["c": "€"]]
        #expect(try JSONValue(parsing: JSON.encode(value)) == value)
        #expect(try JSONValue(encoding: value) == value)
    }
}
