package import KubernetesModel

/// A static role of the database engine: one existing database user, whose password Vault rotates.
///
/// Creating it rotates the password at once, so it is created once and then only changed.
package struct StaticDatabaseRole: VaultObject {
    /// The connection, `db_name` to the server.
    package var connection: String
    /// The user, who exists in the database already.
    package var username: String
    /// How often the password is rotated, in seconds.
    package var rotationPeriod: Int
    /// SQL that rotates it; the plugin's own when empty.
    package var rotation: [String] = []
    /// What it hands out.
    package var credential = DatabaseCredential()

    /// The whole managed field set. The user must be sent with every update, though it cannot be changed.
    package var body: JSONValue {
        let members: [String: JSONValue] = [
            DynamicDatabaseRole.connectionField: .string(connection),
            Self.usernameField: .string(username),
            "rotation_period": .integer(Int64(rotationPeriod)),
            "rotation_statements": DynamicDatabaseRole.statements(rotation),
        ]
        return .object(members.merging(credential.members) { first, _ in first })
    }

    /// The fields in which a role differs from this one, sorted; empty means that no write is needed.
    ///
    /// - Parameter actual: the `data` of a read.
    package func differences(from actual: JSONValue) -> [FieldDifference] {
        var comparison = FieldComparison(of: actual)
        comparison.text(DynamicDatabaseRole.connectionField, wanted: connection)
        comparison.text(Self.usernameField, wanted: username)
        comparison.duration("rotation_period", wanted: rotationPeriod)
        comparison.statements("rotation_statements", wanted: rotation)
        credential.compare(in: &comparison)
        return comparison.differences
    }

    /// The user, which the server does not change; the connection, at which it would be another user; and settings of
    /// the credentials that cannot be cleared.
    package func unchangeable(among differences: [FieldDifference], isDrift: Bool) -> [FieldDifference] {
        differences.filter {
            $0.field == Self.usernameField || ($0.field == DynamicDatabaseRole.connectionField && !isDrift)
                || credential.isUnchangeable($0)
        }
    }

    /// The server's name for the user.
    static let usernameField = "username"
}

extension StaticDatabaseRole {
    /// The shortest time between two rotations that the server takes, in seconds.
    package static let minimumRotationPeriod = 5

    /// What no server should be given, whoever wrote it.
    ///
    /// - Parameter field: the path of the role in its spec, such as `spec.databaseRoles[0]`.
    package func violations(field: String) -> [SpecViolation] {
        var found: [SpecViolation] = []
        func violate(_ name: String, _ message: String) {
            found.append(SpecViolation(kind: .invalid, field: "\(field).\(name)", message: message))
        }
        if let message = VaultName.violation(inReference: connection) { violate("connection", message) }
        if let message = VaultName.violation(inDatabaseUser: username) { violate("static.username", message) }
        if rotationPeriod < Self.minimumRotationPeriod {
            violate("static.rotationPeriod", "must be \(Self.minimumRotationPeriod)s or longer")
        }
        for (place, message) in DynamicDatabaseRole.violations(in: rotation) {
            violate("static.rotationStatements\(place)", message)
        }
        if credential.type == "client_certificate" {
            violate("credentialType", "must be password or rsa_private_key for a static role")
        }
        return found + credential.violations(field: field)
    }
}
