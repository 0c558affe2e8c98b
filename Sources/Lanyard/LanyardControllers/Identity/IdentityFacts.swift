import KubernetesModel
import LanyardAPI
import LanyardCore

/// Everything that the plan for one WorkloadIdentity depends on outside of its spec.
struct IdentityFacts: Equatable, Sendable {
    /// What should exist where the pods run now, without bundles that are missing.
    var wanted: DesiredEntries
    /// Trust domains whose bundles SPIRE does not have.
    var missingBundles: [String]
    /// The wanted entries that are not known to be right.
    var candidates: [IdentityPlan.Candidate]
    /// IDs of our entries for this identity, without those that are left alone for now.
    var existing: Set<String>
    /// IDs of those among them whose node or pod is not there any more.
    var gone: Set<String>
    /// Whether SPIRE will ever serve entries with these parents.
    var parent: ConditionOutcome
    /// What is known of the parents that do not resolve.
    var awaitedParents: [SPIFFEID: ConditionOutcome]
    /// An older identity that is for all of its workloads and has the same hint: agents serve the older entry alone.
    var shadowedBy: ObjectKey?
    /// Whether entries of others that have what is wanted may be taken over.
    var adopts: Bool
    /// When a grace ends, so that the identity is to be looked at again.
    var nextLook: Duration?

    /// Entries of others that have what an entry of ours is to be moved to, by ID.
    var foreignHolders: [String: RegistrationEntry.Tuple] {
        candidates.reduce(into: [:]) { holders, candidate in
            if let foreign = candidate.foreignSimilar { holders[foreign.id] = foreign.tuple }
        }
    }
}
