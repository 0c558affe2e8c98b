import KubernetesModel
import Synchronization

/// The bindings that are accepted and have not taken over what an earlier one of their name had, for no fault of their own: the
/// sweep waits for those. Known in memory only, from the last pass over each.
final class WaitingHeirs: Sendable {
    /// Whether the pass that is under way has found it so, or else the one before.
    private let found = Mutex([ObjectKey: Bool]())

    /// Begins a pass: what the one before found holds until this one has ended.
    func begin(_ key: ObjectKey) { found.withLock { if $0[key] != nil { $0[key] = false } } }

    /// Notes what this pass has found.
    func note(_ key: ObjectKey) { found.withLock { $0[key] = true } }

    /// Ends a pass, however it came to its end.
    func end(_ key: ObjectKey) { found.withLock { if $0[key] == false { $0[key] = nil } } }

    func contains(_ key: ObjectKey) -> Bool { found.withLock { $0[key] != nil } }
}
