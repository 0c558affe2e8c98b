package import KubernetesModel

/// Vault access for an identity or for ServiceAccounts of a namespace.
package struct VaultRoleBinding: ConditionedResource {
    package static let descriptor = ResourceDescriptor(
        group: LanyardGroup.name, version: LanyardGroup.version, kind: "VaultRoleBinding",
        plural: "vaultrolebindings", isNamespaced: true)
    package static let projection = ObjectProjection.ofTenants

    package var metadata: ObjectMeta
    package var spec: VaultRoleBindingSpec
    package var status: VaultRoleBindingStatus?

    /// A binding as it is stored.
    package init(metadata: ObjectMeta, spec: VaultRoleBindingSpec = .init(), status: VaultRoleBindingStatus? = nil) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }
}

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

    /// Asks for nothing, and is not valid without an identity or ServiceAccounts.
    package init() {}

    /// Names a WorkloadIdentity of the same namespace.
    package struct IdentityReference: Codable, Equatable, Sendable {
        package var name: String

        /// Names an identity, which need not exist yet.
        package init(name: String) { self.name = name }
    }

    /// The role at the Kubernetes auth method.
    package struct KubernetesAuth: Codable, Equatable, Sendable {
        package var enabled: Bool?
        package var mount: String?
        package var audience: String?
        /// `serviceaccount_uid` or `serviceaccount_name`.
        package var aliasNameSource: String?

        /// What is left out is the planner's to fill in.
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

        /// What is left out is the planner's to fill in.
        package init(mount: String? = nil, audiences: [String]? = nil) {
            self.mount = mount
            self.audiences = audiences
        }
    }
}

/// How the tokens of a login look; what is absent is the server's default.
package struct TokenSettings: Codable, Equatable, Sendable {
    package var ttl: String?
    package var maxTTL: String?
    package var explicitMaxTTL: String?
    package var period: String?
    package var numUses: Int?
    /// `default`, `service` or `batch`.
    package var type: String?
    package var boundCIDRs: [String]?
    package var noDefaultPolicy: Bool?
    package var extraPolicies: [String]?

    /// The server's defaults for all of it.
    package init() {}
}

/// What is true of a VaultRoleBinding. Only ever output.
package struct VaultRoleBindingStatus: ConditionedStatus {
    package var observedGeneration: Int64?
    package var serviceAccounts: [String]?
    package var spiffeID: String?
    package var vault: VaultObjects?
    /// The templates that the database roles were made from.
    package var databaseRoleTemplates: [TemplateVersion]?
    package var conditions: [Condition]?

    /// No pass has been over it yet.
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

        /// The very object and generation, not one that has the name later.
        package init(name: String, uid: String, generation: Int64) {
            self.name = name
            self.uid = uid
            self.generation = generation
        }
    }
}
