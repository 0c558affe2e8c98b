/// Keeps the entries of nodes that the last matching pod has left for a while, against churn: a pod that restarts on the
/// same node finds its entry in place (rule fail-17). Pure; the memory of one identity.
package struct NodeGrace: Equatable, Sendable {
    /// How long an entry outlives the last pod on its node.
    package static let period: Duration = .seconds(60)

    private var leftAt: [NodeFacts: Duration] = [:]
    private var occupied: Set<NodeFacts> = []

    /// Knows no node yet.
    package init() {}

    /// Notes which nodes run matching pods now.
    ///
    /// - Parameters:
    ///   - now: the nodes with matching pods.
    ///   - time: the clock's time.
    /// - Returns: the nodes whose entries stay although no pod is left, and when the first of them may go.
    package mutating func observe(
        occupied now: Set<NodeFacts>, at time: Duration
    ) -> (lingering: Set<NodeFacts>, nextDeadline: Duration?) {
        for node in occupied.subtracting(now) { leftAt[node] = time }
        leftAt = leftAt.filter { !now.contains($0.key) && $0.value + Self.period > time }
        occupied = now
        return (Set(leftAt.keys), leftAt.values.min().map { $0 + Self.period })
    }
}
