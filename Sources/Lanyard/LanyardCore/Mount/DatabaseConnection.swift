package import KubernetesModel

/// A connection of the database engine. Its password and other secrets are no part of it: they are added to the body when
/// they shall be written, and a write without them leaves those that there are.
package struct DatabaseConnection: VaultObject {
    /// Name of the plugin.
    package var plugin = DatabaseConnection.defaultPlugin
    /// With `{{username}}` and `{{password}}` in place of the credentials; empty for plugins that have no such setting.
    package var connectionURL: String
    /// The user that the engine logs in with; empty as long as it is not known, and then it is not written.
    package var username = ""
    /// Names of roles that may use the connection; `*` at the end of an entry stands for any rest.
    package var allowedRoles: [String] = []
    /// Statements that change the password of that user; the plugin's own when empty.
    package var rootRotation: [String] = []
    /// Name of a password policy, or empty.
    package var passwordPolicy = ""
    /// Template of user names; the plugin's own when empty.
    package var usernameTemplate = ""
    /// 0 is the plugin's own limit.
    package var maxOpenConnections = 0
    /// 0 is the plugin's own limit.
    package var maxIdleConnections = 0
    /// In seconds; 0 is for ever.
    package var maxConnectionLifetime = 0
    /// `password` or `scram-sha-256`; nil for databases that know no such choice.
    package var passwordAuthentication: String?
    /// Further settings of the plugin, by its own names.
    package var settings: [String: PluginSetting] = [:]
    /// The names of further settings of the plugin that are secret.
    package var secretSettings: Set<String> = []

    /// The plugin of connections that name none.
    package static let defaultPlugin = "postgresql-database-plugin"

    /// The whole managed field set, zeros included: a write merges, so what is left out would keep its old value. The
    /// server tries the connection before it stores it.
    package var body: JSONValue {
        var body: JSONValue = [
            "plugin_name": .string(plugin), "username": .string(username),
            "allowed_roles": .array(allowedRoles.sorted().map(JSONValue.string)),
            "root_rotation_statements": DynamicDatabaseRole.statements(rootRotation),
            "password_policy": .string(passwordPolicy), "verify_connection": true,
        ]
        // Of a plugin without a URL they are no settings, and the server would keep what it does not know.
        if !connectionURL.isEmpty {
            body["connection_url"] = .string(connectionURL)
            body["max_open_connections"] = .integer(Int64(maxOpenConnections))
            body["max_idle_connections"] = .integer(Int64(maxIdleConnections))
            body["max_connection_lifetime"] = .string("\(maxConnectionLifetime)s")
        }
        if !connectionURL.isEmpty || !usernameTemplate.isEmpty {
            body["username_template"] = .string(usernameTemplate)
        }
        if let passwordAuthentication { body["password_authentication"] = .string(passwordAuthentication) }
        for (name, setting) in settings { body[name] = setting.json }
        return body
    }

    /// The same, with the zero of everything that the connection has and nobody declares.
    ///
    /// - Parameter actual: the `data` of a read.
    package func body(over actual: JSONValue) -> JSONValue {
        var body = body
        for (name, value) in undeclared(in: actual) { body[name] = value.zero }
        return body
    }

    /// The fields in which a connection differs from this one, sorted; empty means that no write is needed.
    ///
    /// - Parameter actual: the `data` of a read, in which the settings of the plugin are below `connection_details` and
    ///   of the type in which somebody sent them.
    package func differences(from actual: JSONValue) -> [FieldDifference] {
        var top = FieldComparison(of: actual)
        top.text("plugin_name", wanted: plugin)
        top.set("allowed_roles", wanted: allowedRoles)
        // Read back under another name than written.
        top.statements("root_credentials_rotate_statements", wanted: rootRotation)
        top.text("password_policy", wanted: passwordPolicy)
        var details = FieldComparison(of: actual["connection_details"] ?? [:])
        details.text("username", wanted: username)
        if !connectionURL.isEmpty {
            let url = (details["connection_url"] ?? "").string ?? ""
            // Somebody may have written a password into it, so it is not shown.
            if !ConnectionURL.masked(url).hasSameBytes(as: ConnectionURL.masked(connectionURL)) {
                details.differs("connection_url", "differs")
            }
            details.count("max_open_connections", wanted: maxOpenConnections)
            details.count("max_idle_connections", wanted: maxIdleConnections)
            details.duration("max_connection_lifetime", wanted: maxConnectionLifetime)
        }
        if !connectionURL.isEmpty || !usernameTemplate.isEmpty {
            details.text("username_template", wanted: usernameTemplate)
        }
        if let passwordAuthentication {
            details.text("password_authentication", wanted: passwordAuthentication, default: "password")
        }
        for (name, setting) in settings { setting.compare(name, in: &details) }
        // What it is, nobody here knows: it may be a secret.
        for (name, _) in undeclared(in: actual) { details.differs(name, "is set, wanted none") }
        return (top.differences + details.differences).sorted()
    }

    /// What is set at a plugin and not declared. What was declared once is among it.
    private func undeclared(in actual: JSONValue) -> [(name: String, value: JSONValue)] {
        let declared = Set(body.object?.keys.map { $0 } ?? []).union(secretSettings).union(["password"])
        return (actual["connection_details"]?.object ?? [:]).sorted { $0.key < $1.key }
            .filter { !declared.contains($0.key) && $0.value != $0.value.zero }.map { ($0.key, $0.value) }
    }
}

extension JSONValue {
    /// What a field of the same type has when nothing is set.
    fileprivate var zero: JSONValue {
        switch self {
        case .null: .null
        case .bool: false
        case .integer, .number: 0
        case .string: ""
        case .array: []
        case .object: [:]
        }
    }
}

extension FieldComparison {
    /// A number that may be a text, as connections keep it.
    mutating func count(_ field: String, wanted: Int) {
        guard let text = self[field]?.string else { return integer(field, wanted: wanted) }
        if Int(text.trimmed) ?? (text.isEmpty ? 0 : nil) != wanted {
            differs(field, "\(FieldDifference.display(text)), wanted \(wanted)")
        }
    }
}
