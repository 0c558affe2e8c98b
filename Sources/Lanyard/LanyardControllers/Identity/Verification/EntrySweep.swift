package import ControllerRuntime
package import KubernetesClient
import KubernetesModel
package import LanyardAPI
import LanyardCore
import Logging
package import SPIREClient
import Synchronization

/// Deletes entries with our prefix that no object owns any more: what is left when a finalizer was stripped, or a namespace
/// restored without its objects (rule sweep-1).
///
/// Candidates are what a listing of SPIRE shows and the cache has no owner for. Only then the API server itself is asked for
/// all identities; a list that fails, a kind that is not served, or a page that cannot be read ends the sweep.
package final class EntrySweep: Sendable {
    private let api: any KubernetesAPI
    private let identities: Store<WorkloadIdentity>
    private let registry: any EntryRegistry
    private let inventory: EntryInventory
    private let boundaries: BoundaryBook
    private let watchedNamespaces: Set<String>
    private let clock: any RuntimeClock
    private let report: SweepReport
    private var logger: Logger { report.logger }
    private let state: Mutex<SweepState>

    /// A sweep that has not looked yet.
    ///
    /// - Parameters:
    ///   - watchedNamespaces: those that are watched, none for all; entries of others are none of ours to judge.
    ///   - pace: how often all entries are listed.
    package init(
        api: any KubernetesAPI, identities: Store<WorkloadIdentity>, registry: any EntryRegistry,
        inventory: EntryInventory, boundaries: BoundaryBook, watchedNamespaces: [String], pace: Pace,
        report: SweepReport
    ) {
        self.api = api
        self.identities = identities
        self.registry = registry
        self.inventory = inventory
        self.boundaries = boundaries
        self.watchedNamespaces = Set(watchedNamespaces)
        clock = pace.environment.clock
        state = Mutex(SweepState(every: pace.interval))
        self.report = report
    }

    /// Looks at what a complete listing of SPIRE showed.
    ///
    /// - Parameter listed: our entries, and whether they were left behind on purpose.
    /// - Returns: identities that have to look at their entries again.
    /// - Throws: `SPIREError` when entries cannot be deleted. When the API server cannot be read, nothing is deleted, and
    ///   that is no error here.
    func run(_ listed: [String: Bool]) async throws(SPIREError) -> Set<ObjectKey> {
        let now = clock.now
        var cached = Claimants()
        for identity in identities.all { cached.add(identity.metadata) }
        cached.keys.formUnion(identities.undecodable.keys)
        var namespaces: [String: String] = [:]
        for (id, isLeftBehind) in listed where !isLeftBehind { namespaces[id] = judgedNamespace(of: id) }
        let candidates = unheld(namespaces, by: cached)
        var ownerless: [String: String] = [:]
        var owners = cached.keys.count
        if !candidates.isEmpty {
            let stored: Claimants
            do {
                stored = try await storedClaimants()
            } catch {
                forget()
                logger.warning(
                    "sweep is put off: the identities cannot be listed", metadata: ["error": "\(error)"])
                return []
            }
            owners = stored.keys.count
            ownerless = unheld(candidates, by: stored)
        }
        let all: [String: Int] = namespaces.values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        let decision = state.withLock { $0.decide(ownerless: ownerless, among: all, owners: owners, at: now) }
        report.hold(decision.held)
        switch decision {
        case .keep:
            return []
        case .stop(let count, let limit, let emptied):
            reportStop(count, limit, "nothing is deleted", emptied: emptied)
            return []
        case .deleteSome(let ids, let excess):
            reportStop(excess.count, excess.limit, excess.consequence)
            return try await delete(ids)
        case .delete(let ids):
            return try await delete(ids)
        }
    }

    /// A look failed, at whichever of the two systems: what was seen before it is not the sweep before.
    func forget() { state.withLock { $0.forget() } }

    private func delete(_ ids: [String]) async throws(SPIREError) -> Set<ObjectKey> {
        // A namesake that was created this moment has its entry by now; it is not swept away under it.
        let taken = await taken(among: ids)
        let ids = ids.filter { !taken.contains($0) }
        guard !ids.isEmpty else { return [] }
        var deleted: [String] = []
        var failure: SPIREError?
        for (id, result) in zip(ids, await registry.delete(ids: ids)) {
            switch result {
            case .success:
                inventory.remove(id)
                deleted.append(id)
            case .failure(let error): failure = failure ?? error
            }
        }
        if let first = deleted.first {
            let others = deleted.count > 1 ? " and \(deleted.count - 1) more" : ""
            logger.notice("entries without an owner deleted", metadata: ["entry.ids": "\(deleted)"])
            report.tell(
                .normal, EventReason.sweptEntries, "deleted registration entry \(first)\(others), which had no owner")
        }
        if let failure { throw failure }
        // A namesake that came too late to be seen above makes its entry again.
        let owners = EntryOwners(keys: Set(identities.all.map(\.key)), cluster: inventory.cluster)
        return Set(deleted.compactMap(owners.key))
    }

    /// The entries that an identity has by now, or of which that is not known. The cache may not show its finalizer yet.
    private func taken(among ids: [String]) async -> Set<String> {
        let owners = EntryOwners(keys: Set(identities.all.map(\.key)), cluster: inventory.cluster)
        let named: [ObjectKey: [String]] = ids.reduce(into: [:]) { named, id in
            if let key = owners.key(of: id) { named[key, default: []].append(id) }
        }
        var taken: Set<String> = []
        for (key, ids) in named.sorted(by: { $0.key < $1.key }) {
            let live = await Result<WorkloadIdentity?, any Error>.of {
                try await api.get(WorkloadIdentity.self, key)
            }
            guard case .success(let found?) = live else {
                taken.formUnion(ids)
                continue
            }
            let isPaused = await mayBePaused(found.metadata)
            taken.formUnion(ids.filter { isHeld($0, by: found.metadata, isPaused: isPaused) })
        }
        return taken
    }

    /// The identities on the API server that may have entries, readable or not; complete, or an error.
    private func storedClaimants() async throws -> Claimants {
        var claimants = Claimants()
        let namespaces: [String?] = watchedNamespaces.isEmpty ? [nil] : watchedNamespaces.sorted()
        for namespace in namespaces {
            try await api.listAllDecodable(WorkloadIdentity.self, namespace: namespace) { item in
                if case .object(let identity) = item {
                    claimants.add(identity.metadata)
                } else {
                    claimants.keys.insert(item.key)
                }
            }
        }
        return claimants
    }

    /// The identities that one look shows.
    private struct Claimants {
        var keys: Set<ObjectKey> = []
        /// Those of them without our finalizer.
        private(set) var unmarked: [ObjectKey: ObjectMeta] = [:]

        mutating func add(_ identity: ObjectMeta) {
            keys.insert(identity.key)
            if !identity.isOurs { unmarked[identity.key] = identity }
        }
    }

    /// Those of some entries that nobody holds.
    private func unheld(_ entries: [String: String], by claimants: Claimants) -> [String: String] {
        let owners = EntryOwners(keys: claimants.keys, cluster: inventory.cluster)
        return entries.filter { id, _ in
            guard let key = owners.key(of: id) else { return true }
            guard let identity = claimants.unmarked[key] else { return false }
            let boundary = boundaries.effective(inNamespace: key.namespace)
            return !isHeld(id, by: identity, isPaused: identity.isPaused(by: boundary))
        }
    }

    /// Whether an entry of an identity's name stays. Whoever stores an object anew may take our finalizer off, and what was made
    /// for it stays; a predecessor's has no owner then (rule own-40), and waits for the end of a pause (rule bound-40).
    private func isHeld(_ id: String, by identity: ObjectMeta, isPaused: Bool) -> Bool {
        if identity.isOurs { return true }
        guard !identity.isBeingDeleted else { return false }
        return isPaused || !identity.isYounger(than: inventory.ownedSince(id))
    }

    /// Whether an identity is paused by what the API server says of its boundary, or that is not known.
    private func mayBePaused(_ identity: ObjectMeta) async -> Bool {
        guard identity.annotations?[LanyardGroup.pausedAnnotation] == "true" else { return false }
        guard let boundary = try? await boundaries.certain(inNamespace: identity.namespace) else { return true }
        return identity.isPaused(by: boundary)
    }

    /// The namespace that an entry was made for, empty where it has none; nil when this operator could not have made it for
    /// an identity of a namespace that it watches.
    private func judgedNamespace(of id: String) -> String? {
        let owner = EntryName.owner(of: id, cluster: inventory.cluster)
        switch owner {
        case .identity, .shortened, .nobody:
            let namespace = owner?.namespace ?? ""
            return watchedNamespaces.isEmpty || watchedNamespaces.contains(namespace) ? namespace : nil
        case .nodeAlias, nil: return nil
        }
    }

    private func reportStop(_ count: Int, _ limit: Int, _ consequence: String, emptied: Int? = nil) {
        let excess =
            emptied.map { "all that \($0) namespaces had among them" }
            ?? "more than the \(limit) that a sweep may delete"
        logger.error(
            "sweep stopped",
            metadata: ["entries": "\(count)", "limit": "\(limit)", "consequence": "\(consequence)"])
        report.tell(
            .warning, EventReason.sweepStopped,
            "\(count) registration entries have no WorkloadIdentity, \(excess); \(consequence)")
    }
}
