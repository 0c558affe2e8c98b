import Testing

@testable import LanyardCore

@Suite("PolicyDocument.init(parsing:)")
struct PolicyDocumentParsingTests {
    private static let read = [PolicyRule(path: "kv/a", capabilities: [.read])]

    @Test(
        "the forms that servers accept are read alike",
        arguments: [
            "path \"kv/a\" { capabilities = [\"read\"] }",
            "path \"kv/a\" {\r\n\tcapabilities=[\"read\",]\r\n}\r\n",
            "# c\n// d }\n/* path \"x\" { * / */ path \"kv/a\" { capabilities = [\"read\"] } # end",
            "name = \"p\"\npath \"/kv/a\" { comment = \"why\" capabilities = [\"read\"] }",
            "\"path\" \"kv/a\" { \"capabilities\" = [\"read\"], comment = \"x\" }",
            "path \"kv/\\u0061\" { capabilities = [\"\\x72ead\"] }",
            "path \"kv/a\" { capabilities = [\"read\"] capabilities = [\"read\"] }",
            "path \"kv/a\" { capabilities = [\"read\"] } path \"kv/a\" { }",
            "path \"kv/a\" { capabilities = [\"read\"] allowed_parameters = {} min_wrapping_ttl = 0 }",
            "{\"path\":{\"kv/a\":{\"capabilities\":[\"read\"]}}}",
            " \n{\"name\":\"p\",\"path\":[{\"kv\\/a\":{\"capabilities\":[\"read\"]}}]}\n",
        ])
    func forms(text: String) throws {
        let document = try PolicyDocument(parsing: text)
        #expect(document.rules == Self.read)
        #expect(document.foreignKeys.isEmpty)
    }

    @Test("texts that grant nothing have no rules", arguments: ["", "{}", "# nothing", "  \n", "{\"path\":{}}"])
    func nothing(text: String) throws {
        #expect(try PolicyDocument(parsing: text).rules.isEmpty)
    }

    @Test("a member that stands twice in JSON counts twice, as the server merges it")
    func duplicates() throws {
        let text = "{\"path\":{\"a\":{\"capabilities\":[\"sudo\"]},\"a\":{\"capabilities\":[\"read\"]}}}"
        #expect(try PolicyDocument(parsing: text).rules == [PolicyRule(path: "a", capabilities: [.read, .sudo])])
    }

    @Test("JSON does not know interpolation, so that ${ is literal there")
    func jsonInterpolation() throws {
        let document = try PolicyDocument(parsing: "{\"path\":{\"kv/${x\":{\"capabilities\":[\"read\"]}}}")
        #expect(document.rules.map(\.path) == ["kv/${x"])
    }

    @Test(
        "a key that Lanyard never writes is remembered",
        arguments: [
            "policy = \"read\"", "control_group = { ttl = \"1h\" }", "expiration = \"2020-01-01T00:00:00Z\"",
            "pagination_limit = 2", "mfa_methods = [\"m\"]", "control_group { factor \"n\" { identity { } } }",
            "capabilities = \"read\"", "capabilities = [\"frobnicate\"]", "allowed_parameters = { \"x\" = [5] }",
            "allowed_parameters = { \"x\" = [] } allowed_parameters = { \"y\" = [] }", "min_wrapping_ttl = \"1w\"",
            "allowed_parameters = { \"x\" = [] \"x\" = [] }", "max_wrapping_ttl = [1]", "required_parameters = \"x\"",
        ])
    func foreign(key: String) throws {
        let document = try PolicyDocument(parsing: "path \"kv/a\" { capabilities = [\"read\"]\n\(key)\n}")
        #expect(document.foreignKeys.count == 1)
        #expect(!PolicyDocument(merging: Self.read).differences(from: document).isEmpty)
    }

    @Test("stanzas of one path with different conditions are remembered")
    func differentConditions() throws {
        let text = "path \"a\" { required_parameters = [\"x\"] } path \"a\" { capabilities = [\"read\"] }"
        #expect(try PolicyDocument(parsing: text).foreignKeys.count == 1)
    }

    @Test(
        "what is not understood to the last character is an error, never a guess",
        arguments: [
            "path", "path \"a\"", "path \"a\" {", "path \"a\" { capabilities", "path \"a\" { capabilities = [\"read\"",
            "path \"a\" { capabilities = [\"read\" \"list\"] }", "path \"a\" }", "path = { \"a\" = {} }",
            "path { capabilities = [\"read\"] }", "path \"a\" \"b\" {}", "policy \"a\" {}", "path \"a\" = {}",
            "path \"a\" { x = <<EOF\nEOF\n}", "path \"a", "path \"a\n\" {}", "path \"a\\q\" {}", "path \"\\u00e9\" {}",
            "path \"\\u0000\" {}", "path \"\\ud800\" {}", "path \"\\x4\" {}", "path \"\\u+041\" {}", "path \"é\" {}",
            "path \"kv/${x\" {} path \"y}/z\" {}", "path \"a${b}\" {}", "/* open", "/", "path \"a\" {} ]", "{",
            "{\"path\":\"x\"}", "{\"path\":{\"a\":[]}} x", "{\"path\":{\"a\":{}},}", "{\"path\" {\"a\":{}}}",
            "{\"path\":{\"a\":5}}", "{\"x\":{\"a\":{}}}", "{\"path\":{\"a\":{}}}{}", "[]", "\u{FEFF}", "\u{0}",
            "path \"a\" {} // é\u{0}\n!",
        ])
    func refused(text: String) {
        #expect(throws: PolicyParseError.self) { try PolicyDocument(parsing: text) }
    }

    @Test("an error names the line")
    func line() {
        let expected = PolicyParseError(line: 3, message: "unknown escape")
        #expect(throws: expected) { try PolicyDocument(parsing: "# one\n\npath \"\\q\" {}\n") }
    }

    @Test("depth and length are bounded", arguments: ["[", "{\"a\":", "{a={"])
    func bounds(opening: String) {
        let nested = "path \"a\" { x = " + String(repeating: opening, count: 5000)
        #expect(throws: PolicyParseError.self) { try PolicyDocument(parsing: nested) }
        let long = "#" + String(repeating: opening, count: 1 << 20)
        #expect(throws: PolicyParseError.self) { try PolicyDocument(parsing: long) }
    }
}
