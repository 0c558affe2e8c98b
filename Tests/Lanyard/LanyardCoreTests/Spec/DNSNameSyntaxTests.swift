import LanyardCore
import Testing

@Suite("DNSNameSyntax")
struct DNSNameSyntaxTests {
    @Test(
        "what SPIRE surely takes passes",
        arguments: ["com", "example.com", "*.example.com", "xn--ls8h.org", "a-hello.com", "1.a", "*.a"])
    func valid(name: String) {
        #expect(DNSNameSyntax.violation(of: name) == nil)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", ".", "*", "*.", "example.com.", " ", "a b", "*.*.a", "a.*.b", "*a.b", "a*", "é.org", "-a.b", "a-.b",
            "Example.com", "a_b.c", "a..b", ".a", "ab--c.d", "a/b", "a:1",
            String(repeating: "a", count: 64) + ".b", String(repeating: "a.", count: 127) + "a",
        ])
    func invalid(name: String) {
        #expect(DNSNameSyntax.violation(of: name) != nil)
    }
}

extension DNSNameSyntaxTests {
    @Test(
        "the message says which rule it is",
        arguments: [
            ("example.com.", "end in a dot"), ("a.*.b", "wildcard"), ("", "be empty"), ("a_b", "labels of 1 to 63"),
            ("ab--c", "third and fourth"), (String(repeating: "a.", count: 127) + "a", "253 bytes"),
        ])
    func message(name: String, part: String) {
        #expect(DNSNameSyntax.violation(of: name)?.contains(part) == true)
    }
}
