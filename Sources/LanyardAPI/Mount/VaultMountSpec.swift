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
