/// The connections of a database engine.
package struct DatabaseMount: Codable, Equatable, Sendable {
    package var connections: [Connection]?

    /// An engine without connections, where none are given.
    package init(connections: [Connection]? = nil) { self.connections = connections }

    /// One database, and the user with which the engine manages others there.
    package struct Connection: Codable, Equatable, Sendable {
        package var name: String
        /// Name of the plugin; `postgresql-database-plugin` when absent.
        package var plugin: String?
        /// With `{{username}}` and `{{password}}` where they belong; absent for plugins that have no such setting.
        package var connectionURL: String?
        /// Where the database is, for plugins that have no connection URL.
        package var host: String?
        package var port: Int?
        package var hosts: [String]?
        package var url: String?
        /// Whether the plugin uses TLS, where that is no matter of the URL.
        package var tls: Bool?
        /// Whether credentials go into the connection URL as they are.
        package var disableEscaping: Bool?
        /// Further settings of the plugin, by the name that Vault's documentation has.
        package var settings: [String: String]?
        /// Further settings of the plugin that are secret.
        package var secretSettings: [SecretSetting]?
        package var credentialsSecretRef: CredentialsReference
        /// Names of roles that may use it; `*` at the end of an entry stands for any rest.
        package var allowedRoles: [String]?
        /// Statements that change the password of the engine's own user; the plugin's when absent.
        package var rootRotationStatements: [String]?
        /// Name of the password policy for generated passwords.
        package var passwordPolicy: String?
        /// Template of the names of generated users.
        package var usernameTemplate: String?
        package var maxOpenConnections: Int?
        package var maxIdleConnections: Int?
        package var maxConnectionLifetime: String?
        /// `password` or `scram-sha-256` (PostgreSQL).
        package var passwordAuthentication: String?

        /// Names a database and its credentials.
        package init(name: String, connectionURL: String? = nil, credentialsSecretRef: CredentialsReference) {
            self.name = name
            self.connectionURL = connectionURL
            self.credentialsSecretRef = credentialsSecretRef
        }
    }

    /// A setting of a plugin whose value is in a Secret of the operator's own namespace.
    package struct SecretSetting: Codable, Equatable, Sendable {
        package var name: String
        package var secretRef: EntryReference

        /// Names a setting and where its value is.
        package init(name: String, secretRef: EntryReference) {
            self.name = name
            self.secretRef = secretRef
        }
    }

    /// An entry of a Secret.
    package struct EntryReference: Codable, Equatable, Sendable {
        package var name: String
        package var key: String

        /// Names a Secret and one of its entries.
        package init(name: String, key: String) {
            self.name = name
            self.key = key
        }
    }

    /// User name and password in a Secret of the operator's own namespace.
    package struct CredentialsReference: Codable, Equatable, Sendable {
        package var name: String
        /// The entry with the user's name; `username` when absent.
        package var usernameKey: String?
        /// The entry with the password; `password` when absent.
        package var passwordKey: String?

        /// Names a Secret, and its entries where they are not the usual ones.
        package init(name: String, usernameKey: String? = nil, passwordKey: String? = nil) {
            self.name = name
            self.usernameKey = usernameKey
            self.passwordKey = passwordKey
        }
    }
}
