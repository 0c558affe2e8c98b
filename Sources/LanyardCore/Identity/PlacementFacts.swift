/// Where the pods of an identity run.
package struct PlacementFacts: Equatable, Sendable {
    /// The pods of the identity's ServiceAccount, in any order.
    package var pods: [PodFacts]
    /// The nodes of the cluster, by name.
    package var nodes: [String: NodeFacts]
    /// Nodes that the last matching pod has left a moment ago: their entries stay for the time being.
    package var lingering: Set<NodeFacts>

    /// Gathers facts.
    package init(
        pods: [PodFacts] = [], nodes: [String: NodeFacts] = [:], lingering: Set<NodeFacts> = []
    ) {
        self.pods = pods
        self.nodes = nodes
        self.lingering = lingering
    }
}
