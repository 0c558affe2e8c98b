import KubernetesModel
import Logging

/// Brings what a reflector reads into the store, and from there to the handler.
struct StoreWriter<Object: KubernetesResource>: Sendable {
    let store: Store<Object>
    let onDelta: @Sendable (Delta<Object>) -> Void
    let metrics: ReflectorMetrics
    let logger: Logger

    /// Makes the store equal to a complete list; it counts as synced only after the handler has seen what changed.
    func replace(with pages: [DecodedObject<Object>], _ version: ResourceVersion) {
        var objects: [Object] = []
        var undecodable: [UndecodableObject] = []
        for element in pages {
            switch element {
            case .object(let object): objects.append(object)
            case .undecodable(let object):
                undecodable.append(object)
                log(object)
            }
        }
        store.replace(with: objects, undecodable: undecodable, resourceVersion: version).forEach(onDelta)
        store.markSynced()
        recordCounts()
        logger.debug("listed", metadata: ["objects": "\(objects.count)", "resource.version": "\(version)"])
    }

    /// Applies an event of a watch.
    func apply(_ event: WatchEvent<Object>) -> WatchStateMachine.Received {
        switch event {
        case .added(let object), .modified(let object):
            deliver(.upsert(object))
            return .object(object.metadata.resourceVersion)
        case .deleted(let object):
            deliver(.delete(object))
            return .object(object.metadata.resourceVersion)
        case .deletedUndecodable(let key, let version):
            deliver(.deleteKey(key, resourceVersion: version))
            return .object(version)
        case .undecodable(let key, let version, let reason):
            let object = UndecodableObject(key: key, resourceVersion: version, reason: reason)
            log(object)
            deliver(.undecodable(object))
            return .object(version)
        case .bookmark(let bookmark):
            store.advance(to: bookmark.resourceVersion)
            return .bookmark(bookmark.resourceVersion)
        case .error(let status):
            return .error(status)
        }
    }

    private func deliver(_ change: StoreChange<Object>) {
        store.deltas(applying: change).forEach(onDelta)
        recordCounts()
    }

    private func recordCounts() {
        metrics.stored(objects: store.count, undecodable: store.undecodable.count)
    }

    private func log(_ object: UndecodableObject) {
        logger.warning(
            "object cannot be decoded", metadata: ["object.key": "\(object.key)", "reason": "\(object.reason)"])
    }
}
