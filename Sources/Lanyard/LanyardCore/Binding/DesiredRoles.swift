package import LanyardAPI

/// A database role of a binding.
package struct DesiredDatabaseRole: Equatable, Sendable {
    /// Its name within the binding.
    package var name: String
    /// The mount of the database engine.
    package var mount: String
    /// Its name in Vault.
    package var vaultName: String
    /// How it shall be.
    package var role: DatabaseRoleDefinition
    /// The template that the definition was made from.
    package var template: VaultRoleBindingStatus.TemplateVersion?
    /// What happens to it when it is not wanted any more, because the binding is deleted or says so: its own policy,
    /// else the binding's.
    package var deletionPolicy: DeletionPolicy
    /// What happens where a write does not help.
    package var recreatePolicy: RecreatePolicy = .report

    /// `<mount>/roles/<vaultName>` or `<mount>/static-roles/<vaultName>`.
    package var path: String { "\(mount)/\(role.collection)/\(vaultName)" }

    /// The path of the role of the other kind, which must not have the same name.
    package var counterpartPath: String {
        "\(mount)/\(role.collection == "roles" ? "static-roles" : "roles")/\(vaultName)"
    }

    /// `<mount>/config/<connection>`; nil while the connection is not known.
    package var connectionPath: String? { role.connection.map { "\(mount)/config/\($0)" } }

    /// Where a login reads credentials: `<mount>/creds/<vaultName>` or `<mount>/static-creds/<vaultName>`.
    package var credentialsPath: String {
        if case .static = role { "\(mount)/static-creds/\(vaultName)" } else { "\(mount)/creds/\(vaultName)" }
    }

    /// What is claimed beside the path: the database user of a static role. A second role on the same user would
    /// rotate the password that the first one hands out (threat T16).
    package var userClaim: String? {
        guard case .static(let role) = role else { return nil }
        return DatabaseUserClaim.path(mount: mount, connection: role.connection, username: role.username)
    }
}

/// The role of a binding at the Kubernetes auth method.
package struct DesiredKubernetesRole: Equatable, Sendable {
    /// `auth/<mount>/role/<name>`.
    package var path: String
    /// Who may log in, and the tokens that they get.
    package var role: KubernetesAuthRole
}

/// The role of a binding at the JWT auth method.
package struct DesiredJWTRole: Equatable, Sendable {
    /// `auth/<mount>/role/<name>`.
    package var path: String
    /// Whose JWT-SVIDs log in, and the tokens that they get.
    package var role: JWTAuthRole
}
