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
        if !["password", "rsa_private_key", "client_certificate"].contains(credentialType) {
            violate("credentialType", "must be one of password, rsa_private_key, client_certificate")
        }
        let config = credentialConfig.map { max($0.key.utf8.count, $0.value.utf8.count) }
        if config.count > 16 || config.contains(where: { $0 > Self.maximumStatementLength }) {
            violate("credentialConfig", "must not have more than 16 entries, or entries longer than 64 KiB")
        }
        return found
    }

    private static func violations(in statements: [String]) -> [(place: String, message: String)] {
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
