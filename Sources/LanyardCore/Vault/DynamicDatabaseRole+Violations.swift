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
