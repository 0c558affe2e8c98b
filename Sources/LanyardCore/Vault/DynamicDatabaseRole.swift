package import KubernetesModel

/// A dynamic role of the database engine: how Vault makes and removes a database user for each lease.
package struct DynamicDatabaseRole: Equatable, Sendable {
    /// The connection, `db_name` to the server.
    package var connection: String
    /// SQL that makes a user, in order.
    package var creation: [String]
    /// SQL that removes a user; the plugin's own when empty.
    package var revocation: [String]
    /// SQL that extends a user's life; the plugin's own when empty.
    package var renew: [String]
    /// SQL that cleans up when creation failed; the plugin's own when empty.
    package var rollback: [String]
    /// Lifetime of a lease in seconds; 0 inherits the mount's.
    package var defaultTTL: Int
    /// Greatest lifetime of a lease in seconds; 0 inherits the mount's.
    package var maxTTL: Int
    /// `password`, `rsa_private_key` or `client_certificate`.
    package var credentialType: String
    /// Settings of the credential type; the server's defaults where a key is missing.
    package var credentialConfig: [String: String]

    /// Makes a role.
    package init(
        connection: String, creation: [String], revocation: [String] = [], renew: [String] = [],
        rollback: [String] = [], defaultTTL: Int = 0, maxTTL: Int = 0, credentialType: String = "password",
        credentialConfig: [String: String] = [:]
    ) {
        self.connection = connection
        self.creation = creation
        self.revocation = revocation
        self.renew = renew
        self.rollback = rollback
        self.defaultTTL = defaultTTL
        self.maxTTL = maxTTL
        self.credentialType = credentialType
        self.credentialConfig = credentialConfig
    }

    /// The whole managed field set, zeros included: a write merges, so what is left out would keep its old value.
    ///
    /// Only `credential_config` is left out when it is empty, because the server ignores an empty one.
    package var body: JSONValue {
        var members: [String: JSONValue] = [
            "db_name": .string(connection),
            "creation_statements": Self.statements(creation),
            "revocation_statements": Self.statements(revocation),
            "renew_statements": Self.statements(renew),
            "rollback_statements": Self.statements(rollback),
            "default_ttl": .integer(Int64(defaultTTL)),
            "max_ttl": .integer(Int64(maxTTL)),
            "credential_type": .string(credentialType),
        ]
        let config = effectiveConfig
        if !config.isEmpty { members["credential_config"] = .object(config.mapValues(JSONValue.string)) }
        return .object(members)
    }

    /// The fields in which a role differs from this one, sorted; empty means that no write is needed.
    ///
    /// - Parameter actual: the `data` of a read.
    package func differences(from actual: JSONValue) -> [FieldDifference] {
        var comparison = FieldComparison(of: actual)
        comparison.text("db_name", wanted: connection)
        comparison.statements("creation_statements", wanted: creation)
        comparison.statements("revocation_statements", wanted: revocation, droppingEmpty: true)
        comparison.statements("renew_statements", wanted: renew)
        comparison.statements("rollback_statements", wanted: rollback)
        comparison.duration("default_ttl", wanted: defaultTTL)
        comparison.duration("max_ttl", wanted: maxTTL)
        comparison.text("credential_type", wanted: credentialType, default: "password")
        compareConfig(in: &comparison)
        return comparison.differences
    }

    /// Whether a write would not be enough to make a role equal to this one: the server keeps a `credential_config`
    /// once it is set, whatever is written, until the role is deleted.
    ///
    /// - Parameter actual: the `data` of a read.
    package func needsRecreation(from actual: JSONValue) -> Bool {
        guard effectiveConfig.isEmpty else { return false }
        return differences(from: actual).contains { $0.field == Self.configField }
    }

    private static let configField = "credential_config"

    private static func statements(_ statements: [String]) -> JSONValue {
        .array(statements.map { .string($0.trimmed) })
    }

    /// With the defaults that the server fills in for RSA keys, which are thereby put back too.
    private var effectiveConfig: [String: String] {
        guard credentialType == "rsa_private_key" else { return credentialConfig }
        return ["key_bits": "2048", "format": "pkcs8"].merging(credentialConfig) { _, given in given }
    }

    /// Values are compared as text, because the server turns numbers in texts into numbers. Keys that nobody asked
    /// for differ, except those of certificates, where the server fills in more. Private keys are never read back.
    private func compareConfig(in comparison: inout FieldComparison) {
        guard let actual = (comparison[Self.configField] ?? [:]).object else {
            return comparison.differs(Self.configField, "is not an object")
        }
        let wanted = effectiveConfig.filter { $0.key != "ca_private_key" }
        let changed = wanted.filter { !(Self.text(actual[$0.key])?.hasSameBytes(as: $0.value) ?? false) }.keys
        let extra = credentialType == "client_certificate" ? [] : actual.keys.filter { effectiveConfig[$0] == nil }
        let names = (changed + extra).sorted()
        guard !names.isEmpty else { return }
        let remedy = wanted.isEmpty ? ", cleared only by deleting the role" : ""
        comparison.differs(Self.configField, "\(FieldDifference.display(names)) differ\(remedy)")
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
