import KubernetesModel
import Testing

@testable import LanyardCore

@Suite("KubernetesAuthRole")
struct KubernetesAuthRoleTests {
    private static let role = KubernetesAuthRole(
        serviceAccountNames: ["web", "api"], namespaces: ["shop"], audience: "vault",
        token: TokenFields(
            ttl: 3600, maxTTL: 86_400, boundCIDRs: ["10.0.0.0/8", "2001:db8::1"], policies: ["shop", "base"]))

    /// What a server returns after the body was written.
    private static let stored: JSONValue = [
        "alias_name_source": "serviceaccount_uid", "audience": "vault", "bound_service_account_names": ["api", "web"],
        "bound_service_account_namespace_selector": "", "bound_service_account_namespaces": ["shop"],
        "token_bound_cidrs": ["10.0.0.0/8", "2001:db8::1"], "token_explicit_max_ttl": 0, "token_max_ttl": 86_400,
        "token_no_default_policy": false, "token_num_uses": 0, "token_period": 0, "token_policies": ["base", "shop"],
        "token_strictly_bind_ip": false, "token_ttl": 3600, "token_type": "default",
    ]

    private static func differences(_ field: String, _ value: JSONValue?) -> [FieldDifference] {
        var data = stored
        data[field] = value
        return role.differences(from: data)
    }

    @Test("the body is every managed field, zeros included, lists sorted")
    func body() {
        #expect(Self.role.body == Self.stored)
        let bare = KubernetesAuthRole(serviceAccountNames: ["a"], namespaces: ["n"])
        #expect(bare.body.object?.count == Self.stored.object?.count)
        #expect(bare.body["audience"] == "")
        #expect(bare.body["token_bound_cidrs"] == [])
        #expect(bare.body["token_period"] == 0)
        #expect(bare.body["alias_name_source"] == "serviceaccount_uid")
    }

    @Test("what was written does not differ")
    func same() {
        #expect(Self.role.differences(from: Self.stored).isEmpty)
    }

    @Test(
        "a missing field is its zero or its default",
        arguments: [
            "alias_name_source", "bound_service_account_namespace_selector", "token_explicit_max_ttl",
            "token_no_default_policy", "token_num_uses", "token_period", "token_strictly_bind_ip", "token_type",
        ])
    func missingIsZero(field: String) {
        #expect(Self.differences(field, nil).isEmpty)
        #expect(Self.differences(field, .null).isEmpty)
    }

