import LanyardAPI
import Testing

@Suite("SPIFFEID")
struct SPIFFEIDTests {
    @Test(
        "reads what the SPIFFE specification allows, and writes it back as it was",
        arguments: [
            ("spiffe://example.org/ns/shop/sa/web", "example.org", "/ns/shop/sa/web"),
            ("spiffe://example.org", "example.org", ""),
            ("spiffe://a_b-c.d/A-Z.a_z/0-9", "a_b-c.d", "/A-Z.a_z/0-9"),
            ("spiffe://example.org/.../web..", "example.org", "/.../web.."),
            ("spiffe://10.0.0.1/a", "10.0.0.1", "/a"),
        ])
    func valid(text: String, trustDomain: String, path: String) throws {
        let id = try SPIFFEID(text)
        #expect(id.trustDomain.name == trustDomain)
        #expect(id.path == path)
        #expect(id.description == text)
    }

    @Test(
        "says what is wrong with anything else",
        arguments: [
            ("", SPIFFEIDError.noScheme),
            ("example.org/web", .noScheme),
            ("SPIFFE://example.org/web", .noScheme),
            ("https://example.org/web", .noScheme),
            ("spiffe:///web", .badTrustDomain),
            ("spiffe://Example.org/web", .badTrustDomain),
            ("spiffe://example.org:443/web", .badTrustDomain),
            ("spiffe://user@example.org/web", .badTrustDomain),
            ("spiffe://example.org?web", .badTrustDomain),
            ("spiffe://example.org/", .emptySegment),
            ("spiffe://example.org/web/", .emptySegment),
            ("spiffe://example.org//web", .emptySegment),
            ("spiffe://example.org/./web", .dotSegment),
            ("spiffe://example.org/ns/../web", .dotSegment),
            ("spiffe://example.org/w eb", .badCharacter),
            ("spiffe://example.org/w%65b", .badCharacter),
            ("spiffe://example.org/web?x=1", .badCharacter),
            ("spiffe://example.org/web#x", .badCharacter),
            ("spiffe://example.org/wéb", .badCharacter),
            ("spiffe://example.org/{namespace}", .badCharacter),
            ("spiffe://example.org/web\t", .badCharacter),
        ])
    func invalid(text: String, error: SPIFFEIDError) {
        #expect(throws: error) { try SPIFFEID(text) }
    }

    @Test("may have 2048 bytes and no more")
    func length() throws {
        let trustDomain = try #require(TrustDomain("example.org"))
        let longest = "/" + String(repeating: "a", count: 2048 - "spiffe://example.org/".utf8.count)
        #expect(try SPIFFEID(trustDomain: trustDomain, path: longest).description.utf8.count == 2048)
        #expect(throws: SPIFFEIDError.tooLong) { try SPIFFEID(trustDomain: trustDomain, path: longest + "a") }
    }

    @Test("joins a path to a trust domain only if it starts with a slash")
    func leadingSlash() throws {
        let trustDomain = try #require(TrustDomain("example.org"))
        #expect(throws: SPIFFEIDError.noLeadingSlash) { try SPIFFEID(trustDomain: trustDomain, path: "web") }
        #expect(try SPIFFEID(trustDomain: trustDomain, path: "/web") == SPIFFEID("spiffe://example.org/web"))
    }

    @Test(
        "knows the paths that SPIRE keeps for itself",
        arguments: [
            ("/spire", true), ("/spire/server", true), ("/spire/agent/k8s_psat/a", true), ("/spire-agent", false),
            ("/ns/spire", false), ("/Spire/server", false), ("", false),
        ])
    func reserved(path: String, isReserved: Bool) throws {
        #expect(try SPIFFEID("spiffe://example.org\(path)").isReserved == isReserved)
    }

    @Test("is compared byte for byte and ordered by text")
    func order() throws {
        let texts = ["spiffe://a", "spiffe://a.b/c", "spiffe://a/B", "spiffe://a/b", "spiffe://b/a"]
        #expect(try texts.reversed().map { try SPIFFEID($0) }.sorted().map(\.description) == texts)
        #expect(try SPIFFEID("spiffe://a/b") != SPIFFEID("spiffe://a/B"))
    }
}
