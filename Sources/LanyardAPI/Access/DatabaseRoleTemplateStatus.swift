package import KubernetesModel

/// What is true of a DatabaseRoleTemplate. Only ever output.
package struct DatabaseRoleTemplateStatus: Codable, Equatable, Sendable {
    package var observedGeneration: Int64?
    package var conditions: [Condition]?

    /// An empty status.
    package init() {}
}
