import KubernetesModel
import LanyardAPI
import LanyardCore
import Synchronization

/// What this process remembers of each identity between passes. Only ever makes messages and grace times better: nothing
/// is touched because of it.
final class IdentityMemory: Sendable {
    /// What is remembered of one identity.
    struct Record: Sendable {
        /// Whose it is: a namesake has another one.
        let uid: String?
        /// The generation for which all entries were right; nil before that.
        var convergedGeneration: Int64?
        var grace = NodeGrace()
        var leftovers = LeftoverGrace()
        var fight = Fight()
        /// The last look that found no entry which it has no right to; nil before that, and when entries were made since.
        var cleared: Look?
        /// The parents of its entries that do not resolve, and what was said of them.
        var awaitedParents: [SPIFFEID: ConditionOutcome] = [:]
    }

    /// A look for entries that an identity has no right to.
    struct Look: Equatable, Sendable {
        /// The operator's own SPIFFE IDs.
        let reserved: Set<SPIFFEID>
        /// Whether it was paused, and so looked at for those alone.
        let isPaused: Bool
    }

    private let records = Mutex<[ObjectKey: Record]>([:])

    /// Reads and changes what is remembered of an identity.
    func with<Result: Sendable>(_ metadata: ObjectMeta, _ body: (inout Record) -> Result) -> Result {
        records.withLock { records in
            var record = records[metadata.key] ?? Record(uid: metadata.uid)
            if record.uid != metadata.uid { record = Record(uid: metadata.uid) }
            defer { records[metadata.key] = record }
            return body(&record)
        }
    }

    /// Whether all entries of an identity were right for its generation.
    func hasConverged(_ metadata: ObjectMeta) -> Bool {
        guard let generation = metadata.generation else { return false }
        return records.withLock { records in
            guard let record = records[metadata.key], record.uid == metadata.uid else { return false }
            return record.convergedGeneration == generation
        }
    }

    /// The identities that wait for parents.
    var awaitedParents: [ObjectKey: [SPIFFEID: ConditionOutcome]] {
        records.withLock { $0.compactMapValues { $0.awaitedParents.isEmpty ? nil : $0.awaitedParents } }
    }

    /// How many identities something is remembered of.
    var count: Int { records.withLock { $0.count } }

    /// An identity does not wait for parents any more.
    func stopWaiting(_ key: ObjectKey) { records.withLock { $0[key]?.awaitedParents = [:] } }

    /// Forgets an identity that is gone, or that has nothing any more.
    func remove(_ key: ObjectKey) { records.withLock { _ = $0.removeValue(forKey: key) } }
}
