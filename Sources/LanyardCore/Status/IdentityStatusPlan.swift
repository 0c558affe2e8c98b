import KubernetesModel
package import LanyardAPI

/// What a pass over a WorkloadIdentity came to.
package enum IdentityOutcome: Equatable, Sendable {
    /// The spec cannot be accepted; what exists stays.
    case refused(reason: Reason, message: String)
    /// The spec cannot be accepted, and what had been made was deleted, as the boundary wants it.
    case withdrawn(reason: Reason, message: String)
    /// Nothing is touched and nothing was looked at, as the author wants it.
    case paused
    /// The spec was accepted.
    case accepted(
        note: String?, entry: RegistrationEntry, entryInPlace: Bool, synced: ConditionOutcome, parent: ConditionOutcome)
    /// It is being deleted, and cleaning up failed.
    case cleanupFailed(ConditionOutcome)
}

/// Makes the status of a WorkloadIdentity. Pure; the caller compares and sends it.
package enum IdentityStatusPlan {
    /// Makes the status.
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
        if outcome == .paused {
            status.conditions = ConditionSummary.paused(previous.conditions ?? [], now: now)
            return status
        }
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
        case .paused:
            parts = []
        case .accepted(let note, let entry, let entryInPlace, let synced, let parent):
            status.spiffeID = entry.spiffeID.description
            status.parentID = entry.parentID.description
            status.entryCount = entryInPlace ? 1 : 0
            status.entries = entryInPlace ? [.init(id: entry.id, parentID: entry.parentID.description)] : []
            parts = [
                (ConditionType.accepted, .holds(.accepted, note ?? "the spec is valid")),
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
