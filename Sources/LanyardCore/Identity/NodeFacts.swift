/// A node of the cluster, as far as plans depend on it.
package struct NodeFacts: Hashable, Sendable {
    /// The name.
    package let name: String
    /// The UID, by which SPIRE agents are known.
    package let uid: String
    /// When it was made, in seconds since 1970; nil when that is not known.
    package let createdAt: Int64?

    /// Describes a node.
    package init(name: String, uid: String, createdAt: Int64? = nil) {
        self.name = name
        self.uid = uid
        self.createdAt = createdAt
    }
}
