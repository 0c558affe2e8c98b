package import KubernetesModel

/// How a database role shall be in Vault.
package enum DatabaseRoleDefinition: Equatable, Sendable {
    /// Makes a database user for each lease.
    case dynamic(DynamicDatabaseRole)
    /// Keeps the password of one database user.
    case `static`(StaticDatabaseRole)
    /// A dynamic role of which only the name is known, because its template is missing or cannot be used.
    case undefined(ConditionOutcome)

    /// The engine's collection that it belongs to.
    var collection: String {
        if case .static = self { "static-roles" } else { "roles" }
    }

    /// The connection that it uses; nil while that is not known.
    package var connection: String? {
        switch self {
        case .dynamic(let role): role.connection
        case .static(let role): role.connection
        case .undefined: nil
        }
    }

    /// What is written and compared; nil while that is not known.
    package var object: (any VaultObject)? {
        switch self {
        case .dynamic(let role): role
        case .static(let role): role
        case .undefined: nil
        }
    }

    /// Whether a role that there is hands out credentials of another database or user than this one would.
    ///
    /// - Parameter actual: the `data` of a read.
    func isForAnother(than actual: JSONValue) -> Bool {
        let subject = [DynamicDatabaseRole.connectionField, StaticDatabaseRole.usernameField]
        return object?.differences(from: actual).contains { subject.contains($0.field) } ?? true
    }

    /// What is sent when it is written; empty while that is not known.
    package var body: JSONValue { object?.body ?? [:] }
}
