package import ControllerRuntime
package import KubernetesClient
import KubernetesModel
package import LanyardAPI
import LanyardCore
package import Logging
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
    private let cluster: String
    private let watchedNamespaces: Set<String>
    private let report: SweepReport
    private let logger: Logger
    private let state = Mutex(SweepState())

    /// A sweep that has not looked yet.
    ///
    /// - Parameters:
    ///   - watchedNamespaces: those that are watched, none for all; entries of others are none of ours to judge.
    ///   - namespace: the operator's own, where events about sweeps are found.
    package init(
        api: any KubernetesAPI, identities: Store<WorkloadIdentity>, registry: any EntryRegistry,
        inventory: EntryInventory, cluster: String, watchedNamespaces: [String], namespace: String,
        events: any EventRecorder, logger: Logger
    ) {
        self.api = api
        self.identities = identities
        self.registry = registry
        self.inventory = inventory
        self.cluster = cluster
        self.watchedNamespaces = Set(watchedNamespaces)
        self.logger = logger
        report = SweepReport(on: .entries, namespace: namespace, events: events)
    }

    /// Looks at what a complete listing of SPIRE showed.
    ///
    /// - Parameter listed: our entries, and whether they were left behind on purpose.
    /// - Returns: identities that have to look at their entries again.
    /// - Throws: `SPIREError` when entries cannot be deleted. When the API server cannot be read, nothing is deleted, and
    ///   that is no error here.
    func run(_ listed: [String: Bool]) async throws(SPIREError) -> Set<ObjectKey> {
        // Nothing was made for one without our finalizer: what has its name is a predecessor's.
        let cached = EntryOwners(
            keys: Set(identities.all.filter(\.metadata.isOurs).map(\.key)).union(identities.undecodable.keys),
            cluster: cluster)
        var namespaces: [String: String] = [:]
        for (id, isLeftBehind) in listed where !isLeftBehind { namespaces[id] = judgedNamespace(of: id) }
        let candidates = namespaces.filter { cached.key(of: $0.key) == nil }
        var ownerless: [String: String] = [:]
        var owners = cached.keys.count
        if !candidates.isEmpty {
            let stored: EntryOwners
            do {
                stored = EntryOwners(keys: try await storedKeys(), cluster: cluster)
            } catch {
                forget()
                logger.warning(
                    "sweep is put off: the identities cannot be listed", metadata: ["error": "\(error)"])
                return []
            }
            owners = stored.keys.count
            ownerless = candidates.filter { stored.key(of: $0.key) == nil }
        }
        let all: [String: Int] = namespaces.values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        let decision = state.withLock { $0.decide(ownerless: ownerless, among: all, owners: owners) }
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
        let late = EntryOwners(keys: await keysTaken(since: ids), cluster: cluster)
        let ids = ids.filter { late.key(of: $0) == nil }
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
        let owners = EntryOwners(keys: Set(identities.all.map(\.key)), cluster: cluster)
        return Set(deleted.compactMap(owners.key))
    }

    /// The keys of identities that have something by now, or of which that is not known. The cache may not show their
    /// finalizers yet.
    private func keysTaken(since ids: [String]) async -> Set<ObjectKey> {
        let owners = EntryOwners(keys: Set(identities.all.map(\.key)), cluster: cluster)
        var keys: Set<ObjectKey> = []
        for key in Set(ids.compactMap(owners.key)).sorted() {
            let live = await Result<WorkloadIdentity?, any Error>.of {
                try await api.get(WorkloadIdentity.self, key)
            }
            if case .success(let found?) = live, !found.metadata.isOurs { continue }
            keys.insert(key)
        }
        return keys
    }

    /// The keys of all identities on the API server that may have entries, readable or not; complete, or an error.
    private func storedKeys() async throws -> Set<ObjectKey> {
        guard !watchedNamespaces.isEmpty else { return try await storedKeys(in: nil) }
        var keys: Set<ObjectKey> = []
        for namespace in watchedNamespaces.sorted() { keys.formUnion(try await storedKeys(in: namespace)) }
        return keys
    }

    private func storedKeys(in namespace: String?) async throws -> Set<ObjectKey> {
        var keys: Set<ObjectKey> = []
        try await api.listAllDecodable(WorkloadIdentity.self, namespace: namespace) { item in
            if case .object(let identity) = item, !identity.metadata.isOurs { return }
            keys.insert(item.key)
        }
        return keys
    }

    /// The namespace that an entry was made for, empty where it has none; nil when this operator could not have made it for
    /// an identity of a namespace that it watches.
    private func judgedNamespace(of id: String) -> String? {
        let owner = EntryName.owner(of: id, cluster: cluster)
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
