import KubernetesModel

/// What a database role hands out: the type of its credentials, and settings of that type.
package struct DatabaseCredential: Equatable, Sendable {
    /// The types that the server knows.
    static let types = ["password", "rsa_private_key", "client_certificate"]

    private static let configField = "credential_config"
    /// The longest value of a setting, in bytes (threat T22).
    private static let maximumLength = 64 * 1024

    /// `password`, `rsa_private_key` or `client_certificate`; a static role has none of these last.
    package var type: String
    /// The server's defaults hold where a key is missing.
    package var config: [String: String]

    /// A password as the server makes it, unless something else is said.
    package init(type: String? = nil, config: [String: String]? = nil) {
        self.type = type ?? "password"
        self.config = config ?? [:]
    }

    /// The body members. Only `credential_config` is left out when it is empty, because the server ignores an empty one.
    var members: [String: JSONValue] {
        var members: [String: JSONValue] = ["credential_type": .string(type)]
        let config = effectiveConfig
        if !config.isEmpty { members[Self.configField] = .object(config.mapValues(JSONValue.string)) }
        return members
    }

    /// What is wrong with it.
    ///
    /// - Parameter field: the path of the role in its spec, such as `spec.databaseRoles[0]`.
    func violations(field: String) -> [SpecViolation] {
        var found: [SpecViolation] = []
        func violate(_ name: String, _ message: String) {
            found.append(SpecViolation(kind: .invalid, field: "\(field).\(name)", message: message))
        }
        if !Self.types.contains(type) {
            violate("credentialType", "must be one of \(Self.types.joined(separator: ", "))")
        }
        let lengths = config.map { max($0.key.utf8.count, $0.value.utf8.count) }
        if lengths.count > 16 || lengths.contains(where: { $0 > Self.maximumLength }) {
            violate("credentialConfig", "must not have more than 16 entries, or entries longer than 64 KiB")
        }
        if config["ca_private_key"] != nil {
            violate("credentialConfig", "must not have ca_private_key: a resource is no place for a secret")
        }
        return found
    }

    /// Compares type and settings.
    ///
    /// Settings are compared as text, because the server turns numbers in texts into numbers. Keys that nobody asked
    /// for differ, except those of certificates, where the server fills in more.
    func compare(in comparison: inout FieldComparison) {
        comparison.text("credential_type", wanted: type, default: "password")
        guard let actual = (comparison[Self.configField] ?? [:]).object else {
            return comparison.differs(Self.configField, "is not an object")
        }
        let wanted = effectiveConfig.filter { $0.key != "ca_private_key" }
        let changed = wanted.filter { !(Self.text(actual[$0.key])?.hasSameBytes(as: $0.value) ?? false) }.keys
        let extra = type == "client_certificate" ? [] : actual.keys.filter { effectiveConfig[$0] == nil }
        let names = (changed + extra).sorted()
        guard !names.isEmpty else { return }
        let remedy = wanted.isEmpty ? ", cleared only by deleting the role" : ""
        comparison.differs(Self.configField, "\(FieldDifference.display(names)) differ\(remedy)")
    }

    /// Whether a write does not take a difference away: the server keeps settings once there are some, whatever is
    /// written, until the role is deleted or gets others.
    func isUnchangeable(_ difference: FieldDifference) -> Bool {
        difference.field == Self.configField && effectiveConfig.isEmpty
    }

    /// With the defaults that the server fills in for RSA keys, which are thereby put back too.
    private var effectiveConfig: [String: String] {
        guard type == "rsa_private_key" else { return config }
        return ["key_bits": "2048", "format": "pkcs8"].merging(config) { _, given in given }
    }

    private static func text(_ value: JSONValue?) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .bool(let flag): String(flag)
        case .number: value?.integer.map { String($0) }
        default: nil
        }
    }
}
