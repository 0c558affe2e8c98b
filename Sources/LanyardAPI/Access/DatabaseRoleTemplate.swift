package import KubernetesModel

/// Statements that the platform team wrote, for bindings to name instead of writing SQL.
package struct DatabaseRoleTemplate: KubernetesResource {
    package static let descriptor = ResourceDescriptor(
        group: LanyardGroup.name, version: LanyardGroup.version, kind: "DatabaseRoleTemplate",
        plural: "databaseroletemplates", isNamespaced: false)
    package static let projection = ObjectProjection.ofPlatform

    package var metadata: ObjectMeta
    package var spec: DatabaseRoleTemplateSpec
    package var status: DatabaseRoleTemplateStatus?

    /// Makes a template.
    package init(
        metadata: ObjectMeta, spec: DatabaseRoleTemplateSpec = .init(), status: DatabaseRoleTemplateStatus? = nil
    ) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }
}
