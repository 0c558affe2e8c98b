package import KubernetesModel

/// A SPIFFE identity for the pods of one ServiceAccount.
package struct WorkloadIdentity: KubernetesResource {
    package static let descriptor = ResourceDescriptor(
        group: LanyardGroup.name, version: LanyardGroup.version, kind: "WorkloadIdentity",
        plural: "workloadidentities", isNamespaced: true)
    package static let projection = ObjectProjection.ofTenants

    package var metadata: ObjectMeta
    package var spec: WorkloadIdentitySpec
    package var status: WorkloadIdentityStatus?

    /// Makes an identity.
    package init(metadata: ObjectMeta, spec: WorkloadIdentitySpec = .init(), status: WorkloadIdentityStatus? = nil) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }
}
