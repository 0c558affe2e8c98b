import Synchronization

/// The objects, by UID, that the API server itself has shown to this process alive and with our finalizer.
///
/// The cache of a new leader may lag behind its predecessor: an object in it may be gone and cleaned up already, and
/// writing for it would bring back what was taken away. Once seen alive with the finalizer it cannot go without us.
package final class ProvenObjects: Sendable {
    private let uids = Mutex<Set<String>>([])

    /// Knows nothing yet.
    package init() {}

    func contains(_ uid: String) -> Bool { uids.withLock { $0.contains(uid) } }

    func insert(_ uid: String) { uids.withLock { _ = $0.insert(uid) } }

    func remove(_ uid: String) { uids.withLock { _ = $0.remove(uid) } }
}

/// The cache shows an object that the API server does not have in that form any more: look again soon.
package struct StaleObject: Error, CustomStringConvertible {
    package var description: String { "the cached object is out of date" }
}
