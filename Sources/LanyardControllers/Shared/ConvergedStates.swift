import Synchronization

/// What this process saw each object converged to; a later difference from the same is then drift, not a change.
///
/// Kept in memory only: status can be written by tenants, so nothing is decided from it.
package final class ConvergedStates<State: Hashable & Sendable>: Sendable {
    private let states = Mutex<[String: State]>([:])

    /// Remembers nothing.
    package init() {}

    /// Whether the object with this UID was converged to this state by this process.
    package func contains(_ state: State, uid: String?) -> Bool {
        guard let uid else { return false }
        return states.withLock { $0[uid] == state }
    }

    /// Remembers that the object is converged.
    package func insert(_ state: State, uid: String?) {
        guard let uid else { return }
        states.withLock { $0[uid] = state }
    }

    /// Forgets an object that is gone.
    package func remove(uid: String?) {
        guard let uid else { return }
        _ = states.withLock { $0.removeValue(forKey: uid) }
    }
}
