package import KubernetesModel

/// What is true of an IdentityBoundary. Only ever output.
package struct IdentityBoundaryStatus: Codable, Equatable, Sendable {
    package var observedGeneration: Int64?
    /// Namespaces that it matches.
    package var namespaces: Int?
    /// WorkloadIdentities and VaultRoleBindings in those namespaces.
    package var resources: Int?
    /// How many of these ask for more than their namespaces are allowed.
    package var violating: Int?
    package var conditions: [Condition]?

    /// An empty status.
    package init() {}
}
