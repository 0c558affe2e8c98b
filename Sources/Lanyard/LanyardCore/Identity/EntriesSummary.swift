package import LanyardAPI

/// What the conditions of an identity say of all of its entries together. Pure; messages are constant while nothing changes.
package enum EntriesSummary {
    /// What is true of the entries after a pass.
    package struct Facts: Equatable, Sendable {
        /// How many entries should exist.
        package var wanted: Int
        /// Where they are parented.
        package var placement: WorkloadIdentitySpec.Placement
        /// What failed, by entry ID in order.
        package var failures: [ConditionOutcome]
        /// What could not be planned.
        package var withheld: [WithheldEntry]
        /// Trust domains whose bundles SPIRE does not have, in order.
        package var missingBundles: [String]
        /// Whether something keeps deleting the entries.
        package var isFought: Bool
        /// An older identity that is for all of these workloads and has the same hint.
        package var shadowedBy: String?

        /// All is as wanted, but for what is given.
        package init(
            wanted: Int, placement: WorkloadIdentitySpec.Placement = .cluster, failures: [ConditionOutcome] = [],
            withheld: [WithheldEntry] = [], missingBundles: [String] = [], isFought: Bool = false,
            shadowedBy: String? = nil
        ) {
            self.wanted = wanted
            self.placement = placement
            self.failures = failures
            self.withheld = withheld
            self.missingBundles = missingBundles
            self.isFought = isFought
            self.shadowedBy = shadowedBy
        }
    }

    /// What is added while something keeps deleting the entries, as another controller does that takes the whole server for its
    /// own; constant, since conditions are.
    private static let fightNote =
        "something keeps deleting it, and it is made again each time; if spire-controller-manager uses the same server, "
        + "set its entryIDPrefix"

    /// What `EntriesSynced` says: the first thing that is wrong, the gravest kind first.
    package static func synced(_ facts: Facts) -> ConditionOutcome {
        if let first = facts.failures.first {
            return .fails(first.reason, first.message + more(facts.failures.count - 1, "entries"))
        }
        let withheld = facts.withheld.filter(\.needsIntervention)
        if let first = withheld.first {
            return .fails(.rejected, first.message + more(withheld.count - 1, "entries"))
        }
        if let first = facts.withheld.first {
            return .fails(.pending, first.message + more(facts.withheld.count - 1, "entries"))
        }
        if let other = facts.shadowedBy {
            return .fails(
                .conflict,
                "WorkloadIdentity \(other) is older, is for all of these workloads, and has the same spec.hint: agents give "
                    + "them only that one")
        }
        if !facts.missingBundles.isEmpty {
            let names = facts.missingBundles.joined(separator: ", ")
            return .fails(
                .federatedBundleMissing,
                "SPIRE has no bundle of \(names); \(subject(facts)) registered without, and completed when it comes")
        }
        if facts.wanted == 0 { return .holds(.synced, "no matching pod runs, so there is no registration entry") }
        return .holds(
            .synced, "\(subject(facts)) as declared" + (facts.isFought ? "; \(fightNote)" : ""))
    }

    /// What `ParentResolved` says: the first that fails, one that somebody has to see to before one that time heals.
    ///
    /// - Parameter parents: what is known of the parent of each entry, by parent ID in order, without repetition.
    package static func parents(_ parents: [ConditionOutcome]) -> ConditionOutcome {
        let failing = parents.filter { !$0.isTrue }
        if let first = failing.first(where: \.reason.needsIntervention) ?? failing.first {
            return ConditionOutcome(first.status, first.reason, first.message + more(failing.count - 1, "parents"))
        }
        if parents.count == 1, let only = parents.first { return only }
        return .holds(
            .resolved, parents.isEmpty ? "there is no entry that needs a parent" : "live agents serve all parents")
    }

    private static func subject(_ facts: Facts) -> String {
        facts.placement == .cluster ? "the registration entry is" : "the registration entries are"
    }

    private static func more(_ count: Int, _ what: String) -> String {
        count > 0 ? " (and \(count) more \(what))" : ""
    }
}
