package import KubernetesModel

/// What namespaces may ask for: the platform team's fence.
package struct IdentityBoundary: KubernetesResource {
    package static let descriptor = ResourceDescriptor(
        group: LanyardGroup.name, version: LanyardGroup.version, kind: "IdentityBoundary",
        plural: "identityboundaries", isNamespaced: false)
    package static let projection = ObjectProjection.ofPlatform

    package var metadata: ObjectMeta
    package var spec: IdentityBoundarySpec
    package var status: IdentityBoundaryStatus?

    /// Makes a boundary.
    package init(metadata: ObjectMeta, spec: IdentityBoundarySpec = .init(), status: IdentityBoundaryStatus? = nil) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }
}
