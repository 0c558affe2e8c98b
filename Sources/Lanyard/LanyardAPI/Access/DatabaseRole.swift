/// A database role of a binding, dynamic or static.
package struct DatabaseRole: Codable, Equatable, Sendable {
    /// Names the role within the binding.
    package var name: String
    /// The role's name in Vault; `<roleName>_<name>` when absent.
    package var vaultName: String?
    package var mount: String?
    package var connection: String?
    /// Name of a DatabaseRoleTemplate.
    package var template: String?
    package var statements: Statements?
    package var defaultTTL: String?
    package var maxTTL: String?
    /// `password`, `rsa_private_key` or `client_certificate`.
    package var credentialType: String?
    package var credentialConfig: [String: String]?
    /// Makes this a static role.
    package var `static`: Static?
    package var deletionPolicy: DeletionPolicy?
    package var recreatePolicy: RecreatePolicy?

    /// Says nothing but the name: how it shall be is to be set, or named by `template`.
    package init(name: String) { self.name = name }

    /// SQL that Vault runs; each list in order.
    package struct Statements: Codable, Equatable, Sendable {
        package var creation: [String]?
        package var revocation: [String]?
        package var renew: [String]?
        package var rollback: [String]?

        /// What is left out is the plugin's own.
        package init(
            creation: [String]? = nil, revocation: [String]? = nil, renew: [String]? = nil, rollback: [String]? = nil
        ) {
            self.creation = creation
            self.revocation = revocation
            self.renew = renew
            self.rollback = rollback
        }
    }

    /// An existing database user whose password Vault rotates.
    package struct Static: Codable, Equatable, Sendable {
        package var username: String
        package var rotationPeriod: String?
        package var rotationStatements: [String]?

        /// What is left out is the planner's to fill in.
        package init(username: String, rotationPeriod: String? = nil, rotationStatements: [String]? = nil) {
            self.username = username
            self.rotationPeriod = rotationPeriod
            self.rotationStatements = rotationStatements
        }
    }
}
