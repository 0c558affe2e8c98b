import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import SPIREClient

/// Collects what the plan for a WorkloadIdentity depends on: no call for what is known to be right, point reads for the
/// rest, and more only where the tuple of an existing entry changes.
struct IdentityGatherer: Sendable {
    let store: Store<WorkloadIdentity>
    let entries: EntryPorts
    let placement: any PlacementSource
    let bundles: FederatedBundles
    let boundaries: BoundaryBook
    let memory: IdentityMemory
    let clock: any RuntimeClock

    var registry: any EntryRegistry { entries.registry }
    private var inventory: EntryInventory { entries.inventory }

    /// Gathers.
    ///
    /// - Throws: `SPIREError` when the server cannot be read, `PlacementUnknown` when pods are not known: nothing is
    ///   concluded from either.
    func facts(for identity: WorkloadIdentity, desired: DesiredIdentity) async throws -> IdentityFacts {
        var (wanted, nextLook) = try wanted(for: identity, desired: desired)
        var missing: [String] = []
        if !desired.federatesWith.isEmpty {
            let plan = FederationPlan(wanted: desired.federatesWith, stored: try await bundles.names())
            wanted = plan.applied(to: wanted)
            missing = plan.missing
        }
        let candidates = try await candidates(
            inventory.unsettled(wanted.entries), for: identity)
        var existing = inventory.existing(of: identity.key)
        let unwanted = existing.subtracting(wanted.ids).subtracting(wanted.forbidden)
        let (kept, deadline) = memory.with(identity.metadata) {
            $0.leftovers.observe(unwanted: unwanted, at: clock.now)
        }
        existing.subtract(kept)
        let gone = try gone(among: unwanted.subtracting(kept), placement: desired.placement)
        if let deadline { nextLook = min(nextLook ?? deadline, deadline) }
        let outcomes = try await entries.parents.outcomes(for: wanted.parents)
        let (parent, changesIn) = ParentsSummary.summary(
            of: wanted.entries, outcomes: outcomes, now: clock.wallTime.secondsSince1970)
        if let changesIn {
            let deadline = clock.now + .seconds(changesIn)
            nextLook = min(nextLook ?? deadline, deadline)
        }
        return IdentityFacts(
            wanted: wanted, missingBundles: missing, candidates: candidates, existing: existing, gone: gone,
            parent: parent, awaitedParents: outcomes.filter { !$0.value.isTrue },
            shadowedBy: await shadow(of: identity, desired: desired),
            adopts: identity.metadata.allowsAdoption(
                within: boundaries.effective(inNamespace: identity.metadata.namespace)),
            nextLook: nextLook)
    }

    /// What should exist where the pods run, and when that changes by itself.
    private func wanted(
        for identity: WorkloadIdentity, desired: DesiredIdentity
    ) throws(PlacementUnknown) -> (DesiredEntries, Duration?) {
        guard desired.placement != .cluster else {
            placement.release(identity.key)
            memory.memos.remove(identity.key)
            return (desired.entries(), nil)
        }
        placement.want(identity.key)
        var facts = try placement.facts(serviceAccount: IdentityIndex.serviceAccountValue(of: identity))
        guard desired.placement == .node else { return (memory.memos.entries(of: desired.blueprint, at: facts), nil) }
        let occupied = desired.blueprint.occupiedNodes(at: facts)
        let (lingering, deadline) = memory.with(identity.metadata) {
            $0.grace.observe(occupied: occupied, at: clock.now)
        }
        facts.lingering = lingering
        return (memory.memos.entries(of: desired.blueprint, at: facts), deadline)
    }

    /// Those of some entries whose node or pod is not there any more; none where pods and nodes are not looked at.
    private func gone(
        among ids: Set<String>, placement wanted: WorkloadIdentitySpec.Placement
    ) throws(PlacementUnknown) -> Set<String> {
        guard wanted != .cluster, !ids.isEmpty else { return [] }
        let absent = try placement.absent(Set(ids.compactMap { EntryName.place(of: $0) }))
        return ids.filter { EntryName.place(of: $0).map(absent.contains) ?? false }
    }

    /// The entries of an identity that must not stay.
    ///
    /// - Throws: `PlacementUnknown`.
    func forbidden(of identity: WorkloadIdentity, desired: DesiredIdentity) throws(PlacementUnknown) -> Set<String> {
        try wanted(for: identity, desired: desired).0.forbidden.intersection(inventory.existing(of: identity.key))
    }

    /// Whether entries of an identity must not stay by what holds in its namespace.
    ///
    /// - Throws: `PlacementUnknown`.
    func forbids(
        _ ids: [String], of identity: WorkloadIdentity, within boundary: EffectiveBoundary
    ) throws(PlacementUnknown) -> Bool {
        guard case .success(let desired) = boundaries.admit(identity, within: boundary) else { return false }
        return try wanted(for: identity, desired: desired).0.forbidden.isSuperset(of: ids)
    }

