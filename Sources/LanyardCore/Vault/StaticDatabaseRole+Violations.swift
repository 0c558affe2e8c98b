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
        if credentialType == "client_certificate" {
            violate("credentialType", "must be password or rsa_private_key for a static role")
        }
        return found + credential.violations(field: field)
    }
}
