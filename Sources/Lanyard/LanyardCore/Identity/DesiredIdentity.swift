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
        switch placement {
        case .cluster: blueprint.clusterEntries
        case .node: blueprint.nodeEntries(at: facts)
        case .pod: blueprint.podEntries(at: facts)
        }
    }
}

/// The entries that an identity should have where its pods run now.
package struct DesiredEntries: Equatable, Sendable {
    /// What should exist, by ID in order.
    package var entries: [DesiredEntry]
    /// What cannot be planned now, by ID in order: if such an entry exists, it stays as it is, unless it is forbidden.
    package var withheld: [WithheldEntry]

    /// Takes entries in any order.
    package init(entries: [DesiredEntry] = [], withheld: [WithheldEntry] = []) {
        self.entries = entries.sorted { $0.entry.id < $1.entry.id }
        self.withheld = withheld.sorted { $0.id < $1.id }
    }

    /// The IDs of what must not stay where it exists.
    package var forbidden: Set<String> { Set(withheld.lazy.filter { !$0.keepsExisting }.map(\.id)) }
}

/// An entry that should exist and cannot be planned now: a label that its name needs is missing, or its node is not known
/// yet. What exists is never deleted for that, except for a name outside of a boundary that says `onViolation: Withdraw`, and
/// for the operator's own SPIFFE ID.
package struct WithheldEntry: Equatable, Sendable {
    /// The ID that it has or would have.
    package let id: String
    /// Whether somebody has to change something; otherwise time heals it.
    package let needsIntervention: Bool
    /// Why, in a sentence that names the node or pod.
    package let message: String
    /// Whether an entry that exists stays.
    package let keepsExisting: Bool

    /// Says why an entry is withheld.
    package init(id: String, needsIntervention: Bool, message: String, keepsExisting: Bool = true) {
        self.id = id
        self.needsIntervention = needsIntervention
        self.message = message
        self.keepsExisting = keepsExisting
    }
}

/// One registration entry that should exist, and what it is for.
package struct DesiredEntry: Equatable, Sendable {
    /// As it is sent to the server.
    package var entry: RegistrationEntry
    /// Name of the node that it is for; nil with placement `Cluster`.
    package var node: String?
    /// Name of the pod that it is for; nil with other placements than `Pod`.
    package var pod: String?
    /// Since when its node and a pod there have been waiting for it, in seconds since 1970; nil when that is not known.
    package var awaitedSince: Int64?

    /// An entry for the whole cluster, where neither node nor pod is given.
    package init(entry: RegistrationEntry, node: String? = nil, pod: String? = nil, awaitedSince: Int64? = nil) {
        self.entry = entry
        self.node = node
        self.pod = pod
        self.awaitedSince = awaitedSince
    }
}
