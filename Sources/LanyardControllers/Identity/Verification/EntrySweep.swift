package import ControllerRuntime
package import KubernetesClient
import KubernetesModel
package import LanyardAPI
import LanyardCore
package import Logging
package import SPIREClient
import Synchronization

/// Deletes entries with our prefix that no object owns any more: what is left when a finalizer was stripped, or a namespace
/// restored without its objects (DESIGN §3.2).
///
/// Candidates are what a listing of SPIRE shows and the cache has no owner for. Only then the API server itself is asked for
/// all identities; a list that fails, a kind that is not served, or a page that cannot be read ends the sweep.
package final class EntrySweep: Sendable {
    private static let pageSize = 500

    private let api: any KubernetesAPI
    private let identities: Store<WorkloadIdentity>
    private let registry: any EntryRegistry
    private let inventory: EntryInventory
    private let cluster: String
    private let watchedNamespace: String?
    private let events: any EventRecorder
    /// What events are about: the operator has no resource of its own but its lease.
    private let lease: ObjectReference
    private let logger: Logger
    private let state = Mutex(SweepState())

    /// Wires a sweep.
    ///
    /// - Parameters:
    ///   - watchedNamespace: the one namespace that is watched; entries of others are then none of ours to judge.
    ///   - namespace: the operator's own, where events about sweeps are found.
    package init(
        api: any KubernetesAPI, identities: Store<WorkloadIdentity>, registry: any EntryRegistry,
        inventory: EntryInventory, cluster: String, watchedNamespace: String?, namespace: String,
        events: any EventRecorder, logger: Logger
    ) {
        self.api = api
        self.identities = identities
        self.registry = registry
        self.inventory = inventory
        self.cluster = cluster
        self.watchedNamespace = watchedNamespace
        self.events = events
        self.logger = logger
        lease = ObjectReference(
            apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace: namespace, name: "lanyard", uid: "")
    }

    /// Looks at what a complete listing of SPIRE showed.
    ///
    /// - Parameter listed: our entries, and whether they were left behind on purpose.
    /// - Returns: identities that have to look at their entries again.
    /// - Throws: `SPIREError` when entries cannot be deleted. When the API server cannot be read, nothing is deleted, and
    ///   that is no error here.
    func run(_ listed: [String: Bool]) async throws(SPIREError) -> Set<ObjectKey> {
        let cached = Owners(keys: Set(identities.all.map(\.key)).union(identities.undecodable.keys), cluster: cluster)
        let candidates = listed.filter { !$0.value && isJudged($0.key) && !cached.own($0.key) }.keys
        var ownerless: Set<String> = []
        var owners = cached.keys.count
        if !candidates.isEmpty {
            let stored: Owners
            do {
                stored = Owners(keys: try await storedKeys(), cluster: cluster)
            } catch {
                state.withLock { $0.forget() }
                logger.warning(
                    "sweep is put off: the identities cannot be listed", metadata: ["error": "\(error)"])
                return []
            }
            owners = stored.keys.count
            ownerless = candidates.filter { !stored.own($0) }.reduce(into: []) { $0.insert($1) }
        }
        switch state.withLock({ $0.decide(ownerless: ownerless, owned: listed.count, owners: owners) }) {
        case .keep:
            return []
        case .stop(let count, let limit):
            let note =
                "\(count) registration entries have no WorkloadIdentity, more than the \(limit) that a sweep may delete; "
                + "nothing is deleted"
            logger.error("sweep stopped", metadata: ["entries": "\(count)", "limit": "\(limit)"])
            report(.warning, EventReason.sweepStopped, note)
            return []
        case .delete(let ids):
            return try await delete(ids)
        }
    }

    private func delete(_ ids: [String]) async throws(SPIREError) -> Set<ObjectKey> {
        // A namesake that was created this moment has its entry by now; it is not swept away under it.
        let late = Owners(keys: Set(identities.all.map(\.key)), cluster: cluster)
        let ids = ids.filter { !late.own($0) }
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
            report(
                .normal, EventReason.sweptEntries, "deleted registration entry \(first)\(others), which had no owner")
        }
        if let failure { throw failure }
        return Set(
            deleted.compactMap { id in
                if case .identity(let key) = EntryName.owner(of: id, cluster: cluster) { key } else { nil }
            })
    }

    /// The keys of all identities on the API server, readable or not; complete, or an error.
    private func storedKeys() async throws -> Set<ObjectKey> {
        var keys: Set<ObjectKey> = []
        var token: String?
        repeat {
            let page = try await api.listDecodable(
                WorkloadIdentity.self, namespace: watchedNamespace, limit: Self.pageSize, continue: token)
            for item in page.items {
                switch item {
                case .object(let identity): keys.insert(identity.key)
                case .undecodable(let object): keys.insert(object.key)
                }
            }
            token = page.metadata.continue
        } while token?.isEmpty == false
        return keys
    }

    /// Whether an entry is one that this operator could have made for a namespace that it watches.
    private func isJudged(_ id: String) -> Bool {
        switch EntryName.owner(of: id, cluster: cluster) {
        case .identity(let key): watchedNamespace == nil || key.namespace == watchedNamespace
        case .identityBeginning, .nobody: watchedNamespace == nil
        case .nodeAlias, nil: false
        }
    }

    private func report(_ kind: ObjectEvent.Kind, _ reason: String, _ note: String) {
        events.record(ObjectEvent(regarding: lease, kind: kind, reason: reason, action: "Sweep", note: note))
    }
}

/// Whose entries there can be.
private struct Owners {
    let keys: Set<ObjectKey>
    let cluster: String

    /// Whether one of them can own the entry.
    func own(_ id: String) -> Bool {
        switch EntryName.owner(of: id, cluster: cluster) {
        case .identity(let key): keys.contains(key)
        case .identityBeginning:
            keys.contains { EntryName.owner(of: id, cluster: cluster)?.canBe($0, cluster: cluster) == true }
        case .nodeAlias: true
        case .nobody, nil: false
        }
    }
}
