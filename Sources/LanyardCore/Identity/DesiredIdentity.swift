package import LanyardAPI

/// What a WorkloadIdentity with placement `Cluster` becomes.
package struct DesiredIdentity: Equatable, Sendable {
    /// The one registration entry.
    package var entry: RegistrationEntry
    /// The ServiceAccount whose pods get the identity.
    package var serviceAccountName: String
    /// What happens to changes by hand.
    package var driftPolicy: DriftPolicy
    /// What happens to the entry when the identity is deleted. `Orphan` needs a boundary that allows it.
    package var deletionPolicy: DeletionPolicy

    /// Describes what should be.
    package init(
        entry: RegistrationEntry, serviceAccountName: String, driftPolicy: DriftPolicy = .correct,
        deletionPolicy: DeletionPolicy = .delete
    ) {
        self.entry = entry
        self.serviceAccountName = serviceAccountName
        self.driftPolicy = driftPolicy
        self.deletionPolicy = deletionPolicy
    }
}
