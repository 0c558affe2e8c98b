import KubernetesModel
import LanyardAPI
import SPIREClient
import Synchronization

/// Entries of others that have the SPIFFE ID, parent and selectors which our identities want. The shared verification looks
/// at them, a few at a time, so that an identity in conflict takes over soon after its holder went, and does not have to
/// try by itself for that.
package final class ForeignHolders: Sendable {
    /// How many are looked at in one turn.
    private static let turn = 20

    private struct Holder {
        var tuple: RegistrationEntry.Tuple
        var waiting: Set<ObjectKey>
    }

    private struct State {
        var holders: [String: Holder] = [:]
        /// Whose turn it is, by ID.
        var order: [String] = []
    }

    private let state = Mutex(State())

    /// Knows none.
    package init() {}

    /// Notes all entries that are in an identity's way now.
    func note(_ holders: [String: RegistrationEntry.Tuple], for key: ObjectKey) {
        state.withLock { state in
            for id in state.holders.keys where holders[id] == nil {
                guard state.holders[id]?.waiting.remove(key) != nil else { continue }
                if state.holders[id]?.waiting.isEmpty == true { state.holders[id] = nil }
            }
            for (id, tuple) in holders {
                state.holders[id, default: Holder(tuple: tuple, waiting: [])].tuple = tuple
                state.holders[id]?.waiting.insert(key)
            }
        }
    }

    /// Whether there are none.
    var isEmpty: Bool { state.withLock { $0.holders.isEmpty } }

    /// Looks at some of them; the others have their turn later.
    ///
    /// - Returns: the identities whose way is free now.
    /// - Throws: `SPIREError` when the server cannot be read; then nothing is concluded.
    func look(at registry: any EntryRegistry) async throws(SPIREError) -> Set<ObjectKey> {
        let ids = takeTurn()
        var freed: Set<ObjectKey> = []
        for (id, result) in zip(ids, await registry.entries(ids: ids)) {
            freed.formUnion(release(id, holding: try result.get()?.tuple))
        }
        return freed
    }

    /// Forgets an entry that does not hold any more what is wanted.
    ///
    /// - Returns: the identities that waited for that.
    private func release(_ id: String, holding tuple: RegistrationEntry.Tuple?) -> Set<ObjectKey> {
        state.withLock { state -> Set<ObjectKey> in
            guard let holder = state.holders[id], holder.tuple != tuple else { return [] }
            state.holders[id] = nil
            return holder.waiting
        }
    }

    private func takeTurn() -> [String] {
        state.withLock { state in
            if state.order.isEmpty { state.order = state.holders.keys.sorted() }
            let ids = state.order.prefix(Self.turn).filter { state.holders[$0] != nil }
            state.order.removeFirst(min(Self.turn, state.order.count))
            return ids
        }
    }
}
