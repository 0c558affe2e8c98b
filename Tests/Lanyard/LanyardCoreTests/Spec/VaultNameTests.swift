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
