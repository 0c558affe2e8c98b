package import LanyardAPI

/// A dynamic database role of a binding.
package struct DesiredDatabaseRole: Equatable, Sendable {
    /// Its name within the binding.
    package var name: String
    /// The mount of the database engine.
    package var mount: String
    /// Its name in Vault.
    package var vaultName: String
    /// How database users are made and removed.
    package var role: DynamicDatabaseRole
    /// What happens to it when the binding is deleted: its own policy, else the binding's.
    package var deletionPolicy: DeletionPolicy

    /// Describes what should be.
    package init(
        name: String, mount: String, vaultName: String, role: DynamicDatabaseRole, deletionPolicy: DeletionPolicy
    ) {
        self.name = name
        self.mount = mount
        self.vaultName = vaultName
        self.role = role
        self.deletionPolicy = deletionPolicy
    }

    /// `<mount>/roles/<vaultName>`.
    package var path: String { "\(mount)/roles/\(vaultName)" }

    /// `<mount>/config/<connection>`.
    package var connectionPath: String { "\(mount)/config/\(role.connection)" }
}
