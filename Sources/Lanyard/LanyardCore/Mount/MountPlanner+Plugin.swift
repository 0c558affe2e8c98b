import LanyardAPI

extension MountPlanner {
    private static let settingLimit = 32
    private static let secretLimit = 8
    /// The longest value of a setting, in bytes: a bundle of certificates.
    private static let valueLimit = 32 * 1024

    /// Where the database is and how its plugin reaches it, apart from the user.
    static func place(
        of connection: DatabaseMount.Connection, _ field: String, for object: inout DatabaseConnection,
        check: inout SpecCheck
    ) {
        let hasKey = connection.secretSettings?.contains { $0.name == ResolvedSource.keyField } == true
        let places = [connection.host, connection.url, connection.hosts?.first]
        if let url = connection.connectionURL {
            check.note(ConnectionURL.violation(in: url, needsPassword: !hasKey), "\(field).connectionURL")
            if places.contains(where: { $0 != nil }) {
                check.invalid("\(field).connectionURL", "must not be there beside host, hosts and url")
            }
        } else if urlPlugins.contains(where: { object.plugin.hasPrefix($0) }) {
            check.invalid("\(field).connectionURL", "must be there for the plugin \(object.plugin)")
        } else if places.allSatisfy({ $0 == nil }) {
            check.invalid("\(field).connectionURL", "must be there, or one of host, hosts and url")
        }
        if let host = connection.host {
            check.note(hostViolation(host), "\(field).host")
            object.settings["host"] = .text(host)
        }
        if let port = connection.port {
            if !(1...65_535).contains(port) { check.invalid("\(field).port", "must be 1 to 65535") }
            if connection.connectionURL != nil { check.invalid("\(field).port", "belongs into connectionURL") }
            object.settings["port"] = .number(port)
        }
        if let hosts = check.bounded(connection.hosts, "\(field).hosts", limit: settingLimit) {
            for (index, host) in hosts.enumerated() { check.note(hostViolation(host), "\(field).hosts[\(index)]") }
            if !hosts.isEmpty { object.settings["hosts"] = .text(hosts.joined(separator: ",")) }
        }
        if let url = connection.url {
            check.note(WebAddress.violation(in: url, schemes: ["http", "https"]), "\(field).url")
            object.settings["url"] = .text(url)
        }
        if let tls = connection.tls { object.settings["tls"] = .flag(tls) }
        if let isUnescaped = connection.disableEscaping { object.settings["disable_escaping"] = .flag(isUnescaped) }
    }

    /// Plugins that are known to have a connection URL.
    private static let urlPlugins = [
        "postgresql", "mysql", "mssql", "mongodb-database", "hana", "redshift", "snowflake",
    ]

    /// Further settings, which are in the spec as texts.
    static func settings(
        of connection: DatabaseMount.Connection, _ field: String, for object: inout DatabaseConnection,
        check: inout SpecCheck
    ) {
        let given = connection.settings ?? [:]
        if given.count > settingLimit {
            return check.invalid("\(field).settings", "must not have more than \(settingLimit) entries")
        }
        for (name, text) in given.sorted(by: { $0.key < $1.key }) {
            let place = "\(field).settings.\(Excerpt.quoting(name))"
            if let violation = nameViolation(name) {
                check.invalid(place, violation)
            } else if isSecret(name) {
                check.invalid(place, "must be one of secretSettings: a resource is no place for a secret")
            } else if object.settings[name] != nil || typedSettings.contains(name) {
                check.invalid(place, "has a field of its own")
            } else if text.isEmpty || text.utf8.count > valueLimit {
                check.invalid(place, "must be 1 to \(valueLimit) bytes long")
            } else if text.contains("PRIVATE KEY") {
                check.invalid(place, "must not contain a private key: a resource is no place for a secret")
            } else if let setting = PluginSetting(text, named: name) {
                object.settings[name] = setting
            } else {
                check.invalid(place, "must be \(PluginSetting.expectation(of: name) ?? "of another type")")
            }
        }
    }

    /// The secrets of a connection by the member that each becomes.
    static func secrets(
        of connection: DatabaseMount.Connection, _ field: String, for object: inout DatabaseConnection,
        check: inout SpecCheck
    ) -> [String: SecretKey] {
        var secrets: [String: SecretKey] = [:]
        let further = check.bounded(connection.secretSettings, "\(field).secretSettings", limit: secretLimit) ?? []
        for (index, setting) in further.enumerated() {
            let place = "\(field).secretSettings[\(index)]"
            if let violation = nameViolation(setting.name) { check.invalid("\(place).name", violation) }
            if object.settings[setting.name] != nil || typedSettings.contains(setting.name) {
                check.invalid("\(place).name", "has a field of its own, or is one of settings")
            }
            if secrets[setting.name] != nil { check.invalid("\(place).name", "is the same as an earlier one") }
            secrets[setting.name] = secretKey(
                setting.secretRef.name, setting.secretRef.key, keyField: "key", "\(place).secretRef", check: &check)
        }
        object.secretSettings = Set(secrets.keys)
        // Who logs in with a key has no password.
        if secrets[ResolvedSource.keyField] == nil {
            secrets["password"] = secretKey(
                connection.credentialsSecretRef.name, connection.credentialsSecretRef.passwordKey ?? "password",
                keyField: "passwordKey", "\(field).credentialsSecretRef", check: &check)
        } else if connection.credentialsSecretRef.passwordKey != nil {
            check.invalid("\(field).credentialsSecretRef.passwordKey", "must not be there beside a private_key")
        }
        return secrets
    }

    private static func nameViolation(_ name: String) -> String? {
        let isPlain = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "_")
        }
        guard isPlain, !name.isEmpty, name.utf8.count <= 64 else {
            return "must consist of 1 to 64 lower case letters, digits and \"_\", as Vault names its settings"
        }
        return nil
    }

    /// Whether the value of a setting is a secret, going by its name.
    private static func isSecret(_ name: String) -> Bool {
        name == "pem_bundle" || name == "pem_json" || name.hasSuffix("_key")
            || ["password", "secret", "token", "private", "credential", "service_account"].contains {
                name.contains($0)
            }
    }

    /// What a connection has a field for, or is not to be set at all.
    private static let typedSettings: Set<String> = [
        "name", "plugin_name", "plugin_version", "verify_connection", "allowed_roles", "root_rotation_statements",
        "root_credentials_rotate_statements", "password_policy", "connection_url", "connection_details", "username",
        "password", "username_template", "max_open_connections", "max_idle_connections", "max_connection_lifetime",
        "password_authentication", "host", "port", "hosts", "url", "tls", "disable_escaping",
        "skip_static_role_import_rotation", "rotation_schedule", "rotation_window", "rotation_period",
        "disable_automated_rotation",
    ]

    private static func hostViolation(_ host: String) -> String? {
        let isPlain = host.isPrintableASCII && !host.contains(where: { " ,/@{}".contains($0) })
        return host.isEmpty || host.utf8.count > 253 || !isPlain ? "must be the name or the address of a host" : nil
    }
}
