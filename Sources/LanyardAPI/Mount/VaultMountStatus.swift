package import KubernetesModel

/// What is true of a VaultMount. Only ever output.
package struct VaultMountStatus: Codable, Equatable, Sendable {
    package var observedGeneration: Int64?
    /// Where it is mounted, such as `auth/kubernetes` or `database`.
    package var path: String?
    /// The server's name for this mount, by which policies and aliases refer to it.
    package var accessor: String?
    /// API paths of what is kept as declared below the mount.
    package var objects: [String]?
    package var conditions: [Condition]?

    /// An empty status.
    package init() {}
}
