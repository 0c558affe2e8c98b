package import LanyardAPI

/// What a WorkloadIdentity asks for, checked: how its entries are made, and what becomes of them.
package struct DesiredIdentity: Equatable, Sendable {
    /// What all of its entries are made from.
    package var blueprint: EntryBlueprint
    /// The ServiceAccount whose pods get the identity.
    package var serviceAccountName: String
    /// What happens to changes by hand.
    package var driftPolicy: DriftPolicy
    /// What happens to the entries when the identity is deleted. `Orphan` needs a boundary that allows it.
    package var deletionPolicy: DeletionPolicy

    /// Describes what should be.
    package init(
        blueprint: EntryBlueprint, serviceAccountName: String, driftPolicy: DriftPolicy = .correct,
        deletionPolicy: DeletionPolicy = .delete
    ) {
        self.blueprint = blueprint
        self.serviceAccountName = serviceAccountName
        self.driftPolicy = driftPolicy
        self.deletionPolicy = deletionPolicy
    }

    /// Where the entries are parented.
    package var placement: WorkloadIdentitySpec.Placement { blueprint.placement }

    /// The word by which workloads tell it from their other identities; empty when there is none.
    package var hint: String { blueprint.base.hint }

    /// What a workload must have to get it, beside a pod's UID.
    package var selectors: Set<WorkloadSelector> { blueprint.base.selectors }

    /// What is worth saying of a valid spec: each begins with `; `, and is added to what `Accepted` says.
    package var remark: String {
        guard let first = SelectorFamily.unknown(in: selectors).first else { return "" }
        return "; no SPIRE agent is known to give a workload the selector \(Excerpt.quoting(first.description))"
    }

    /// The SPIFFE ID of every entry; nil when it differs between nodes or pods.
    package var spiffeID: SPIFFEID? { blueprint.commonSPIFFEID }

    /// The trust domains whose bundles workloads are to receive.
    package var federatesWith: Set<String> { blueprint.base.federatesWith }

    /// The entries that should exist.
    ///
    /// - Parameter facts: where the pods run; not looked at with placement `Cluster`.
    package func entries(at facts: PlacementFacts = PlacementFacts()) -> DesiredEntries {
        blueprint.entries(at: facts)
    }
}
