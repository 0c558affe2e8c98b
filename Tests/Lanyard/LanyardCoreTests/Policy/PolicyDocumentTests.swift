import LanyardAPI
import Testing

@testable import LanyardCore

@Suite("PolicyDocument")
struct PolicyDocumentTests {
    @Test("rules become exactly their policy text")
    func golden() {
        let access = Access(
            kv: [KVAccess(path: "orchestrator-dynamic/*", permissions: ["Read"])],
            pki: [PKIAccess(role: "neural-hive-services", operations: ["Issue"])])
        let (rules, violations) = AccessPlanner.rules(
            for: access, credentialPaths: ["database/creds/orchestrator-dynamic"], mounts: MountNames())
        let comment =
            "Managed by Lanyard: vaultrolebindings.lanyard.dev neural-hive-orchestration/orchestrator-dynamic "
            + "(cluster production). Changes by hand are undone."
        #expect(violations.isEmpty)
        #expect(
            PolicyDocument(merging: rules).hcl(comment: comment) == """
                # Managed by Lanyard: vaultrolebindings.lanyard.dev neural-hive-orchestration/orchestrator-dynamic \
                (cluster production). Changes by hand are undone.
                path "database/creds/orchestrator-dynamic" {
                  capabilities = ["read"]
                }
                path "pki/issue/neural-hive-services" {
                  capabilities = ["create", "update"]
                }
                path "secret/data/orchestrator-dynamic/*" {
                  capabilities = ["read"]
                }

                """)
    }

    @Test("conditions are written once each, in a fixed order, with names and values sorted")
    func conditions() {
        let rule = PolicyRule(
            path: "a/b", capabilities: [.update, .create, .list],
            allowedParameters: ["ttl": ["2h", "1h", "2h"], "*": []], deniedParameters: ["Role": ["x"]],
            requiredParameters: ["z", "A"], minWrappingTTL: 60, maxWrappingTTL: 90)
        #expect(
            PolicyDocument(merging: [rule]).hcl(comment: nil) == """
                path "a/b" {
                  capabilities = ["create", "update", "list"]
                  allowed_parameters = {
                    "*" = []
                    "ttl" = ["1h", "2h"]
                  }
                  denied_parameters = {
                    "role" = ["x"]
                  }
                  required_parameters = ["a", "z"]
                  min_wrapping_ttl = "60s"
                  max_wrapping_ttl = "90s"
                }

                """)
    }

    @Test("rules of one path become one, and deny wins")
    func merging() {
        let document = PolicyDocument(merging: [
            PolicyRule(path: "b", capabilities: [.read]), PolicyRule(path: "a", capabilities: [.read]),
            PolicyRule(path: "b", capabilities: [.list]), PolicyRule(path: "c", capabilities: [.update]),
            PolicyRule(path: "c", capabilities: [.deny]),
        ])
        #expect(
            document.rules == [
                PolicyRule(path: "a", capabilities: [.read]), PolicyRule(path: "b", capabilities: [.read, .list]),
                PolicyRule(path: "c", capabilities: [.deny]),
            ])
    }

    @Test(
        "a string is escaped so that it ends where it should",
        arguments: [
            (#"a"b"#, #""a\"b""#), (#"a\b"#, #""a\\b""#), ("a${b", #""a\u0024{b""#), ("a$${b", #""a$\u0024{b""#),
            ("a$", #""a$""#), ("a$b", #""a$b""#), ("a\nb", #""a\u000ab""#), ("a\u{0}b", #""a\u0000b""#),
            ("é", #""\u00e9""#), ("\u{1F600}", #""\U0001f600""#), (#"\${"#, #""\\\u0024{""#),
        ])
    func escaping(text: String, expected: String) {
        let document = PolicyDocument(merging: [PolicyRule(path: text, capabilities: [.read])])
        #expect(document.hcl(comment: nil).hasPrefix("path \(expected) {\n"))
    }

    @Test("a comment stays one line of printable characters, whatever is in it")
    func comment() {
        let hcl = PolicyDocument(merging: []).hcl(comment: "x\npath \"*\" {}\r\u{85}\u{2028}\u{1B}[2Jé")
        #expect(hcl == "# x?path \"*\" {}????[2J?\n")
    }

    @Test("no rules and no comment are no text")
    func empty() {
        #expect(PolicyDocument(merging: []).hcl(comment: nil).isEmpty)
    }
}
