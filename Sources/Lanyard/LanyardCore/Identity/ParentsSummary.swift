package import LanyardAPI

/// What `ParentResolved` says of all entries of an identity together: which nodes have no agent, and whether that is what a
/// new node looks like. Pure; messages are constant while nothing changes.
package enum ParentsSummary {
    /// How long the agent of a node may be missing before somebody has to see to it, in seconds: a node is ready for pods
    /// before its agent has attested.
    package static let patience: Int64 = 300

    /// A missing agent of a node is only waited for at first, then it needs somebody.
    ///
    /// - Parameters:
    ///   - entries: the entries that should be.
    ///   - outcomes: what is known of the parent of each, and of no other one.
    ///   - now: seconds since 1970.
    /// - Returns: the outcome, and in how many seconds another one is due though nothing else happens.
    package static func summary(
        of entries: [DesiredEntry], outcomes: [SPIFFEID: ConditionOutcome], now: Int64
    ) -> (outcome: ConditionOutcome, changesIn: Int64?) {
        var parents = outcomes.filter(\.value.isTrue)
        var changesIn: Int64?
        // For what agents are does not matter as long as they are there.
        let entries = parents.count < outcomes.count ? entries : []
        for entry in entries {
            let parent = entry.entry.parentID
            guard let outcome = outcomes[parent], !outcome.isTrue else { continue }
            guard let node = entry.node, outcome.reason == .parentNotFound else {
                parents[parent] = outcome.naming(node: entry.node)
                continue
            }
            let rest = entry.awaitedSince.map { since in
                let (age, overflows) = now.subtractingReportingOverflow(since)
                // What is from the future is new.
                return overflows || age < 0 ? patience : patience - age
            }
            if let rest, rest > 0 {
                changesIn = min(changesIn ?? rest, rest)
                // Another pod on the node may have waited for too long.
                if parents[parent] != nil { continue }
                parents[parent] = .fails(.noLiveAgents, "the SPIRE agent of node \(node) is not there yet (\(parent))")
            } else {
                parents[parent] = .fails(.parentNotFound, "node \(node) has no SPIRE agent: \(outcome.message)")
            }
        }
        let inOrder = parents.sorted { $0.key < $1.key }.map(\.value)
        return (EntriesSummary.parents(inOrder), changesIn)
    }
}

extension ConditionOutcome {
    /// The same of an agent, with the node that people know it by.
    fileprivate func naming(node: String?) -> ConditionOutcome {
        guard let node, !isTrue else { return self }
        return ConditionOutcome(status, reason, "node \(node): \(message)")
    }
}
