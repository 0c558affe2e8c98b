import LanyardAPI

extension MountPlanner {
    private static let connectionLimit = 64
    private static let roleLimit = 256

    /// The connections of a database engine.
    static func connections(
        _ section: DatabaseMount?, at location: MountLocation, check: inout SpecCheck
    ) -> [DesiredMountObject] {
        let field = "spec.database.connections"
        let connections = check.bounded(section?.connections, field, limit: connectionLimit) ?? []
        var seen: Set<String> = []
        return connections.enumerated().map { index, connection in
            let place = "\(field)[\(index)]"
            check.note(VaultName.violation(inReference: connection.name), "\(place).name")
            if !seen.insert(connection.name).inserted {
                check.invalid("\(place).name", "is the same as an earlier one")
            }
            return object(for: connection, place, at: location, check: &check)
        }
    }

    private static func object(
        for connection: DatabaseMount.Connection, _ field: String, at location: MountLocation, check: inout SpecCheck
    ) -> DesiredMountObject {
        var object = DatabaseConnection(connectionURL: connection.connectionURL ?? "")
        if let plugin = connection.plugin { object.plugin = plugin }
        check.note(VaultName.violation(inReference: object.plugin), "\(field).plugin")
        place(of: connection, field, for: &object, check: &check)
        settings(of: connection, field, for: &object, check: &check)
        let reference = connection.credentialsSecretRef
        let username = secretKey(
            reference.name, reference.usernameKey ?? "username", keyField: "usernameKey", isConfidential: false,
            "\(field).credentialsSecretRef", check: &check)
        let secrets = secrets(of: connection, field, for: &object, check: &check)
        object.allowedRoles = check.bounded(connection.allowedRoles, "\(field).allowedRoles", limit: roleLimit) ?? []
        for (index, role) in object.allowedRoles.enumerated() {
            let stem = role.hasSuffix("*") ? String(role.dropLast()) : role
            // `a-*` is fine though `a-` is no name.
            guard !stem.isEmpty || role == "*", VaultName.violation(inReference: "\(stem)x") == nil else {
                check.invalid(
                    "\(field).allowedRoles[\(index)]", "must be the name of a role, perhaps with a final \"*\"")
                continue
            }
        }
        object.rootRotation = connection.rootRotationStatements ?? []
        for (place, message) in DynamicDatabaseRole.violations(in: object.rootRotation) {
            check.invalid("\(field).rootRotationStatements\(place)", message)
        }
        if let policy = connection.passwordPolicy {
            check.note(VaultName.violation(inReference: policy), "\(field).passwordPolicy")
            object.passwordPolicy = policy
        }
        object.usernameTemplate = connection.usernameTemplate ?? ""
        check.note(violation(inText: object.usernameTemplate, limit: 1024), "\(field).usernameTemplate")
        object.maxOpenConnections = connection.maxOpenConnections ?? 0
        object.maxIdleConnections = connection.maxIdleConnections ?? 0
        let counts = [
            ("maxOpenConnections", object.maxOpenConnections), ("maxIdleConnections", object.maxIdleConnections),
        ]
        for (name, count) in counts where !(0...1000).contains(count) {
            check.invalid("\(field).\(name)", "must be 0 to 1000")
        }
        object.maxConnectionLifetime =
            check.seconds(connection.maxConnectionLifetime, "\(field).maxConnectionLifetime") ?? 0
        let limits = counts + [("maxConnectionLifetime", object.maxConnectionLifetime)]
        for (name, limit) in limits where limit != 0 && connection.connectionURL == nil {
            check.invalid("\(field).\(name)", "needs connectionURL: other plugins have no such setting")
        }
        authentication(of: connection, field, for: &object, check: &check)
        return DesiredMountObject(
            kind: .connection, path: "\(location.mountPath)/config/\(connection.name)",
            title: "connection \(connection.name)", object: .connection(object),
            source: .credentials(username: username, secrets: secrets))
    }

    /// How passwords are sent to PostgreSQL. Other databases know no such choice, and the server would keep what it does
    /// not know.
    private static func authentication(
        of connection: DatabaseMount.Connection, _ field: String, for object: inout DatabaseConnection,
        check: inout SpecCheck
    ) {
        let field = "\(field).passwordAuthentication"
        guard object.plugin.hasPrefix("postgresql") else {
            if connection.passwordAuthentication != nil { check.invalid(field, "is known to PostgreSQL only") }
            return
        }
        let choice = connection.passwordAuthentication ?? "password"
        check.choice(choice, ["password", "scram-sha-256"], field)
        object.passwordAuthentication = choice
    }
}
