import LanyardAPI
import Testing

@testable import LanyardCore

@Suite("AccessPlanner")
struct AccessPlannerTests {
    private static func plan(_ access: Access) -> (rules: [PolicyRule], violations: [SpecViolation]) {
        AccessPlanner.rules(for: access, credentialPaths: [], mounts: MountNames())
    }

    private static func fields(_ access: Access) -> [String] { plan(access).violations.map(\.field) }

    private static func rule(_ path: String, _ change: (inout AccessRule) -> Void = { _ in }) -> AccessRule {
        var rule = AccessRule(path: path, capabilities: ["read"])
        change(&rule)
        return rule
    }

    @Test("no access is no rules")
    func none() {
        let (rules, violations) = AccessPlanner.rules(for: nil, credentialPaths: [], mounts: MountNames())
        #expect(rules.isEmpty && violations.isEmpty)
    }

    @Test(
        "a permission on secrets of version 2 becomes its rule",
        arguments: [
            ("Read", "secret/data/a/*", [.read]), ("List", "secret/metadata/a/*", [.list]),
            ("Write", "secret/data/a/*", [.create, .update, .patch]), ("Delete", "secret/data/a/*", [.delete]),
            ("Undelete", "secret/undelete/a/*", [.update]), ("Destroy", "secret/destroy/a/*", [.update]),
            ("ReadMetadata", "secret/metadata/a/*", [.read]),
            ("WriteMetadata", "secret/metadata/a/*", [.create, .update, .patch]),
            ("DeleteMetadata", "secret/metadata/a/*", [.delete]),
        ] as [(String, String, Set<Capability>)])
    func kv2(permission: String, path: String, capabilities: Set<Capability>) {
        let (rules, violations) = Self.plan(Access(kv: [KVAccess(path: "a/*", permissions: [permission])]))
        #expect(rules == [PolicyRule(path: path, capabilities: capabilities)])
        #expect(violations.isEmpty)
    }

    @Test(
        "a permission on secrets of version 1 becomes its rule, or needs version 2",
        arguments: [
            ("Read", [.read]), ("List", [.list]), ("Write", [.create, .update]), ("Delete", [.delete]),
            ("Undelete", nil), ("Destroy", nil), ("ReadMetadata", nil), ("WriteMetadata", nil), ("DeleteMetadata", nil),
        ] as [(String, Set<Capability>?)])
    func kv1(permission: String, capabilities: Set<Capability>?) {
        let entry = KVAccess(mount: "kv1", path: "a/b", permissions: [permission], version: 1)
        let (rules, violations) = Self.plan(Access(kv: [entry]))
        #expect(rules == (capabilities.map { [PolicyRule(path: "kv1/a/b", capabilities: $0)] } ?? []))
        #expect(violations.map(\.field) == (capabilities == nil ? ["spec.access.kv[0].permissions[0]"] : []))
    }

