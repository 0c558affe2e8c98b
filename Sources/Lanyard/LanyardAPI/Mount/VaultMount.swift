package import KubernetesModel

/// An auth or secrets mount that the platform team wants to exist in Vault.
package struct VaultMount: ConditionedResource {
    package static let descriptor = ResourceDescriptor(
        group: LanyardGroup.name, version: LanyardGroup.version, kind: "VaultMount", plural: "vaultmounts",
        isNamespaced: false)
    package static let projection = ObjectProjection.ofPlatform

    package var metadata: ObjectMeta
    package var spec: VaultMountSpec
    package var status: VaultMountStatus?

    /// A mount as it is stored.
    package init(metadata: ObjectMeta, spec: VaultMountSpec, status: VaultMountStatus? = nil) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }
}

/// What the platform team asks for. Nothing is defaulted here; see `LanyardCore`.
package struct VaultMountSpec: Codable, Equatable, Sendable {
    /// Where it is mounted, without `auth/`; the name of the VaultMount when absent. Never changes.
    package var path: String?
    package var type: VaultMountType
    package var description: String?
    package var tune: MountTuning?
    package var kubernetes: KubernetesMount?
    package var jwt: JWTMount?
    package var database: DatabaseMount?
    package var pki: PKIMount?
    package var kv: KVMount?
    package var driftPolicy: DriftPolicy?
    /// `Orphan` when absent: deleting a mount destroys what is in it.
    package var deletionPolicy: DeletionPolicy?

    /// Asks for a mount of a type.
    package init(type: VaultMountType) { self.type = type }
}

/// What is mounted. The texts are the server's own names.
package enum VaultMountType: String, Codable, CaseIterable, Sendable {
    /// The Kubernetes auth method.
    case kubernetes
    /// The JWT auth method.
    case jwt
    /// The database engine.
    case database
    /// The PKI engine.
    case pki
    /// The KV engine.
    case kv

    /// Whether it is an auth method, which is mounted below `auth/`.
    package var isAuthMethod: Bool { self == .kubernetes || self == .jwt }
}

/// Settings that every mount has; what is absent is the server's default.
package struct MountTuning: Codable, Equatable, Sendable {
    package var defaultLeaseTTL: String?
    package var maxLeaseTTL: String?
    /// Whether user interfaces show it to who has not logged in: `hidden` or `unauth`.
    package var listingVisibility: String?
    /// Members of requests that audit logs show in clear.
    package var auditNonHMACRequestKeys: [String]?
    /// Members of answers that audit logs show in clear.
    package var auditNonHMACResponseKeys: [String]?

    /// What is left out is the server's default.
    package init(
        defaultLeaseTTL: String? = nil, maxLeaseTTL: String? = nil, listingVisibility: String? = nil,
        auditNonHMACRequestKeys: [String]? = nil, auditNonHMACResponseKeys: [String]? = nil
    ) {
        self.defaultLeaseTTL = defaultLeaseTTL
        self.maxLeaseTTL = maxLeaseTTL
        self.listingVisibility = listingVisibility
        self.auditNonHMACRequestKeys = auditNonHMACRequestKeys
        self.auditNonHMACResponseKeys = auditNonHMACResponseKeys
    }
}

/// The settings that only a KV engine has.
package struct KVMount: Codable, Equatable, Sendable {
    /// 1 or 2; 2 when absent. Never changes.
    package var version: Int?

    /// Version 2, where none is given.
    package init(version: Int? = nil) { self.version = version }
}

/// What is true of a VaultMount. Only ever output.
package struct VaultMountStatus: ConditionedStatus {
    package var observedGeneration: Int64?
    /// Where it is mounted, such as `auth/kubernetes` or `database`.
    package var path: String?
    /// The server's name for this mount, by which policies and aliases refer to it.
    package var accessor: String?
    /// API paths of what is kept as declared below the mount.
    package var objects: [String]?
    package var conditions: [Condition]?

    /// No pass has been over it yet.
    package init() {}
}
