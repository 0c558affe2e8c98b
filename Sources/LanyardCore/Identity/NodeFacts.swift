/// A node of the cluster, as far as plans depend on it.
package struct NodeFacts: Hashable, Sendable {
    /// The name.
    package let name: String
    /// The UID, by which SPIRE agents are known.
    package let uid: String

    /// Describes a node.
    package init(name: String, uid: String) {
        self.name = name
        self.uid = uid
    }
}
