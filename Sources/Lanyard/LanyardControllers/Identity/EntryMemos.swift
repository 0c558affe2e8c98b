import KubernetesModel
import LanyardCore
import Synchronization

/// The entries of identities that are for many nodes or pods, as their last passes made them.
final class EntryMemos: Sendable {
    /// Of how many nodes and pods altogether entries are kept, at about 1 KiB each: any number of identities can be for the same
    /// pods. What is not kept is made anew by each pass.
    static let limit = 20_000

    private struct State {
        var memos: [ObjectKey: EntryMemo] = [:]
        /// How many entries all of them have.
        var count = 0

        mutating func take(_ key: ObjectKey) -> EntryMemo? {
            guard let memo = memos.removeValue(forKey: key) else { return nil }
            count -= memo.count
            return memo
        }
    }

    private let limit: Int
    private let state = Mutex(State())

    /// Keeps nothing yet.
    init(limit: Int = EntryMemos.limit) { self.limit = limit }

    /// Of how many nodes and pods entries are kept.
    var count: Int { state.withLock { $0.count } }

    /// The entries that an identity should have.
    func entries(of blueprint: EntryBlueprint, at facts: PlacementFacts) -> DesiredEntries {
        // Taken out, so that it is changed in place, and no other pass waits for that.
        var memo = state.withLock { $0.take(blueprint.key) } ?? EntryMemo()
        let entries = memo.entries(of: blueprint, at: facts)
        if memo.count > 0 { keep(memo, of: blueprint.key) }
        return entries
    }

    private func keep(_ memo: EntryMemo, of key: ObjectKey) {
        state.withLock { state in
            _ = state.take(key)
            guard state.count + memo.count <= limit else { return }
            state.memos[key] = memo
            state.count += memo.count
        }
    }

    /// Forgets those of an identity that is gone, or needs no entries for nodes or pods now.
    func remove(_ key: ObjectKey) { state.withLock { _ = $0.take(key) } }
}
