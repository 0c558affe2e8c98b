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

/// Keeps, for a while after a process has started, the entries of an identity that it does not find a reason for: its cache of
/// pods may be behind its predecessor's, and an entry that another look would find wanted must not go in between. Pure; the
/// memory of one identity.
package struct LeftoverGrace: Equatable, Sendable {
    /// How long such entries stay; every cache has caught up by then.
    package static let period: Duration = .seconds(60)

    private var leftovers: Set<String> = []
    private var until: Duration?

    /// Has not looked yet.
    package init() {}

    /// Notes which entries there are and are not wanted.
    ///
    /// - Returns: those that stay all the same, and until when.
    package mutating func observe(
        unwanted: Set<String>, at time: Duration
    ) -> (kept: Set<String>, deadline: Duration?) {
        guard let until else {
            self.until = time + Self.period
            leftovers = unwanted
            return (unwanted, unwanted.isEmpty ? nil : time + Self.period)
        }
        leftovers.formIntersection(unwanted)
        guard time < until, !leftovers.isEmpty else { return ([], nil) }
        return (leftovers, until)
    }
}
