/// A node of the cluster, as far as plans depend on it.
package struct NodeFacts: Hashable, Sendable {
    /// The name within the cluster.
    package let name: String
    /// The UID, by which SPIRE agents are known.
    package let uid: String
    /// When it was made, in seconds since 1970; nil when that is not known.
    package let createdAt: Int64?

    /// A node as the API server has it.
    package init(name: String, uid: String, createdAt: Int64? = nil) {
        self.name = name
        self.uid = uid
        self.createdAt = createdAt
    }
}

/// A pod that is bound to a node and not done, as far as plans depend on it. Shared by all who look at the pod: each pass
/// goes over thousands, which are mostly those of the pass before.
package final class PodFacts: Equatable, Sendable {
    /// The name within the namespace.
    package let name: String
    /// The UID, which agents attest.
    package let uid: String
    /// The name of the node that it is bound to.
    package let nodeName: String
    /// What `podSelector` and placeholders look at.
    package let labels: [String: String]
    /// When it was made, in seconds since 1970; nil when that is not known.
    package let createdAt: Int64?

    /// A pod as the API server has it.
    package init(name: String, uid: String, nodeName: String, labels: [String: String] = [:], createdAt: Int64? = nil) {
        self.name = name
        self.uid = uid
        self.nodeName = nodeName
        self.labels = labels
        self.createdAt = createdAt
    }

    /// By what they say.
    package static func == (left: PodFacts, right: PodFacts) -> Bool {
        left === right
            || (left.uid == right.uid && left.name == right.name && left.nodeName == right.nodeName
                && left.labels == right.labels && left.createdAt == right.createdAt)
    }
}

/// Where the pods of an identity run.
package struct PlacementFacts: Equatable, Sendable {
    /// The pods of the identity's ServiceAccount, in any order.
    package var pods: [PodFacts]
    /// The nodes of the cluster, by name.
    package var nodes: [String: NodeFacts]
    /// Nodes that the last matching pod has left a moment ago: their entries stay for the time being.
    package var lingering: Set<NodeFacts>

    /// No pod runs anywhere, unless one is given.
    package init(
        pods: [PodFacts] = [], nodes: [String: NodeFacts] = [:], lingering: Set<NodeFacts> = []
    ) {
        self.pods = pods
        self.nodes = nodes
        self.lingering = lingering
    }
}
