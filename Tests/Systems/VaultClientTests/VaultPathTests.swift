import Testing

@testable import VaultClient

@Suite("VaultPath")
struct VaultPathTests {
    @Test(
        "encodes everything but unreserved characters, segment by segment",
        arguments: [
            ("auth/kubernetes/role/web", "auth/kubernetes/role/web"),
            ("database/roles/A-b_c.d~e", "database/roles/A-b_c.d~e"),
            ("sys/policies/acl/a b", "sys/policies/acl/a%20b"),
            ("sys/policies/acl/50%25", "sys/policies/acl/50%2525"),
            ("sys/policies/acl/a?b#c&d", "sys/policies/acl/a%3Fb%23c%26d"),
            ("sys/policies/acl/ä", "sys/policies/acl/%C3%A4"),
            ("sys/policies/acl/a\\..\\b", "sys/policies/acl/a%5C..%5Cb"),
            ("sys/policies/acl/%2e%2e", "sys/policies/acl/%252e%252e"),
            ("sys/policies/acl/...", "sys/policies/acl/..."),
        ])
    func encoding(_ path: String, _ expected: String) throws {
        #expect(try VaultPath(path).encoded == expected)
    }

    @Test(
        "refuses what could be read as another path",
        arguments: [
            "", "/", "/auth/kubernetes", "auth//role/a", "auth/kubernetes/role/", "auth/kubernetes/role/..",
            "auth/kubernetes/../token/root", "auth/./kubernetes", "auth/kubernetes/role/a\nb",
            "auth/kubernetes/role/a\r\nX-Vault-Token: b", "auth/kubernetes/role/\u{0}", "auth/kubernetes/role/\u{7F}",
            "auth/kubernetes/role/\u{85}", "..", ".",
        ])
    func refusal(_ path: String) {
        #expect(performing: { _ = try VaultPath(path) }, throws: { ($0 as? VaultError)?.code == .rejected })
    }
}
