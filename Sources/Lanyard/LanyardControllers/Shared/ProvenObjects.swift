import KubernetesModel
import Synchronization

/// The objects that the API server itself has shown to this process alive and with our finalizer.
///
/// The cache of a new leader may lag behind its predecessor: an object in it may be gone and cleaned up already, and
/// writing for it would bring back what was taken away. Once seen alive with the finalizer it cannot go without us.
///
/// One is known of each name: what vanishes without us does not stay.
package final class ProvenObjects: Sendable {
    private let uids = Mutex<[ObjectKey: String]>([:])

    /// Knows nothing yet.
    package init() {}

    /// How many objects are known.
    package var count: Int { uids.withLock { $0.count } }

    func contains(_ uid: String, of key: ObjectKey) -> Bool { uids.withLock { $0[key] == uid } }

    func insert(_ uid: String, of key: ObjectKey) { uids.withLock { $0[key] = uid } }

    func remove(_ key: ObjectKey) { uids.withLock { _ = $0.removeValue(forKey: key) } }
}

/// The cache shows an object that the API server does not have in that form any more: look again soon.
package struct StaleObject: Error, CustomStringConvertible {
    package var description: String { "the cached object is out of date" }
}
