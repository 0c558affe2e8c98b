package import KubernetesModel

/// What is true of a VaultRoleBinding. Only ever output.
package struct VaultRoleBindingStatus: Codable, Equatable, Sendable {
    package var observedGeneration: Int64?
    package var serviceAccounts: [String]?
    package var spiffeID: String?
    package var vault: VaultObjects?
    /// The templates that the database roles were made from.
    package var databaseRoleTemplates: [TemplateVersion]?
    package var conditions: [Condition]?

    /// An empty status.
    package init() {}

    /// Full API paths of what was made in Vault.
    package struct VaultObjects: Codable, Equatable, Sendable {
        package var policy: String?
        package var kubernetesRole: String?
        package var jwtRole: String?
        package var databaseRoles: [String]?

        /// Names nothing.
        package init(
            policy: String? = nil, kubernetesRole: String? = nil, jwtRole: String? = nil,
            databaseRoles: [String]? = nil
        ) {
            self.policy = policy
            self.kubernetesRole = kubernetesRole
            self.jwtRole = jwtRole
            self.databaseRoles = databaseRoles
        }
    }

    /// A DatabaseRoleTemplate as it was when it was used.
    package struct TemplateVersion: Codable, Hashable, Sendable {
        package var name: String
        package var uid: String
        package var generation: Int64

        /// Names a version.
        package init(name: String, uid: String, generation: Int64) {
            self.name = name
            self.uid = uid
            self.generation = generation
        }
    }
}
