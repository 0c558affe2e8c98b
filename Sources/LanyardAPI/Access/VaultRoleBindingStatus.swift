package import KubernetesModel

/// What is true of a VaultRoleBinding. Only ever output.
package struct VaultRoleBindingStatus: Codable, Equatable, Sendable {
    package var observedGeneration: Int64?
    package var serviceAccounts: [String]?
    package var spiffeID: String?
    package var vault: VaultObjects?
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
}
