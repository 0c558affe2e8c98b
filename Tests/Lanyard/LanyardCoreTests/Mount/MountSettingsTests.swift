import KubernetesModel
import LanyardAPI
import Testing

@testable import LanyardCore

@Suite("MountSettings")
struct MountSettingsTests {
    /// An entry of `sys/mounts` of OpenBao 2.7.2.
    private static let entry: JSONValue = [
        "accessor": "kv_0f3fc121", "config": ["default_lease_ttl": 0, "force_no_cache": false, "max_lease_ttl": 0],
        "description": "", "local": false, "options": ["version": "2"], "plugin_version": "", "seal_wrap": false,
        "type": "kv", "uuid": "a40b2acd",
    ]

    private static func differences(_ settings: MountSettings, _ change: (inout JSONValue) -> Void) -> [String] {
        var entry = entry
        change(&entry)
        return settings.differences(from: entry).map(\.field)
    }

    @Test("a mount as the server makes it does not differ from one without settings")
    func plain() {
        #expect(Self.differences(MountSettings(type: .kv, kvVersion: 2)) { _ in } == [])
        #expect(Self.differences(MountSettings(type: .kv, kvVersion: 2)) { $0["config"] = nil } == [])
    }

    @Test("a lifetime of 0 is inherited, and differs from every other one")
    func inherited() {
        let settings = MountSettings(type: .kv, defaultLeaseTTL: 0, maxLeaseTTL: 3600, kvVersion: 2)
        #expect(Self.differences(settings) { $0["config"]?["max_lease_ttl"] = 3600 } == [])
        #expect(Self.differences(settings) { $0["config"]?["max_lease_ttl"] = "1h" } == [])
        #expect(Self.differences(settings) { _ in } == ["max_lease_ttl"])
        #expect(
            Self.differences(settings) { $0["config"] = ["default_lease_ttl": 1, "max_lease_ttl": 3600] }
                == ["default_lease_ttl"])
    }

    @Test("a mount that is not said to be listed is hidden", arguments: ["hidden", ""] as [JSONValue])
    func visibility(value: JSONValue) {
        let settings = MountSettings(type: .kv, kvVersion: 2)
        #expect(Self.differences(settings) { $0["config"]?["listing_visibility"] = value } == [])
        #expect(Self.differences(settings) { $0["config"]?["listing_visibility"] = "unauth" } == ["listing_visibility"])
    }

    @Test("a KV engine that names no version is of version 1")
    func version() {
        #expect(Self.differences(MountSettings(type: .kv, kvVersion: 1)) { $0["options"] = [:] } == [])
        #expect(Self.differences(MountSettings(type: .kv, kvVersion: 1)) { $0["options"] = .null } == [])
        #expect(
            Self.differences(MountSettings(type: .kv, kvVersion: 2)) { $0["options"] = .null } == ["options.version"])
    }

    @Test(
        "what audit logs show in clear and which headers pass is as declared, none where nothing is",
        arguments: [
            "audit_non_hmac_request_keys", "audit_non_hmac_response_keys", "passthrough_request_headers",
            "allowed_response_headers",
        ])
    func lists(field: String) {
        let settings = MountSettings(type: .kv, kvVersion: 2)
        #expect(Self.differences(settings) { $0["config"]?[field] = ["data"] } == [field])
        #expect(Self.differences(settings) { $0["config"]?[field] = .null } == [])
        #expect(settings.body[field] == [] && settings.enabling["config"]?[field] == nil)
        let open = MountSettings(
            type: .kv, auditedRequestKeys: ["b", "a"], auditedResponseKeys: ["a", "b"], kvVersion: 2)
        let shown: JSONValue = [
            "audit_non_hmac_request_keys": ["a", "b"], "audit_non_hmac_response_keys": ["b", "a"],
        ]
        #expect(Self.differences(open) { $0["config"] = shown } == [])
    }

    @Test("what enables a mount says all that what changes it says, and its type")
    func bodies() {
        let settings = MountSettings(
            type: .kv, description: "d", defaultLeaseTTL: 1, maxLeaseTTL: 2, listingVisibility: "unauth",
            auditedRequestKeys: ["a"], kvVersion: 1)
        let configuration: JSONValue = [
            "default_lease_ttl": 1, "max_lease_ttl": 2, "listing_visibility": "unauth",
            "audit_non_hmac_request_keys": ["a"],
        ]
        #expect(
            settings.enabling == [
                "type": "kv", "description": "d", "options": ["version": "1"], "config": configuration,
            ])
        var body = configuration
        body["description"] = "d"
        for field in ["audit_non_hmac_response_keys", "passthrough_request_headers", "allowed_response_headers"] {
            body[field] = []
        }
        #expect(settings.body == body)
        #expect(MountSettings(type: .jwt).enabling["options"] == nil)
    }
}