    @Test("an audience that was cleared differs, although the field is not there")
    func missingAudience() {
        #expect(
            Self.differences("audience", nil) == [FieldDifference(field: "audience", summary: "\"\", wanted \"vault\"")]
        )
    }

    @Test(
        "a security field that nobody asked for differs",
        arguments: [
            ("policies", ["admin"]), ("ttl", 60), ("max_ttl", 60), ("period", 60), ("num_uses", 1),
            ("bound_cidrs", ["10.0.0.1"]), ("token_strictly_bind_ip", true), ("token_period", 60),
            ("bound_service_account_namespace_selector", "{\"matchLabels\":{\"a\":\"b\"}}"),
            ("token_no_default_policy", true), ("token_explicit_max_ttl", 1), ("token_num_uses", 1),
        ] as [(String, JSONValue)])
    func unmanaged(field: String, value: JSONValue) {
        #expect(Self.differences(field, value).map(\.field) == [field])
    }

    @Test(
        "a security field that is there and zero does not differ",
        arguments: [.null, [], "", 0, false] as [JSONValue])
    func unmanagedZero(value: JSONValue) {
        #expect(Self.differences("policies", value).isEmpty)
    }

    @Test(
        "durations are compared in seconds, whatever their form",
        arguments: [3600, "3600", "1h", "60m", "1h0m0s", "3600.9s", .number(3600)] as [JSONValue])
    func durations(value: JSONValue) {
        #expect(Self.differences("token_ttl", value).isEmpty)
    }

    @Test("no lifetime means the mount's, so that it differs from any")
    func inherited() {
        #expect(
            Self.differences("token_ttl", 0) == [FieldDifference(field: "token_ttl", summary: "0s, wanted 1h")])
        #expect(
            Self.differences("token_ttl", "24h") == [FieldDifference(field: "token_ttl", summary: "24h, wanted 1h")])
    }

    @Test(
        "lists are sets of trimmed elements, given as array or as text",
        arguments: [["web", "api", "web"], [" web", "api "], "api,web", " web , api"] as [JSONValue])
    func sets(value: JSONValue) {
        #expect(Self.differences("bound_service_account_names", value).isEmpty)
    }

    @Test(
        "an element more or less differs",
        arguments: [["web"], ["web", "api", "*"], ["web", "ap*"], "web,api,,", ["Web", "api"], []] as [JSONValue])
    func setsDiffer(value: JSONValue) {
        #expect(Self.differences("bound_service_account_names", value).map(\.field) == ["bound_service_account_names"])
    }

    @Test(
        "networks are compared by what they are",
        arguments: [
            ["2001:DB8:0::1/128", "10.0.0.0/8"], ["10.0.0.0/8", "2001:0db8:0:0:0:0:0:1"],
            "10.0.0.0/8, 2001:db8::1",
        ] as [JSONValue])
    func networks(value: JSONValue) {
        #expect(Self.differences("token_bound_cidrs", value).isEmpty)
    }

    @Test(
        "another network differs, and host bits count",
        arguments: [
            ["10.0.0.1/8", "2001:db8::1"], ["10.0.0.0/8"], ["10.0.0.0/8", "2001:db8::1", "0.0.0.0/0"],
            ["10.0.0.0/8", "2001:db8::1", "/tmp/socket"], ["10.0.0.0/8", "2001:db8::1/127"],
        ] as [JSONValue])
    func networksDiffer(value: JSONValue) {
        #expect(Self.differences("token_bound_cidrs", value).map(\.field) == ["token_bound_cidrs"])
    }

    @Test("an empty token type is the default one")
    func tokenType() {
        #expect(Self.differences("token_type", "").isEmpty)
        #expect(Self.differences("token_type", "batch").map(\.field) == ["token_type"])
    }

    @Test("policies fold to lower case, and only they")
    func folding() {
        #expect(Self.differences("token_policies", ["Shop", "BASE", "base"]).isEmpty)
        #expect(Self.differences("token_policies", ["shop", "base", "root"]).map(\.field) == ["token_policies"])
        #expect(Self.differences("audience", "Vault").map(\.field) == ["audience"])
    }

    @Test(
        "a value of the wrong type differs, in every field", arguments: stored.object?.keys.sorted() ?? [],
        [["x": 1], [["x"]], [5], .number(3600.5)] as [JSONValue])
    func wrongType(field: String, value: JSONValue) {
        #expect(Self.differences(field, value).map(\.field) == [field])
    }

    @Test("an answer that is no object differs", arguments: [.null, [], "x", 1] as [JSONValue])
    func noObject(value: JSONValue) {
        #expect(Self.role.differences(from: value).contains { $0.field == "data" })
    }

    @Test("summaries of foreign text are printable and bounded")
    func foreignText() throws {
        let text = "\u{1B}[2J" + String(repeating: "x", count: 5000)
        let summary = try #require(Self.differences("audience", .string(text)).first?.summary)
        #expect(summary.utf8.count < 200)
        #expect(summary.hasPrefix("\"?[2Jx"))
        let many = JSONValue.array((0..<5000).map { .string("p\($0)") })
        #expect(try #require(Self.differences("token_policies", many).first?.summary.utf8.count) < 200)
    }

    @Test("a name that is not literal is refused", arguments: ["*", "app*", "a,b", "", "A", "a/b", "a?", "[a]"])
    func globs(name: String) {
        let role = KubernetesAuthRole(serviceAccountNames: ["a", name], namespaces: ["n"])
        #expect(role.violations.map(\.field) == ["spec.serviceAccountNames[1]"])
        let elsewhere = KubernetesAuthRole(serviceAccountNames: ["a"], namespaces: [name])
        #expect(elsewhere.violations.map(\.field) == ["spec.serviceAccountNames"])
    }

    @Test("other fields that the server would not take as they are meant are refused")
    func violations() {
        let role = KubernetesAuthRole(
            serviceAccountNames: [], namespaces: [], audience: " x", aliasNameSource: "serviceaccount")
        #expect(
            role.violations.map(\.field) == [
                "spec.serviceAccountNames", "spec.serviceAccountNames", "spec.kubernetesAuth.audience",
                "spec.kubernetesAuth.aliasNameSource",
            ])
        #expect(Self.role.violations.isEmpty)
    }
}
