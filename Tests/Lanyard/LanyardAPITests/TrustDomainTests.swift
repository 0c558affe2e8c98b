import LanyardAPI
import Testing

@Suite("TrustDomain")
struct TrustDomainTests {
    @Test(
        "accepts lower-case letters, digits, dots, dashes and underscores",
        arguments: [
            "neural-hive.local", "a", "a_b", "10.0.0.1", "-", String(repeating: "a", count: 255),
        ])
    func valid(name: String) throws {
        #expect(try #require(TrustDomain(name)).name == name)
        #expect(TrustDomain(name)?.description == name)
    }

    @Test(
        "accepts nothing else",
        arguments: [
            "", "Example.org", "example.org/", "spiffe://example.org", "example.org:8081", "exa mple", "exämple", "a\t",
            "{cluster}", "*", String(repeating: "a", count: 256),
        ])
    func invalid(name: String) {
        #expect(TrustDomain(name) == nil)
    }
}
