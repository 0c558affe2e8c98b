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
        /// The name of the auth roles, which a login asks for.
        package var roleName: String?
        package var policy: String?
        package var kubernetesRole: String?
        package var jwtRole: String?
        package var databaseRoles: [String]?
        /// How many they are.
        package var databaseRoleCount: Int?

        /// Names nothing.
        package init(
            roleName: String? = nil, policy: String? = nil, kubernetesRole: String? = nil, jwtRole: String? = nil,
            databaseRoles: [String]? = nil
        ) {
            self.roleName = roleName
            self.policy = policy
            self.kubernetesRole = kubernetesRole
            self.jwtRole = jwtRole
            self.databaseRoles = databaseRoles
            databaseRoleCount = databaseRoles?.count
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
