import KubernetesModel
import Logging

/// Brings what a reflector reads into the store, and from there to the handlers.
struct StoreWriter<Object: KubernetesResource>: Sendable {
    let store: Store<Object>
    /// The one that is read; nil for all.
    let namespace: String?
    let onDelta: @Sendable (Delta<Object>) -> Void
    let notices: WatchNotices
    let metrics: ReflectorMetrics
    let logger: Logger

    /// Makes the store equal to a complete list; it counts as synced only after the handler has seen what changed.
    ///
    /// - Parameter moment: when the list was asked for, if it is of the newest state.
    func replace(
        with listing: Listing<Object>, _ version: ResourceVersion, newestAt moment: Store<Object>.Moment?
    ) {
        let known = store.undecodable
        for change in store.replace(with: listing, resourceVersion: version, newestAt: moment, in: namespace) {
            onDelta(change.delta)
        }
        for (key, object) in listing.undecodable.sorted(by: { $0.key < $1.key }) {
            report(object, unless: known[key])
        }
        reportRecoveries(since: known)
        notices.onList(version)
        store.markSynced(in: namespace)
        recordCounts()
        logger.debug(
            "listed",
            metadata: [
                "objects": .stringConvertible(listing.objects.count), "resource.version": "\(version)",
            ])
    }

    /// Applies an event of a watch.
    func apply(_ event: WatchEvent<Object>) {
        switch event {
        case .added(let object), .modified(let object): deliver(.upsert(object))
        case .deleted(let object): deliver(.delete(object))
        case .deletedUndecodable(let key, let version): deliver(.deleteKey(key, resourceVersion: version))
        case .undecodable(let object):
            let known = store.undecodable[object.key]
            deliver(.undecodable(object))
            report(object, unless: known)
        case .bookmark(let bookmark): store.advance(to: bookmark.resourceVersion, in: namespace)
        case .error: break
        }
    }

    private func deliver(_ change: StoreChange<Object>) {
        let known = store.undecodable
        store.deltas(applying: change).forEach(onDelta)
        reportRecoveries(since: known)
        recordCounts()
    }

    /// Says of which objects nothing undecodable is left: they decode now, or are gone.
    private func reportRecoveries(since known: [ObjectKey: UndecodableObject]) {
        guard !known.isEmpty else { return }
        let left = store.undecodable
        known.keys.filter { left[$0] == nil }.sorted().forEach(notices.onRecovery)
    }

    private func recordCounts() {
        metrics.stored(objects: store.count, undecodable: store.undecodable.count)
    }

    /// Says that an object cannot be decoded, once for each reason: a bad object that somebody keeps changing must not flood anybody.
    private func report(_ object: UndecodableObject, unless known: UndecodableObject?) {
        guard known?.reason != object.reason || known?.uid != object.uid else { return }
        logger.warning(
            "object cannot be decoded", metadata: ["object.key": "\(object.key)", "reason": "\(object.reason)"])
        notices.onUndecodable(object)
    }
}
