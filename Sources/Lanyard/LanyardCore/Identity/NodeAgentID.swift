package import LanyardAPI

/// The SPIFFE ID of the agent that `k8s_psat` attested on a node: it ends in the node's UID, or, where the SPIRE server is told so
/// (`use_pod_uid_for_agent_id`), in `pod/` and the UID of the agent's pod. Pure.
///
/// The second is another one with each pod of the agent, so that no entry can be for it. A cluster of the server's configuration
/// has IDs of one form only (rule spire-27).
package struct NodeAgentID: Sendable {
    private let id: SPIFFEID
    /// What the node's agent has whatever its ID is.
    package let selector: WorkloadSelector
    private let podPrefix: String

    /// - Returns: nil for what is no such ID.
    package init?(_ id: SPIFFEID) {
        let segments = id.path.split(separator: "/")
        guard segments.count == 5, id.path.hasPrefix("/spire/agent/k8s_psat/"),
            let selector = WorkloadSelector(type: "k8s_psat", value: "agent_node_uid:\(segments[4])")
        else { return nil }
        self.id = id
        self.selector = selector
        podPrefix = "/spire/agent/k8s_psat/\(segments[3])/pod/"
    }

    /// Whether an ID is that of an agent of this cluster which ends in a pod's UID.
    package static func isOfPod(_ id: SPIFFEID) -> Bool {
        let segments = id.path.split(separator: "/")
        return id.path.hasPrefix("/spire/agent/k8s_psat/") && segments.count == 6 && segments[4] == "pod"
    }

    /// What `ParentResolved` says of the node's agent being one of these.
    ///
    /// - Parameter agents: the IDs of live agents that have the selector.
    /// - Returns: nil when none of them ends in a pod's UID.
    package func mismatch(among agents: [SPIFFEID]) -> ConditionOutcome? {
        guard agents.contains(where: { $0.path.hasPrefix(podPrefix) }) else { return nil }
        return .fails(
            .agentIDMismatch,
            "the SPIRE server gives agents IDs of their pods (use_pod_uid_for_agent_id), and not \(id): an entry of one node or "
                + "pod is for no such agent. Use placement Cluster, or have an alias for each node, which "
                + "spire.agentIDTemplate names")
    }
}
