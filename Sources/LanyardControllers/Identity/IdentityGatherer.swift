import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import SPIREClient

/// Collects what the plan for a WorkloadIdentity depends on: one point read, and more only where the tuple changes.
struct IdentityGatherer: Sendable {
    let store: Store<WorkloadIdentity>
    let registry: any EntryRegistry
    let parents: ParentResolver
    let boundaries: BoundaryBook
    let settings: PlanningSettings

    /// Gathers.
    ///
    /// - Throws: `SPIREError` when the server cannot be read: nothing is concluded from that.
    func facts(for identity: WorkloadIdentity, desired: DesiredIdentity) async throws(SPIREError) -> IdentityFacts {
        let actual = try await registry.entry(id: desired.entry.id)
        var facts = IdentityFacts(parent: try await parents.outcome(for: desired.entry.parentID))
        facts.actual = actual
        guard let actual else {
            facts.olderClaimant = olderClaimant(than: identity, tuple: desired.entry.tuple)
            return facts
        }
        if actual.tuple != desired.entry.tuple {
            // SPIRE does not check for similar entries in updates, so it is done here.
            let tuple = desired.entry.tuple
            let similar = try await registry.entries(
                matching: EntryFilter(
                    spiffeID: tuple.spiffeID, parentID: tuple.parentID, selectors: tuple.selectors.sorted()))
            facts.foreignSimilar = similar.filter { $0.id != desired.entry.id }.min { $0.id < $1.id }
        }
        return facts
    }

    /// The oldest other identity of the namespace that may have the same tuple and was there before this one.
    private func olderClaimant(than identity: WorkloadIdentity, tuple: RegistrationEntry.Tuple) -> ObjectKey? {
        store.objects(index: IdentityIndex.serviceAccount, value: IdentityIndex.serviceAccountValue(of: identity))
            .filter { $0.key != identity.key && !$0.metadata.isBeingDeleted }
            .filter { Seniority(of: $0.metadata) < Seniority(of: identity.metadata) }
            .filter { (try? boundaries.admit($0).get())?.entry.tuple == tuple }
            .min { Seniority(of: $0.metadata) < Seniority(of: $1.metadata) }?
            .key
    }
}
