import KubernetesModel
import Testing

@testable import LanyardCore

@Suite("VaultPolicy, compared with what is in Vault")
struct VaultPolicyTests {
    private static let policy = VaultPolicy(
        document: PolicyDocument(merging: [
            PolicyRule(path: "kv/a", capabilities: [.read, .list]), PolicyRule(path: "kv/b", capabilities: [.deny]),
            PolicyRule(path: "kv/c", capabilities: [.update], allowedParameters: ["ttl": []]),
        ]), comment: "ours")

    private static func data(_ text: String) -> JSONValue { ["name": "p", "policy": .string(text)] }

    private static let capabilitiesOfC =
        "path \"kv/c\" { capabilities = [\"update\"] allowed_parameters = { \"ttl\" = [] } }"

    @Test("the text that was written does not differ, and is the body")
    func same() {
        #expect(Self.policy.differences(from: Self.data(Self.policy.text)).isEmpty)
        #expect(Self.policy.body == ["policy": .string(Self.policy.text)])
        #expect(Self.policy.text.hasPrefix("# ours\npath \"kv/a\" {\n"))
    }

    @Test(
        "order, blanks, comments, leading slash, repeated stanzas and form do not differ",
        arguments: [
            "path \"kv/b\" { capabilities = [\"deny\", \"read\"] } path \"/kv/a\" { capabilities=[\"list\",\"read\"] }\n",
            "path \"kv/a\" { capabilities = [\"list\"] } path \"kv/b\" { capabilities = [\"deny\"] }\n"
                + "path \"kv/a\" { capabilities = [\"read\"] required_parameters = [] }\n",
        ])
    func cosmetic(text: String) {
        #expect(Self.policy.differences(from: Self.data(text + Self.capabilitiesOfC)).isEmpty)
    }

    @Test("the JSON form does not differ")
    func json() {
        let text = """
            {"path":{"kv/a":{"capabilities":["read","list"]},"kv/b":{"capabilities":["deny"]},
            "kv/c":{"capabilities":["update"],"allowed_parameters":{"TTL":[]}}}}
            """
        #expect(Self.policy.differences(from: Self.data(text)).isEmpty)
    }

    @Test("what differs in effect is named, path by path")
    func effect() {
        let text = """
            path "kv/a" { capabilities = ["read", "sudo"] }
            path "kv/c" { capabilities = ["update"] min_wrapping_ttl = 5 expiration = "2020-01-01T00:00:00Z" }
            path "x\\u001b/*" { capabilities = ["read"] }
            """
        #expect(
            Self.policy.differences(from: Self.data(text)) == [
                FieldDifference(field: "path \"kv/a\"", summary: "capabilities [read, sudo], wanted [read, list]"),
                FieldDifference(field: "path \"kv/b\"", summary: "is missing"),
                FieldDifference(field: "path \"kv/c\"", summary: "allowed_parameters differs"),
                FieldDifference(field: "path \"kv/c\"", summary: "has expiration"),
                FieldDifference(field: "path \"kv/c\"", summary: "min_wrapping_ttl differs"),
                FieldDifference(field: "path \"x?/*\"", summary: "is not wanted, has [read]"),
            ])
    }

    @Test("a stanza without capabilities is not one that denies")
    func emptyIsNotDeny() {
        let deny = PolicyDocument(merging: [PolicyRule(path: "a", capabilities: [.deny])])
        let empty = PolicyDocument(merging: [PolicyRule(path: "a", capabilities: [])])
        #expect(deny.differences(from: empty).count == 1)
    }

    @Test("characters that are equal to ours only as Unicode sees it differ")
    func canonicalEquivalence() {
        let policy = VaultPolicy(
            document: PolicyDocument(merging: [PolicyRule(path: "kv/K", capabilities: [.read])]), comment: "x")
        let alike = policy.text.replacing("K", with: "\u{212A}")
        #expect(alike == policy.text)
        #expect(policy.differences(from: Self.data(alike)).map(\.field) == ["policy"])
    }

    @Test(
        "an answer that is no policy of ours differs and never traps",
        arguments: [
            .null, [], 5, [:], ["policy": 5], ["policy": .null], ["rules": "x"], ["policy": "path \"a"],
            ["policy": "", "expiration": ""],
        ] as [JSONValue])
    func malformed(data: JSONValue) {
        #expect(!Self.policy.differences(from: data).isEmpty)
    }

    @Test("version and time of change do not differ")
    func volatile() {
        var data = Self.data(Self.policy.text)
        data["version"] = 7
        data["modified"] = "2026-01-01T00:00:00.1Z"
        data["cas_required"] = true
        #expect(Self.policy.differences(from: data).isEmpty)
    }

    @Test(
        "an expiry or a looser template that somebody set differs",
        arguments: [
            ("expiration", "2030-01-01T00:00:00Z"), ("allow_slashes_in_identity_templates", true),
            ("allow_wildcards_in_identity_templates", true),
        ] as [(String, JSONValue)])
    func unmanaged(field: String, value: JSONValue) {
        var data = Self.data(Self.policy.text)
        data[field] = value
        #expect(Self.policy.differences(from: data).map(\.field) == [field])
    }

    @Test("no rule's path is part of the name by which a difference is counted, however the path reads")
    func fieldNames() {
        var data = Self.data("path \"kv/x\" {} path \"path/y\" { capabilities = [\"list\"] }")
        data["expiration"] = "2030-01-01T00:00:00Z"
        let differences = Self.policy.differences(from: data)
        // Three are missing, two are not wanted, and somebody set an expiry.
        #expect(differences.count == 6)
        #expect(Set(differences.map(\.fieldName)) == ["path", "expiration"])
    }

    @Test("a summary shows the first differences in order, then how many more there are")
    func summary() {
        let differences = (0..<12).reversed().map { FieldDifference(field: "f\($0 + 10)", summary: "s") }
        #expect(FieldDifference.summary(differences, limit: 2) == "f10: s; f11: s; and 10 more")
        #expect(FieldDifference.summary([]).isEmpty)
        #expect(FieldDifference.display(String(repeating: "é", count: 200)).unicodeScalars.count == 129)
    }
}
