import LanyardCore
import Synchronization

/// What this process remembers of each identity between passes. Only ever makes messages and grace times better: nothing
/// is touched because of it.
final class IdentityMemory: Sendable {
    /// What is remembered of one identity.
    struct Record: Sendable {
        /// The generation for which all entries were right; nil before that.
        var convergedGeneration: Int64?
        var grace = NodeGrace()
        var leftovers = LeftoverGrace()
        var fight = EntryFight()
        /// A parent of its entries does not resolve.
        var waitsForParent = false
    }

    private let records = Mutex<[String: Record]>([:])

    /// Reads and changes what is remembered of the identity with a UID.
    func with<Result: Sendable>(uid: String?, _ body: (inout Record) -> Result) -> Result {
        records.withLock { body(&$0[uid ?? "", default: Record()]) }
    }

    /// Whether all entries of an identity were right for a generation.
    func hasConverged(_ generation: Int64?, uid: String?) -> Bool {
        generation != nil && records.withLock { $0[uid ?? ""]?.convergedGeneration == generation }
    }

    /// Whether any identity waits for agents.
    var waitsForParents: Bool { records.withLock { $0.values.contains { $0.waitsForParent } } }

    /// Forgets an identity that is gone.
    func remove(uid: String?) { records.withLock { _ = $0.removeValue(forKey: uid ?? "") } }
}
