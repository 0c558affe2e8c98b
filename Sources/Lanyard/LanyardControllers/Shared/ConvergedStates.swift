package import KubernetesModel
import Synchronization

/// What this process saw each object converged to; a later difference from the same is then drift, not a change.
///
/// Kept in memory only: status can be written by tenants, so nothing is decided from it. One is known of each name, and a
/// namesake inherits nothing.
package final class ConvergedStates<State: Hashable & Sendable>: Sendable {
    private struct Record: Equatable {
        let uid: String
        let state: State
    }

    private let records = Mutex<[ObjectKey: Record]>([:])

    /// Remembers nothing.
    package init() {}

    /// How many objects something is remembered of.
    package var count: Int { records.withLock { $0.count } }

    /// Whether this very object was converged to this state by this process.
    package func contains(_ state: State, of metadata: ObjectMeta) -> Bool {
        guard let uid = metadata.uid else { return false }
        return records.withLock { $0[metadata.key] == Record(uid: uid, state: state) }
    }

    /// Remembers that the object is converged.
    package func insert(_ state: State, of metadata: ObjectMeta) {
        guard let uid = metadata.uid else { return }
        records.withLock { $0[metadata.key] = Record(uid: uid, state: state) }
    }

    /// Forgets an object that is gone.
    package func remove(_ key: ObjectKey) { records.withLock { _ = $0.removeValue(forKey: key) } }
}
