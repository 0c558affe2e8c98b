package import LanyardAPI

/// The parent of `Cluster` entries, as configured (`spire.nodeAlias`).
package struct NodeAlias: Equatable, Sendable {
    /// The alias's SPIFFE ID, or a concrete agent.
    package let id: SPIFFEID
    /// Node selectors when Lanyard keeps the alias entry itself; nil when somebody else does, or `id` is an agent.
    package let managedSelectors: Set<WorkloadSelector>?

    /// An alias that others keep, where there are no selectors.
    package init(id: SPIFFEID, managedSelectors: Set<WorkloadSelector>?) {
        self.id = id
        self.managedSelectors = managedSelectors
    }
}
