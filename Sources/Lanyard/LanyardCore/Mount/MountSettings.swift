package import KubernetesModel
package import LanyardAPI

/// A mount with the settings that every mount has, as the listings of auth methods and secrets engines show them.
package struct MountSettings: VaultObject {
    /// What is mounted.
    package var type: VaultMountType
    /// For people.
    package var description = ""
    /// In seconds; 0 inherits the server's.
    package var defaultLeaseTTL = 0
    /// In seconds; 0 inherits the server's.
    package var maxLeaseTTL = 0
    /// `hidden` or `unauth`.
    package var listingVisibility = "hidden"
    /// Members of requests that audit logs show in clear.
    package var auditedRequestKeys: [String] = []
    /// Members of answers that audit logs show in clear.
    package var auditedResponseKeys: [String] = []
    /// 1 or 2; nil for everything but a KV engine.
    package var kvVersion: Int?

    /// What is sent to change the settings: all of them, zeros included.
    package var body: JSONValue {
        var members = configuration
        members["description"] = .string(description)
        return .object(members)
    }

    /// What is sent to enable it. A new mount has no lists that would have to be emptied.
    package var enabling: JSONValue {
        var body: JSONValue = [
            "type": .string(type.rawValue), "description": .string(description),
            "config": .object(configuration.filter { $0.value != [] }),
        ]
        if let kvVersion { body["options"] = ["version": .string(String(kvVersion))] }
        return body
    }

    /// The description of a mount from its enabling until the ledger says that it was made here. Nobody else gives a
    /// mount this one, so whatever ends a pass in between, the mount is known again.
    static func mark(of ownerUID: String) -> String { "Lanyard is making this for the VaultMount \(ownerUID)" }

    /// Whether an entry of the listing has the mark.
    static func isMarked(_ entry: JSONValue, by ownerUID: String) -> Bool {
        !ownerUID.isEmpty && entry["description"]?.string == mark(of: ownerUID)
    }

    /// The settings in which a mount of the same type differs from this one, sorted; empty means that no write is needed.
    ///
    /// - Parameter actual: its entry in the listing, where a TTL of 0 is inherited. The mount's own `tune` would show the
    ///   effective one.
    package func differences(from actual: JSONValue) -> [FieldDifference] {
        var top = FieldComparison(of: actual)
        top.text("description", wanted: description)
        var config = FieldComparison(of: actual["config"] ?? [:])
        config.duration(Self.defaultTTLField, wanted: defaultLeaseTTL)
        config.duration(Self.maxTTLField, wanted: maxLeaseTTL)
        config.text(Self.visibilityField, wanted: listingVisibility, default: "hidden")
        for (field, list) in lists { config.set(field, wanted: list) }
        if let kvVersion {
            // A KV engine without a version is of version 1.
            let version = actual["options"]?["version"]?.string ?? "1"
            if version != String(kvVersion) {
                top.differs(Self.versionField, "\(FieldDifference.display(version)), wanted \(kvVersion)")
            }
        }
        return (top.differences + config.differences).sorted()
    }

    /// The version of a KV engine: no server goes back, and going forward changes the paths of all secrets.
    package func unchangeable(among differences: [FieldDifference], isDrift: Bool) -> [FieldDifference] {
        differences.filter { $0.field == Self.versionField }
    }

    private var configuration: [String: JSONValue] {
        var members: [String: JSONValue] = [
            Self.defaultTTLField: .integer(Int64(defaultLeaseTTL)), Self.maxTTLField: .integer(Int64(maxLeaseTTL)),
            Self.visibilityField: .string(listingVisibility),
        ]
        for (field, list) in lists { members[field] = .array(list.sorted().map(JSONValue.string)) }
        return members
    }

    /// What audit logs show in clear, and the headers that the engine sees and may set, which nobody can ask for.
    private var lists: [(field: String, list: [String])] {
        [
            ("audit_non_hmac_request_keys", auditedRequestKeys),
            ("audit_non_hmac_response_keys", auditedResponseKeys), ("passthrough_request_headers", []),
            ("allowed_response_headers", []),
        ]
    }

    private static let defaultTTLField = "default_lease_ttl"
    private static let maxTTLField = "max_lease_ttl"
    private static let visibilityField = "listing_visibility"
    private static let versionField = "options.version"
}
