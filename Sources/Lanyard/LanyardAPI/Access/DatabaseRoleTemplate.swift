package import KubernetesModel

/// Statements that the platform team wrote, for bindings to name instead of writing SQL.
package struct DatabaseRoleTemplate: ConditionedResource {
    package static let descriptor = ResourceDescriptor(
        group: LanyardGroup.name, version: LanyardGroup.version, kind: "DatabaseRoleTemplate",
        plural: "databaseroletemplates", isNamespaced: false)
    package static let projection = ObjectProjection.ofPlatform

    package var metadata: ObjectMeta
    package var spec: DatabaseRoleTemplateSpec
    package var status: DatabaseRoleTemplateStatus?

    /// A template as it is stored.
    package init(
        metadata: ObjectMeta, spec: DatabaseRoleTemplateSpec = .init(), status: DatabaseRoleTemplateStatus? = nil
    ) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }
}

/// What a DatabaseRoleTemplate gives to the database roles that name it.
package struct DatabaseRoleTemplateSpec: Codable, Equatable, Sendable {
    /// The database engine; the configured one when absent.
    package var mount: String?
    /// The connections that it may be used with; `*` at the end of an entry stands for any rest.
    package var connections: [String]?
    package var creationStatements: [String]?
    package var revocationStatements: [String]?
    package var renewStatements: [String]?
    package var rollbackStatements: [String]?
    /// Lifetime of a credential where a binding says none.
    package var defaultTTL: String?
    /// The longest lifetime that a binding may ask for, and the one where it says none.
    package var maxTTL: String?
    /// `password`, `rsa_private_key` or `client_certificate`.
    package var credentialType: String?

    /// Gives nothing, and is not valid without connections.
    package init() {}
}

/// What is true of a DatabaseRoleTemplate. Only ever output.
package struct DatabaseRoleTemplateStatus: ConditionedStatus {
    package var observedGeneration: Int64?
    package var conditions: [Condition]?

    /// No pass has been over it yet.
    package init() {}
}
