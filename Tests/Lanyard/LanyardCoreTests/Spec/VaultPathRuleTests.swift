import Testing

@testable import LanyardCore

@Suite("VaultPathRule")
struct VaultPathRuleTests {
    @Test(
        "ordinary patterns are accepted",
        arguments: [
            "secret/data/a", "secret/data/a/*", "secret/data/team-a*", "secret/+/a", "secret/data/+/+/x*",
            "secret/metadata/", "secret", "secret/data/a b", "secret/data/a{b}c", "secret/data/$a", "kv/a.b/..c",
            "secret/data/app/auth/x", "pki/issue/web", "secret/data/x?y=z#", String(repeating: "a", count: 512) + "/*",
        ])
    func accepted(path: String) {
        #expect(VaultPathRule.violation(inPolicyPath: path) == nil)
    }

    @Test(
        "T1: the server's own paths are refused in any case",
        arguments: [
            "sys", "sys/", "sys/*", "SYS/policies/acl/x", "sys/policies/acl/*", "auth", "auth/token/create", "Auth/*",
            "identity/entity/*", "IDENTITY", "cubbyhole/x", "CubbyHole",
        ])
    func system(path: String) {
        #expect(VaultPathRule.violation(inPolicyPath: path) != nil)
    }

    @Test(
        "T1: the first segment is never a wildcard", arguments: ["*", "+", "+/x", "+/policies/*", "s*", "sy+", "sys*"])
    func firstSegment(path: String) {
        #expect(VaultPathRule.violation(inPolicyPath: path) != nil)
    }

    @Test(
        "T1: whatever a server or a proxy would normalise is refused",
        arguments: [
            "", "/", "/secret/a", "//secret", "secret//a", "secret/./a", "secret/../sys/x", "..", ".", "a/..", "a/.",
            "secret/%2e%2e/sys", "secret%2fa", " secret/a", "secret/a ", " sys/x", "secret/a\\..\\b",
        ])
    func normalised(path: String) {
        #expect(VaultPathRule.violation(inPolicyPath: path) != nil)
    }

    @Test(
        "T3: wildcards are only where the server takes them for such",
        arguments: ["a/*/b", "a/**", "a/b*c", "a/+b", "a/b+", "a/+*", "a/*+", "a/++", "a/b*/"])
    func wildcards(path: String) {
        #expect(VaultPathRule.violation(inPolicyPath: path) != nil)
    }

    @Test(
        "T4 to T7: quotes, escapes, control characters, interpolation, templates and look-alikes are refused",
        arguments: [
            "a/\"", "a/\" {}\npath \"*", "a/\\u002a", "a/\\x2a", "a/\n", "a/\r", "a/\t", "a/\u{0}", "a/\u{7F}",
            "a/\u{1B}[2J", "a/${x", "a/${x}", "a/{{identity.entity.id}}", "a/}}", "a/{{", "a/é", "a/\u{212A}",
            "a/\u{202E}x", "а/x", "a/\u{200B}", "a/\u{85}", "a/\u{2028}", String(repeating: "a", count: 1025),
        ])
    func injections(path: String) {
        #expect(VaultPathRule.violation(inPolicyPath: path) != nil)
    }
}
