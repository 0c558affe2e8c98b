/// What the author of a VaultRoleBinding asks for. Nothing is defaulted here; see `LanyardCore`.
package struct VaultRoleBindingSpec: Codable, Equatable, Sendable {
    package var workloadIdentityRef: IdentityReference?
    package var serviceAccountNames: [String]?
    package var roleName: String?
    package var policyName: String?
    package var kubernetesAuth: KubernetesAuth?
    package var jwtAuth: JWTAuth?
    package var token: TokenSettings?
    package var access: Access?
    package var databaseRoles: [DatabaseRole]?
    package var driftPolicy: DriftPolicy?
    package var deletionPolicy: DeletionPolicy?
    /// Whether the leases of a dynamic database role are revoked before it is deleted.
    package var revokeLeasesOnDelete: Bool?

    /// Asks for nothing.
    package init() {}

    /// Names a WorkloadIdentity of the same namespace.
    package struct IdentityReference: Codable, Equatable, Sendable {
        package var name: String

        /// Names an identity.
        package init(name: String) { self.name = name }
    }

    /// The role at the Kubernetes auth method.
    package struct KubernetesAuth: Codable, Equatable, Sendable {
        package var enabled: Bool?
        package var mount: String?
        package var audience: String?
        /// `serviceaccount_uid` or `serviceaccount_name`.
        package var aliasNameSource: String?

        /// Makes settings.
        package init(
            enabled: Bool? = nil, mount: String? = nil, audience: String? = nil, aliasNameSource: String? = nil
        ) {
            self.enabled = enabled
            self.mount = mount
            self.audience = audience
            self.aliasNameSource = aliasNameSource
        }
    }

    /// The role at the JWT auth method.
    package struct JWTAuth: Codable, Equatable, Sendable {
        package var mount: String?
        package var audiences: [String]?

        /// Makes settings.
        package init(mount: String? = nil, audiences: [String]? = nil) {
            self.mount = mount
            self.audiences = audiences
        }
    }
}
