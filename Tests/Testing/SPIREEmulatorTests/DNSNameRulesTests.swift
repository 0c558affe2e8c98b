import Testing

@testable import SPIREEmulator

@Suite("DNSNameRules")
struct DNSNameRulesTests {
    @Test(
        "names that the real server takes are taken",
        arguments: [
            "com", "example.com", "*.example.com", "xn--ls8h.org", "a-hello.com", "1.2.3",
            String(repeating: "a", count: 63) + ".org",
        ])
    func valid(_ name: String) {
        #expect(DNSNameRules.flaw(in: name) == nil)
    }

    @Test(
        "names that the real server refuses are refused",
        arguments: [
            ".", "example.com.", "", "  ", "*.*.example.com", "example.*.com", "*", "💩.org", "-hello.com", "abc-",
            "a..b", "ab--cd.org", "under_score.org", "Upper.org", String(repeating: "a", count: 64) + ".org",
            Array(repeating: "abcdefghi", count: 26).joined(separator: "."),
        ])
    func invalid(_ name: String) {
        #expect(DNSNameRules.flaw(in: name) != nil)
    }
}
