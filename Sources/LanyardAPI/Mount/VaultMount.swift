package import KubernetesModel

/// An auth or secrets mount that the platform team wants to exist in Vault.
package struct VaultMount: KubernetesResource {
    package static let descriptor = ResourceDescriptor(
        group: LanyardGroup.name, version: LanyardGroup.version, kind: "VaultMount", plural: "vaultmounts",
        isNamespaced: false)
    package static let projection = ObjectProjection.ofPlatform

    package var metadata: ObjectMeta
    package var spec: VaultMountSpec
    package var status: VaultMountStatus?

    /// Makes a mount.
    package init(metadata: ObjectMeta, spec: VaultMountSpec, status: VaultMountStatus? = nil) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }
}
