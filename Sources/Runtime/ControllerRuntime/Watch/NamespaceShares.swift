import KubernetesModel
import Synchronization

/// How much of the objects of each namespace is held, so that one cannot fill the memory that all share. Small objects do not
/// count (`ObjectProjection.smallObject`).
///
/// Whoever was let in stays in while it does not grow; who was not is let in when it changes and there is room.
final class NamespaceShares: Sendable {
    fileprivate struct State {
        var sizes: [ObjectKey: Int] = [:]
        var sums: [String: Int] = [:]
        /// What the API server sends of those that are large there, whatever is held of them.
        var sent: [ObjectKey: Int] = [:]
    }

    private static let large = 16 * 1024

    private let limit: Int
    private let state = Mutex(State())

    /// Nobody holds a share yet.
    ///
    /// - Parameter limit: of each namespace, as JSON in bytes.
    init(limit: Int) {
        self.limit = limit
    }

    /// Whether an object of this size may be held whole; if so it counts from now on.
    func admits(_ key: ObjectKey, _ size: ObjectSize) -> Bool {
        guard limit < .max else { return true }
        return state.withLock { state in
            state.sent[key] = size.sent < Self.large ? nil : size.sent
            let size = size.held
            let namespace = key.namespace ?? ""
            let others = state.sums[namespace, default: 0] - state.sizes[key, default: 0]
            let isAdmitted = others + size <= limit
            state.set(key, isAdmitted ? size : 0)
            return isAdmitted
        }
    }

    /// What the API server sends of an object of 16 KiB and more, whether it was let in or not; 0 for all others.
    func size(of key: ObjectKey) -> Int { state.withLock { $0.sent[key] ?? 0 } }

    /// Forgets an object that is gone.
    func remove(_ key: ObjectKey) {
        state.withLock { state in
            state.set(key, 0)
            state.sent[key] = nil
        }
    }

    /// Forgets all objects but these.
    func keep(only keys: Set<ObjectKey>) {
        state.withLock { state in
            for key in Array(state.sizes.keys) where !keys.contains(key) { state.set(key, 0) }
            state.sent = state.sent.filter { keys.contains($0.key) }
        }
    }
}

extension NamespaceShares.State {
    fileprivate mutating func set(_ key: ObjectKey, _ size: Int) {
        let namespace = key.namespace ?? ""
        let sum = sums[namespace, default: 0] - sizes[key, default: 0] + size
        sizes[key] = size == 0 ? nil : size
        sums[namespace] = sum == 0 ? nil : sum
    }
}
