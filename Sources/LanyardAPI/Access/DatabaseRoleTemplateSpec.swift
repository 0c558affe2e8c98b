/// What a DatabaseRoleTemplate gives to the database roles that name it.
package struct DatabaseRoleTemplateSpec: Codable, Equatable, Sendable {
    /// The database engine; the configured one when absent.
    package var mount: String?
    /// The connections that it may be used with; `*` at the end of an entry stands for any rest.
    package var connections: [String]?
    package var creationStatements: [String]?
    package var revocationStatements: [String]?
    package var renewStatements: [String]?
    package var rollbackStatements: [String]?
    /// Lifetime of a credential where a binding says none.
    package var defaultTTL: String?
    /// The longest lifetime that a binding may ask for, and the one where it says none.
    package var maxTTL: String?
    /// `password`, `rsa_private_key` or `client_certificate`.
    package var credentialType: String?

    /// Gives nothing.
    package init() {}
}
