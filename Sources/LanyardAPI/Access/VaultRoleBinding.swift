package import KubernetesModel

/// Vault access for an identity or for ServiceAccounts of a namespace.
package struct VaultRoleBinding: KubernetesResource {
    package static let descriptor = ResourceDescriptor(
        group: LanyardGroup.name, version: LanyardGroup.version, kind: "VaultRoleBinding",
        plural: "vaultrolebindings", isNamespaced: true)
    package static let projection = ObjectProjection.ofTenants

    package var metadata: ObjectMeta
    package var spec: VaultRoleBindingSpec
    package var status: VaultRoleBindingStatus?

    /// Makes a binding.
    package init(metadata: ObjectMeta, spec: VaultRoleBindingSpec = .init(), status: VaultRoleBindingStatus? = nil) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }
}