    private func candidates(
        _ unsettled: [DesiredEntry], for identity: WorkloadIdentity
    ) async throws(SPIREError) -> [IdentityPlan.Candidate] {
        guard !unsettled.isEmpty else { return [] }
        var candidates = unsettled.map {
            IdentityPlan.Candidate(desired: $0, confirmed: inventory.confirmed($0.entry.id))
        }
        let unread = candidates.indices.filter { !inventory.isAbsent(candidates[$0].desired.entry.id) }
        let results = await registry.entries(ids: unread.map { candidates[$0].desired.entry.id })
        for (index, result) in zip(unread, results) {
            let actual = try result.get()
            candidates[index].actual = actual
            inventory.observe(candidates[index].desired.entry.id, actual)
        }
        let absent = candidates.filter { $0.actual == nil }
        if !absent.isEmpty {
            let claims = await olderClaims(on: Set(absent.map(\.desired.entry.tuple)), than: identity)
            let refusal = brake(on: identity.key)
            for index in candidates.indices where candidates[index].actual == nil {
                if candidates[index].confirmed == nil { candidates[index].refusal = refusal }
                candidates[index].olderClaimant = claims[candidates[index].desired.entry.tuple]?.description
            }
        }
        for index in candidates.indices {
            candidates[index].foreignSimilar = try await foreignSimilar(to: candidates[index])
        }
        return candidates
    }

    /// Why an identity that has no entry yet gets none, as its namespace has abandoned too much; nil when it does.
    private func brake(on key: ObjectKey) -> String? {
        let namespace = key.namespace ?? ""
        let objects = store.population(of: namespace, index: IdentityIndex.namespace)
        let holders = inventory.ownerCount(inNamespace: namespace, atLeast: objects + AbandonmentBrake.limit)
        guard holders > 0, inventory.existing(of: key).isEmpty else { return nil }
        return AbandonmentBrake.refusal(
            holders: holders, objects: objects, kind: WorkloadIdentity.descriptor.kind, namespace: namespace
        ).map { "the entry \($0)" }
    }

    /// SPIRE does not check for similar entries in updates, so it is done here.
    private func foreignSimilar(to candidate: IdentityPlan.Candidate) async throws(SPIREError) -> RegistrationEntry? {
        let desired = candidate.desired.entry
        guard let actual = candidate.actual, actual.tuple != desired.tuple else { return nil }
        let similar = try await registry.entries(
            matching: EntryFilter(
                spiffeID: desired.spiffeID, parentID: desired.parentID, selectors: desired.selectors.sorted()))
        return similar.filter { $0.id != desired.id }.min { $0.id < $1.id }
    }

    /// How many older identities are looked at closely: who comes behind so many is told nothing, and has lost nothing but
    /// its turn.
    private static let rivalLimit = 32

    /// The oldest identity whose entries agents serve in place of this one's.
    private func shadow(of identity: WorkloadIdentity, desired: DesiredIdentity) async -> ObjectKey? {
        guard !desired.hint.isEmpty else { return nil }
        for other in older(than: identity, where: { $0.spec.hint == identity.spec.hint }).prefix(Self.rivalLimit) {
            let grounds = boundaries.grounds(for: other)
            guard let claim = await boundaries.desired(for: other, on: grounds, in: store) else { continue }
            if claim.hint == desired.hint, claim.selectors.isSubset(of: desired.selectors) { return other.key }
        }
        return nil
    }

    /// The identities of the ServiceAccount that were there before this one, the oldest first.
    private func older(
        than identity: WorkloadIdentity, where isWanted: (WorkloadIdentity) -> Bool = { _ in true }
    ) -> [WorkloadIdentity] {
        store.objects(index: IdentityIndex.serviceAccount, value: IdentityIndex.serviceAccountValue(of: identity))
            .filter { $0.key != identity.key && !$0.metadata.isBeingDeleted && isWanted($0) }
            .filter { Seniority(of: $0.metadata) < Seniority(of: identity.metadata) }
            .sorted { Seniority(of: $0.metadata) < Seniority(of: $1.metadata) }
    }

    /// The oldest identity of the ServiceAccount that was there before this one and wants the same, for each of some tuples.
    private func olderClaims(
        on tuples: Set<RegistrationEntry.Tuple>, than identity: WorkloadIdentity
    ) async -> [RegistrationEntry.Tuple: ObjectKey] {
        // Entries of the node alias and those of nodes have different parents.
        let isPlaced = (identity.spec.placement ?? .cluster) != .cluster
        let rivals = older(than: identity) { (($0.spec.placement ?? .cluster) != .cluster) == isPlaced }
        guard !rivals.isEmpty else { return [:] }
        let facts = try? placement.facts(serviceAccount: IdentityIndex.serviceAccountValue(of: identity))
        let spiffeIDs = Set(tuples.map(\.spiffeID))
        var claims: [RegistrationEntry.Tuple: ObjectKey] = [:]
        var placedRivals = 0
        for rival in rivals {
            let grounds = boundaries.grounds(for: rival)
            guard let desired = await boundaries.desired(for: rival, on: grounds, in: store),
                desired.spiffeID.map({ spiffeIDs.contains($0) }) != false,
                tuples.contains(where: { desired.selectors.isSubset(of: $0.selectors) })
            else { continue }
            // Of these every entry has to be made, for each node or pod.
            if isPlaced {
                placedRivals += 1
                if placedRivals > Self.rivalLimit { break }
                await Task.yield()
            }
            for entry in desired.entries(at: facts ?? PlacementFacts()).entries {
                let tuple = entry.entry.tuple
                if tuples.contains(tuple), claims[tuple] == nil { claims[tuple] = rival.key }
            }
            if claims.count == tuples.count { break }
        }
        return claims
    }
}
