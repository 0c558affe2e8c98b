/// The connections of a database engine.
package struct DatabaseMount: Codable, Equatable, Sendable {
    package var connections: [Connection]?

    /// Makes connections.
    package init(connections: [Connection]? = nil) { self.connections = connections }

    /// One database, and the user with which the engine manages others there.
    package struct Connection: Codable, Equatable, Sendable {
        package var name: String
        /// `postgresql-database-plugin` when absent.
        package var plugin: String?
        /// With `{{username}}` and `{{password}}` where they belong.
        package var connectionURL: String
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
        package init(name: String, connectionURL: String, credentialsSecretRef: CredentialsReference) {
            self.name = name
            self.connectionURL = connectionURL
            self.credentialsSecretRef = credentialsSecretRef
        }
    }

    /// User name and password in a Secret of the operator's own namespace.
    package struct CredentialsReference: Codable, Equatable, Sendable {
        package var name: String
        /// `username` when absent.
        package var usernameKey: String?
        /// `password` when absent.
        package var passwordKey: String?

        /// Names credentials.
        package init(name: String, usernameKey: String? = nil, passwordKey: String? = nil) {
            self.name = name
            self.usernameKey = usernameKey
            self.passwordKey = passwordKey
        }
    }
}
