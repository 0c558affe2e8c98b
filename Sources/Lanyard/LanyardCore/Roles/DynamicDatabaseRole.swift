package import KubernetesModel

/// A dynamic role of the database engine: how Vault makes and removes a database user for each lease.
package struct DynamicDatabaseRole: VaultObject {
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
    /// What it hands out.
    package var credential: DatabaseCredential

    /// What is left out is the plugin's or the mount's own.
    package init(
        connection: String, creation: [String], revocation: [String] = [], renew: [String] = [],
        rollback: [String] = [], defaultTTL: Int = 0, maxTTL: Int = 0,
        credential: DatabaseCredential = DatabaseCredential()
    ) {
        self.connection = connection
        self.creation = creation
        self.revocation = revocation
        self.renew = renew
        self.rollback = rollback
        self.defaultTTL = defaultTTL
        self.maxTTL = maxTTL
        self.credential = credential
    }

    /// The whole managed field set, zeros included: a write merges, so what is left out would keep its old value.
    package var body: JSONValue {
        let members: [String: JSONValue] = [
            "db_name": .string(connection),
            "creation_statements": Self.statements(creation),
            "revocation_statements": Self.statements(revocation),
            "renew_statements": Self.statements(renew),
            "rollback_statements": Self.statements(rollback),
            "default_ttl": .integer(Int64(defaultTTL)),
            "max_ttl": .integer(Int64(maxTTL)),
        ]
        return .object(members.merging(credential.members) { first, _ in first })
    }

    /// The fields in which a role differs from this one, sorted; empty means that no write is needed.
    ///
    /// - Parameter actual: the `data` of a read.
    package func differences(from actual: JSONValue) -> [FieldDifference] {
        var comparison = FieldComparison(of: actual)
        comparison.text(Self.connectionField, wanted: connection)
        comparison.statements("creation_statements", wanted: creation)
        comparison.statements("revocation_statements", wanted: revocation, droppingEmpty: true)
        comparison.statements("renew_statements", wanted: renew)
        comparison.statements("rollback_statements", wanted: rollback)
        comparison.duration("default_ttl", wanted: defaultTTL)
        comparison.duration("max_ttl", wanted: maxTTL)
        credential.compare(in: &comparison)
        return comparison.differences
    }

    /// The connection, because leases are revoked through the role's: one that moves strands those that exist. Put
    /// back, it frees them again. And settings of the credentials that cannot be cleared.
    package func unchangeable(among differences: [FieldDifference], isDrift: Bool) -> [FieldDifference] {
        differences.filter {
            ($0.field == Self.connectionField && !isDrift) || credential.isUnchangeable($0)
        }
    }

    /// The server's name for the connection.
    static let connectionField = "db_name"

    /// Statements as they are sent.
    static func statements(_ statements: [String]) -> JSONValue {
        .array(statements.map { .string($0.trimmed) })
    }
}

extension DynamicDatabaseRole {
    /// The most statements of one kind (threat T22).
    package static let maximumStatements = 32
    /// The longest statement, in bytes (threat T22).
    package static let maximumStatementLength = 64 * 1024

    /// What no server should be given, whoever wrote it. The server itself checks nothing when a role is written.
    ///
    /// - Parameter field: the path of the role in its spec, such as `spec.databaseRoles[0]`.
    package func violations(field: String) -> [SpecViolation] {
        var found: [SpecViolation] = []
        func violate(_ name: String, _ message: String) {
            found.append(SpecViolation(kind: .invalid, field: "\(field).\(name)", message: message))
        }
        if let message = VaultName.violation(inReference: connection) { violate("connection", message) }
        if creation.isEmpty { violate("statements.creation", "must not be empty") }
        let lists = [("creation", creation), ("revocation", revocation), ("renew", renew), ("rollback", rollback)]
        for (name, statements) in lists {
            for (place, message) in Self.violations(in: statements) { violate("statements.\(name)\(place)", message) }
        }
        if maxTTL > 0, defaultTTL > maxTTL { violate("defaultTTL", "must not be longer than maxTTL") }
        return found + credential.violations(field: field)
    }

    /// What is wrong with a list of statements, and where in it.
    static func violations(in statements: [String]) -> [(place: String, message: String)] {
        guard statements.count <= maximumStatements else {
            return [("", "must not have more than \(maximumStatements) statements")]
        }
        return statements.enumerated().compactMap { index, statement in
            if statement.utf8.count > maximumStatementLength {
                return ("[\(index)]", "must not be longer than \(maximumStatementLength) bytes")
            }
            if statement.trimmed.isEmpty { return ("[\(index)]", "must not be empty") }
            return statement.utf8.contains(0) ? ("[\(index)]", "must not contain a NUL character") : nil
        }
    }
}
