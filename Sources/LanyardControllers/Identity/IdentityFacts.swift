import KubernetesModel
import LanyardAPI
import LanyardCore

/// Everything that the plan for one WorkloadIdentity depends on outside of its spec.
struct IdentityFacts: Equatable, Sendable {
    /// The entry with our ID, if the server has it.
    var actual: RegistrationEntry?
    /// Another identity that wants the same tuple and is older.
    var olderClaimant: ObjectKey?
    /// An entry under another ID that has the tuple which an update would lead to.
    var foreignSimilar: RegistrationEntry?
    /// Whether SPIRE will ever serve an entry with this parent.
    var parent: ConditionOutcome
}
