import Testing

@testable import LanyardCore

@Suite("VaultName")
struct VaultNameTests {
    private static let attacks = [
        "", ".", "..", "a..b", ".a", "a.", "-a", "a-", "a.-b", "_a", "a_", "a b", " a", "a ", "a/b", "a/../b", "a%2fb",
        "a\\b", "a\"b", "a\nb", "a\u{0}", "a,b", "a*", "+", "é", "\u{212A}", "а", "a{{b}}", "${a}", "a:b", "a@b",
        String(repeating: "a", count: VaultName.maximumLength + 1),
    ]

    @Test("a name that some server would change or misread is refused", arguments: attacks)
    func refused(name: String) {
        #expect(VaultName.violation(inRoleName: name) != nil)
        #expect(VaultName.violation(inPolicyName: name) != nil)
        #expect(VaultName.violation(inDatabaseRoleName: name) != nil)
    }

    @Test(
        "ordinary and derived names are accepted",
        arguments: ["a", "0", "web-1", "lanyard.production.team.web", String(repeating: "a", count: 389)])
    func accepted(name: String) {
        #expect(VaultName.violation(inRoleName: name) == nil)
        #expect(VaultName.violation(inPolicyName: name) == nil)
        #expect(VaultName.violation(inDatabaseRoleName: name) == nil)
    }

    @Test(
        "an underscore is the same to every server",
        arguments: ["transit_encryption", "dev_common-lease-renew", "a.b_c"])
    func underscore(name: String) {
        #expect(VaultName.violation(inDatabaseRoleName: name) == nil)
        #expect(VaultName.violation(inRoleName: name) == nil)
        #expect(VaultName.violation(inPolicyName: name) == nil)
        // Of an object of Kubernetes it would be no name.
        #expect(VaultName.violation(inKubernetesName: name) != nil)
    }

    @Test("capitals are for database roles, whose engines tell them apart; elsewhere it is said that they are folded")
    func capitals() {
        for name in ["A", "aB", "Transit-Encryption"] {
            #expect(VaultName.violation(inDatabaseRoleName: name) == nil)
            #expect(VaultName.violation(inRoleName: name)?.hasSuffix("the server folds capitals") == true)
            #expect(VaultName.violation(inPolicyName: name)?.hasSuffix("the server folds capitals") == true)
        }
    }

    @Test("a policy with slashes can be had beside one's own, and the message says so")
    func slashes() {
        #expect(VaultName.violation(inPolicyName: "payments/app-read")?.contains("spec.token.extraPolicies") == true)
    }

    @Test("a built-in policy cannot be taken", arguments: ["root", "default", "response-wrapping", "default-ceiling"])
    func builtIn(name: String) {
        #expect(VaultName.violation(inPolicyName: name) != nil)
        #expect(VaultName.violation(inRoleName: name) == nil)
        #expect((VaultName.violation(inPolicyReference: name) == nil) == (name == "default"))
    }

    @Test("a reference follows the server's own rule", arguments: ["a", "A_1", "_x_", "a.b-c", "1"])
    func references(name: String) {
        #expect(VaultName.violation(inReference: name) == nil)
        #expect(VaultName.violation(inMount: name) == nil)
    }

    @Test(
        "a reference that could leave its place in a path is refused",
        arguments: ["", ".", "..", "-a", "a-", "a/b", "a b", "a*", "+", "*", "a%2f", "é", "a\n", "${a}", "a\"", "a\\"])
    func refusedReferences(name: String) {
        #expect(VaultName.violation(inReference: name) != nil)
    }

    @Test("extra policies may have slashes and must be lower case", arguments: ["base", "team/base_1", "a.b"])
    func policyReferences(name: String) {
        #expect(VaultName.violation(inPolicyReference: name) == nil)
    }

    @Test(
        "other extra policies are refused",
        arguments: ["", "Root", "Base", " root", "a,root", "a//b", "/a", "a/", "a/../b", "*", "a*", "{{x}}", "rооt"])
    func refusedPolicyReferences(name: String) {
        #expect(VaultName.violation(inPolicyReference: name) != nil)
    }

    @Test("mounts may have several segments", arguments: ["secret", "team-a/kv", "KV_2"])
    func mounts(mount: String) {
        #expect(VaultName.violation(inMount: mount) == nil)
        #expect(VaultName.violation(inAuthMount: mount) == nil)
    }

    @Test(
        "a mount that is the server's own or no plain path is refused",
        arguments: [
            "", "/", "secret/", "/secret", "a//b", "sys", "SYS", "sys/policies", "auth", "auth/token", "Identity",
            "cubbyhole/x", "..", "a/..", "*", "+", "a/*", "a b", "%73ys", "é", String(repeating: "a", count: 257),
        ])
    func refusedMounts(mount: String) {
        #expect(VaultName.violation(inMount: mount) != nil)
    }

    @Test("the token method is no mount for roles", arguments: ["token", "Token", "a/../token", "kubernetes/"])
    func authMounts(mount: String) {
        #expect(VaultName.violation(inAuthMount: mount) != nil)
    }
}

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
