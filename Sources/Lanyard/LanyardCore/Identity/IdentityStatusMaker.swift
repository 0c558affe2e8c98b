import KubernetesModel
package import LanyardAPI

/// What a pass over a WorkloadIdentity came to.
package enum IdentityOutcome: Equatable, Sendable {
    /// The spec cannot be accepted; what exists stays.
    case refused(reason: Reason, message: String)
    /// The spec cannot be accepted, and what had been made was deleted, as the boundary wants it.
    case withdrawn(reason: Reason, message: String)
    /// The spec was accepted. `remark` is added to what `Accepted` says, such as that there is no ServiceAccount; `spiffeID` is nil when it differs between nodes or pods; `entries` is nil when this pass did
    /// not find out which ones exist, so that what was known of them stays.
    case accepted(
        note: String?, spiffeID: SPIFFEID?, entries: RegisteredEntries?, synced: ConditionOutcome,
        parent: ConditionOutcome, remark: String = "")
    /// It is being deleted, and cleaning up failed.
    case cleanupFailed(ConditionOutcome)
}

/// Makes the status of a WorkloadIdentity. Pure; the caller compares and sends it.
package enum IdentityStatusMaker {
    /// The status after a pass; what the pass did not look at stays as it was.
    ///
    /// - Parameters:
    ///   - identity: the object as it is stored.
    ///   - outcome: what this pass came to.
    ///   - now: RFC 3339 time for transitions.
    package static func status(
        of identity: WorkloadIdentity, outcome: IdentityOutcome, now: String
    ) -> WorkloadIdentityStatus {
        let previous = identity.status ?? WorkloadIdentityStatus()
        var status = previous
        status.observedGeneration = identity.metadata.generation
        let parts: [(type: String, outcome: ConditionOutcome)]
        switch outcome {
        case .refused(let reason, let message):
            parts = [(ConditionType.accepted, .fails(reason, message))]
        case .withdrawn(let reason, let message):
            status.spiffeID = nil
            status.parentID = nil
            status.entryCount = 0
            status.entries = []
            parts = [
                (ConditionType.accepted, .fails(reason, message)), (ConditionType.entriesSynced, .withdrawn),
            ]
        case .accepted(let note, let spiffeID, let entries, let synced, let parent, let remark):
            status.spiffeID = spiffeID?.description
            status.placement = identity.spec.placement ?? .cluster
            if let entries {
                status.parentID = entries.parentID?.description
                status.entryCount = entries.count
                status.entries = entries.first.map {
                    .init(id: $0.entry.id, parentID: $0.entry.parentID.description, node: $0.node, pod: $0.pod)
                }
            }
            parts = [
                (ConditionType.accepted, .holds(.accepted, (note ?? "the spec is valid") + remark)),
                (ConditionType.entriesSynced, synced),
                (ConditionType.parentResolved, parent),
            ]
        case .cleanupFailed(let failure):
            parts = [(ConditionType.entriesSynced, failure)]
        }
        status.conditions = ConditionSummary.conditions(
            parts: parts, readyMessage: "the workload can obtain its identity",
            generation: identity.metadata.generation, previous: previous.conditions ?? [], now: now)
        return status
    }
}

/// The entries of an identity that exist, as the status shows them.
package struct RegisteredEntries: Equatable, Sendable {
    /// How many of them the status names; it gives the number of all.
    package static let shown = 20

    package let count: Int
    /// The first of them by ID.
    package let first: [DesiredEntry]
    /// The parent of all that are wanted; nil when they have several, or none is wanted.
    package let parentID: SPIFFEID?

    /// Keeps the first few for the status, and counts the rest.
    ///
    /// - Parameters:
    ///   - registered: those that exist, by ID in order.
    ///   - wanted: those that should exist.
    ///   - count: how many exist, with those that are kept for a while; nil when there are no others.
    package init(_ registered: [DesiredEntry], of wanted: [DesiredEntry], count: Int? = nil) {
        self.count = count ?? registered.count
        first = Array(registered.prefix(Self.shown))
        let parent = wanted.first?.entry.parentID
        // By index: an entry is not copied to look at its parent.
        parentID = wanted.indices.allSatisfy { wanted[$0].entry.parentID == parent } ? parent : nil
    }
}