    @Test("operations of PKI, transit and database roles become their rules")
    func engines() {
        let access = Access(
            pki: [PKIAccess(role: "web", operations: ["Issue", "Sign"])],
            transit: [
                TransitAccess(
                    key: "k",
                    operations: ["Encrypt", "Decrypt", "Rewrap", "Sign", "Verify", "HMAC", "DataKey", "WrappedDataKey"])
            ])
        let (rules, violations) = AccessPlanner.rules(
            for: access, credentialPaths: ["db/pg/creds/web_main"], mounts: MountNames(transit: "team/t"))
        #expect(violations.isEmpty)
        let transit = [
            "datakey/plaintext/k", "datakey/wrapped/k", "decrypt/k", "encrypt/k", "hmac/k", "rewrap/k", "sign/k",
            "verify/k",
        ]
        #expect(
            rules == [
                PolicyRule(path: "db/pg/creds/web_main", capabilities: [.read]),
                PolicyRule(path: "pki/issue/web", capabilities: [.create, .update]),
                PolicyRule(path: "pki/sign/web", capabilities: [.create, .update]),
            ] + transit.map { PolicyRule(path: "team/t/\($0)", capabilities: [.update]) })
    }

    @Test("rules of one path are merged, wherever they come from")
    func merging() {
        let access = Access(
            kv: [KVAccess(path: "a", permissions: ["Read", "Write", "Read"])], rules: [Self.rule("secret/data/a")])
        #expect(
            Self.plan(access).rules
                == [PolicyRule(path: "secret/data/a", capabilities: [.create, .read, .update, .patch])])
    }

    @Test("a structured rule keeps its conditions")
    func conditions() {
        let rule = Self.rule("pki/issue/x") {
            $0.capabilities = ["update", "deny"]
            $0.allowedParameters = ["TTL": ["1h"]]
            $0.deniedParameters = ["x": []]
            $0.requiredParameters = ["Name"]
            $0.minWrappingTTL = "1m"
            $0.maxWrappingTTL = "1h"
        }
        let (rules, violations) = Self.plan(Access(rules: [rule]))
        #expect(violations.isEmpty)
        #expect(
            rules == [
                PolicyRule(
                    path: "pki/issue/x", capabilities: [.deny], allowedParameters: ["ttl": ["1h"]],
                    deniedParameters: ["x": []], requiredParameters: ["name"], minWrappingTTL: 60, maxWrappingTTL: 3600)
            ])
    }

    @Test(
        "a path of secrets is exact or ends in a slash and an asterisk",
        arguments: [
            "", "*", "/*", "/a", "a/", "a//*", "a*", "a/*/*", "a/+", "a/+/*", "+/*", "../x", "a/../../../sys/x",
            "a/./b",
            "a\"b", "a\nb", "${a", "{{a}}", "%2e", "é", "a/*/", String(repeating: "a", count: 1025),
        ])
    func kvPaths(path: String) {
        let entry = KVAccess(path: path, permissions: ["Read"])
        #expect(
            Self.fields(Access(kv: [KVAccess(path: "ok", permissions: ["List"]), entry])) == ["spec.access.kv[1].path"])
        #expect(Self.plan(Access(kv: [entry])).rules.isEmpty)
    }

    @Test("what is wrong with an entry is named by its field")
    func entries() {
        let kv = [
            KVAccess(mount: "sys", path: "a", permissions: ["Read"]), KVAccess(path: "a", permissions: []),
            KVAccess(path: "a", permissions: ["Read", "sudo"]), KVAccess(path: "a", permissions: ["Read"], version: 3),
            KVAccess(path: "a", permissions: Array(repeating: "Read", count: 10_000)),
        ]
        #expect(
            Self.fields(Access(kv: kv)) == [
                "spec.access.kv[0].mount", "spec.access.kv[1].permissions", "spec.access.kv[2].permissions[1]",
                "spec.access.kv[3].version", "spec.access.kv[4].permissions",
            ])
        let pki = [
            PKIAccess(role: "../../sys/x", operations: ["Issue"]), PKIAccess(role: "*", operations: ["Issue"]),
            PKIAccess(role: "a", operations: ["issue"]), PKIAccess(mount: "a/../sys", role: "a", operations: ["Issue"]),
        ]
        #expect(
            Self.fields(Access(pki: pki)) == [
                "spec.access.pki[0].role", "spec.access.pki[1].role", "spec.access.pki[2].operations[0]",
                "spec.access.pki[3].mount",
            ])
        let transit = [
            TransitAccess(key: "a/b", operations: ["Sign"]), TransitAccess(key: "a", operations: ["Export"]),
            TransitAccess(mount: "", key: "a", operations: ["Sign"]),
        ]
        #expect(
            Self.fields(Access(transit: transit)) == [
                "spec.access.transit[0].key", "spec.access.transit[1].operations[0]", "spec.access.transit[2].mount",
            ])
        let (_, violations) = AccessPlanner.rules(
            for: nil, credentialPaths: ["database/creds/../x", "auth/creds/x"], mounts: MountNames())
        #expect(violations.map(\.field) == ["spec.databaseRoles[0].name", "spec.databaseRoles[1].name"])
    }

    @Test("all that is wrong with one entry is told at once, and each thing once")
    func allAtOnce() {
        let kv = KVAccess(mount: "sys", path: "/payments//x*", permissions: ["read", "Delete"], version: 3)
        #expect(
            Self.fields(Access(kv: [kv])) == [
                "spec.access.kv[0].version", "spec.access.kv[0].mount", "spec.access.kv[0].permissions[0]",
                "spec.access.kv[0].path",
            ])
        let twice = KVAccess(path: "a/../b", permissions: ["Read", "Delete"])
        #expect(Self.fields(Access(kv: [twice])) == ["spec.access.kv[0].path"])
        let rule = Self.rule("sys/*") { $0.capabilities = ["sudo"] }
        #expect(
            Self.fields(Access(rules: [rule])) == ["spec.access.rules[0].capabilities[0]", "spec.access.rules[0].path"])
        let pki = PKIAccess(mount: "sys", role: "*", operations: ["issue"])
        #expect(
            Self.fields(Access(pki: [pki])) == [
                "spec.access.pki[0].mount", "spec.access.pki[0].role", "spec.access.pki[0].operations[0]",
            ])
    }

    @Test(
        "no rule has sudo, root or a capability that no server knows", arguments: ["sudo", "root", "READ", "", "write"])
    func capabilities(name: String) {
        let rule = Self.rule("secret/a") { $0.capabilities = ["read", name] }
        #expect(Self.fields(Access(rules: [rule])) == ["spec.access.rules[0].capabilities[1]"])
    }

    @Test("what is wrong with a structured rule is named by its field")
    func structured() {
        let rules = [
            Self.rule("sys/policies/acl/*"), Self.rule("secret/a") { $0.capabilities = [] },
            Self.rule("secret/b") { $0.allowedParameters = ["a": ["${"], "A": []] },
            Self.rule("secret/c") { $0.deniedParameters = ["a\n": []] },
            Self.rule("secret/d") { $0.requiredParameters = Array(repeating: "a", count: 65) },
            Self.rule("secret/e") { $0.minWrappingTTL = "x" },
            Self.rule("secret/f") {
                $0.minWrappingTTL = "2h"
                $0.maxWrappingTTL = "1h"
            },
            Self.rule("secret/g") { $0.allowedParameters = ["a": [String(repeating: "x", count: 513)]] },
            Self.rule("secret/h") { $0.requiredParameters = ["{{x}}"] },
        ]
        #expect(
            Self.fields(Access(rules: rules))
                == [
                    "spec.access.rules[0].path", "spec.access.rules[1].capabilities",
                    "spec.access.rules[2].allowedParameters.a", "spec.access.rules[2].allowedParameters",
                    "spec.access.rules[3].deniedParameters", "spec.access.rules[4].requiredParameters",
                    "spec.access.rules[5].minWrappingTTL", "spec.access.rules[6].maxWrappingTTL",
                    "spec.access.rules[7].allowedParameters.a", "spec.access.rules[8].requiredParameters",
                ])
    }

    @Test("a path cannot have conditions in one entry and others in another")
    func differentConditions() {
        let access = Access(
            kv: [KVAccess(path: "a", permissions: ["Read"])],
            rules: [Self.rule("secret/data/a") { $0.requiredParameters = ["x"] }])
        #expect(Self.fields(access) == ["spec.access.rules[0].path"])
    }

    @Test("T22: thousands of entries, and texts that are too long, are one violation")
    func limits() {
        let many = (0..<10_000).map { KVAccess(path: "a\($0)", permissions: ["Read"]) }
        let (rules, violations) = Self.plan(Access(kv: many))
        #expect(rules.isEmpty)
        #expect(violations.map(\.field) == ["spec.access"])
        let all = KVPermission.allCases.map(\.rawValue)
        let expanding = (0..<400).map { KVAccess(path: "a\($0)", permissions: all) }
        #expect(Self.fields(Access(kv: expanding)) == ["spec.access"])
        let long = (0..<400).map { Self.rule("secret/\($0)/" + String(repeating: "x", count: 1000)) }
        #expect(Self.fields(Access(rules: long)) == ["spec.access"])
        let allowed = (0..<1000).map { Self.rule("secret/\($0)") }
        #expect(Self.plan(Access(rules: allowed)).rules.count == 1000)
        #expect(Self.fields(Access(rules: allowed)).isEmpty)
    }
}
