import KubernetesModel
import LanyardAPI
import LanyardCore
import Synchronization

/// What this process remembers of each identity between passes. Makes messages and grace times better, and tells entries of
/// nodes and pods that are gone from those of a former spec.
final class IdentityMemory: Sendable {
    /// What is remembered of one identity.
    struct Record: Sendable {
        /// Whose it is: a namesake has another one.
        let uid: String?
        /// The generation for which all entries were right; nil before that.
        var convergedGeneration: Int64?
        /// The generation that `served` is about.
        var servedGeneration: Int64?
        /// Entries for the nodes and pods that were there in passes for one generation, as long as not all were right for it.
        var served: Set<String> = []
        var grace = NodeGrace()
        var leftovers = LeftoverGrace()
        var fight = Fight()
        /// The last look that found no entry which it has no right to; nil before that, and when entries were made since.
        var cleared: Look?
        /// The parents of its entries that do not resolve, and what was said of them.
        var awaitedParents: [SPIFFEID: ConditionOutcome] = [:]
        /// Whether its status was put off, and none was written since.
        var owesStatus = false
    }

    /// A look for entries that an identity has no right to.
    struct Look: Equatable, Sendable {
        /// The operator's own SPIFFE IDs.
        let reserved: Set<SPIFFEID>
        /// Whether it was paused, and so looked at for those alone.
        let isPaused: Bool
    }

    private struct State {
        private(set) var records: [ObjectKey: Record] = [:]
        /// Those that wait for parents: few, whom everybody who looks would otherwise seek among all.
        private(set) var waiting: Set<ObjectKey> = []

        /// What is remembered of an identity; nil for nothing.
        subscript(key: ObjectKey) -> Record? {
            get { records[key] }
            set {
                records[key] = newValue
                if newValue?.awaitedParents.isEmpty == false { waiting.insert(key) } else { waiting.remove(key) }
            }
        }
    }

    private let state = Mutex(State())
    /// The entries of those that are for many nodes or pods.
    let memos = EntryMemos()

    /// Reads and changes what is remembered of an identity.
    func with<Result: Sendable>(_ metadata: ObjectMeta, _ body: (inout Record) -> Result) -> Result {
        state.withLock { state in
            var record = state[metadata.key] ?? Record(uid: metadata.uid)
            if record.uid != metadata.uid { record = Record(uid: metadata.uid) }
            defer { state[metadata.key] = record }
            return body(&record)
        }
    }

    /// Whether all entries of an identity were right for its generation.
    func hasConverged(_ metadata: ObjectMeta) -> Bool {
        guard let generation = metadata.generation else { return false }
        return state.withLock { state in
            guard let record = state[metadata.key], record.uid == metadata.uid else { return false }
            return record.convergedGeneration == generation
        }
    }

    /// The entries that exist and are for nodes and pods that were there in an earlier pass for this generation; none once all
    /// were right for it.
    ///
    /// - Parameter wanted: what this pass finds, for the next one.
    func servedBefore(_ wanted: DesiredEntries, existing: Set<String>, of metadata: ObjectMeta) -> Set<String> {
        let isConverged = hasConverged(metadata)
        return with(metadata) { record -> Set<String> in
            if isConverged || record.servedGeneration != metadata.generation { record.served = [] }
            record.servedGeneration = metadata.generation
            guard !isConverged else { return [] }
            // What does not exist any more need not be remembered.
            let before = record.served.intersection(existing)
            record.served = before.union(wanted.ids).union(wanted.withheld.map(\.id))
            return before
        }
    }

    /// Puts the status of an identity off, which may be done once: for one that gets new pods all the time, each pass makes
    /// something.
    ///
    /// - Returns: whether it is put off now; otherwise it was before, and is to be written.
    func putsOffStatus(of metadata: ObjectMeta) -> Bool {
        with(metadata) { record -> Bool in
            guard !record.owesStatus else { return false }
            record.owesStatus = true
            return true
        }
    }

    /// The status of an identity says what there is.
    func statusIsWritten(of key: ObjectKey) { state.withLock { $0[key]?.owesStatus = false } }

    /// The identities that wait for parents.
    var awaitedParents: [ObjectKey: [SPIFFEID: ConditionOutcome]] {
        state.withLock { state in
            var awaited: [ObjectKey: [SPIFFEID: ConditionOutcome]] = [:]
            for key in state.waiting { awaited[key] = state[key]?.awaitedParents }
            return awaited
        }
    }

    /// How many identities something is remembered of, and nodes and pods of theirs.
    var count: Int { state.withLock { $0.records.count } + memos.count }

    /// An identity does not wait for parents any more.
    func stopWaiting(_ key: ObjectKey) { state.withLock { $0[key]?.awaitedParents = [:] } }

    /// Forgets an identity that is gone, or that has nothing any more.
    func remove(_ key: ObjectKey) {
        state.withLock { $0[key] = nil }
        memos.remove(key)
    }
}
