package import LanyardAPI

/// What a VaultRoleBinding becomes in Vault.
package struct DesiredAccess: Equatable, Sendable {
    /// Name of the auth role.
    package var roleName: String
    /// Name of the ACL policy.
    package var policyName: String
    /// The ServiceAccounts that may log in, sorted; empty while the identity is not known.
    package var serviceAccounts: [String]
    /// The identity's SPIFFE ID, if the binding refers to an identity that is known.
    package var spiffeID: SPIFFEID?
    /// `sys/policies/acl/<policyName>`.
    package var policyPath: String
    /// The ACL policy, which grants the access.
    package var policy: VaultPolicy
    /// The role at the Kubernetes auth method; nil when it is not enabled.
    package var kubernetesRole: DesiredKubernetesRole?
    /// In the order of the spec.
    package var databaseRoles: [DesiredDatabaseRole]
    /// What happens to changes by hand.
    package var driftPolicy: DriftPolicy
    /// What happens in Vault when the binding is deleted. `Orphan` is allowed to everybody for now: the boundary's `allowOrphan` is not built.
    package var deletionPolicy: DeletionPolicy

    /// Describes what should be.
    package init(
        roleName: String, policyName: String, serviceAccounts: [String], spiffeID: SPIFFEID? = nil,
        policyPath: String, policy: VaultPolicy, kubernetesRole: DesiredKubernetesRole? = nil,
        databaseRoles: [DesiredDatabaseRole] = [], driftPolicy: DriftPolicy = .correct,
        deletionPolicy: DeletionPolicy = .delete
    ) {
        self.roleName = roleName
        self.policyName = policyName
        self.serviceAccounts = serviceAccounts
        self.spiffeID = spiffeID
        self.policyPath = policyPath
        self.policy = policy
        self.kubernetesRole = kubernetesRole
        self.databaseRoles = databaseRoles
        self.driftPolicy = driftPolicy
        self.deletionPolicy = deletionPolicy
    }
}
