package import KubernetesModel
package import LanyardAPI
package import LanyardCore
import Synchronization

/// What this process knows of its own entries on the server: which ones there are, whose they are, and what they looked like
/// when they were last seen or written. Filled by listings and kept in step by the reconcilers' own writes, so that a pass
/// needs no call for what is right, and one point call for what is new.
///
/// It only ever saves calls: what it says of an entry is proven by the server's answer before anything is concluded.
package final class EntryInventory: Sendable {
    /// The name that the IDs of our entries have.
    let cluster: String

    /// What is known of the existence of an entry.
    private enum Presence: Equatable {
        /// It was last seen, or written, like this.
        case like(EntryFingerprint)
        /// Something was sent, or seen, of which it is not known what it led to.
        case doubtful
        /// It was last seen not to be there.
        case absent
    }

    private struct Known {
        var presence = Presence.absent
        /// What it was when it was last right.
        var confirmed: EntryFingerprint?
        /// Since when it is its identity's own, as it was last seen; 0 while that is not known.
        var ownedSince: Int64 = 0
        /// When this was noted, as a count of notes.
        var stamp: UInt64
    }

    private struct State {
        let cluster: String
        var known: [String: Known] = [:]
        /// Whose an entry is its ID alone says, so that nothing has to be remembered for it.
        var byOwner: [EntryOwner: Set<String>] = [:]
        /// By namespace, how many of them there are, those included whose entries are known to be absent.
        var ownerCounts: [String: Int] = [:]
        /// The identities with shortened IDs that passes have asked for.
        var keys: [EntryOwner: ObjectKey] = [:]
        var isComplete = false
        var wantsListing = false
        var lastStamp: UInt64 = 0

        init(cluster: String) { self.cluster = cluster }

        mutating func note(_ id: String, _ change: (inout Known) -> Void) {
            lastStamp += 1
            if known[id] == nil, let owner = EntryName.owner(of: id, cluster: cluster) {
                if byOwner[owner] == nil, let namespace = owner.namespace { ownerCounts[namespace, default: 0] += 1 }
                byOwner[owner, default: []].insert(id)
            }
            var entry = known[id] ?? Known(stamp: 0)
            change(&entry)
            entry.stamp = lastStamp
            known[id] = entry
        }

        /// What shortened IDs of an identity's entries say; nil where it has none.
        func shortened(_ key: ObjectKey) -> EntryOwner? {
            EntryName.digest(of: key, cluster: cluster).map {
                .shortened(namespace: key.namespace ?? "", digest: $0)
            }
        }

        func mayExist(_ id: String) -> Bool { known[id].map { $0.presence != .absent } ?? false }

        func ownedSince(_ id: String) -> Int64 { known[id]?.ownedSince ?? 0 }

        /// IDs of all that is known of an identity's entries.
        func ids(of key: ObjectKey) -> Set<String> {
            (byOwner[.identity(key)] ?? []).union(shortened(key).flatMap { byOwner[$0] } ?? [])
        }

        /// An entry that is not there is remembered only if it was right once: then somebody has deleted it. One that never was
        /// leaves nothing, however many of that kind are asked for (rule spire-24).
        mutating func noteAbsence(_ id: String) {
            guard known[id]?.confirmed != nil else { return remove(id) }
            note(id) { $0.presence = .absent }
        }

        mutating func remove(_ id: String) {
            guard known.removeValue(forKey: id) != nil, let owner = EntryName.owner(of: id, cluster: cluster) else {
                return
            }
            byOwner[owner]?.remove(id)
            guard byOwner[owner]?.isEmpty == true else { return }
            byOwner[owner] = nil
            guard let namespace = owner.namespace else { return }
            ownerCounts[namespace, default: 0] -= 1
            if ownerCounts[namespace] == 0 { ownerCounts[namespace] = nil }
        }
    }

    private let state: Mutex<State>

    /// Knows nothing.
    ///
    /// - Parameter cluster: the name that the IDs of our entries have.
    package init(cluster: String) {
        self.cluster = cluster
        state = Mutex(State(cluster: cluster))
    }

    // MARK: What passes ask

    /// Whether a whole listing has been seen: only then is an unknown entry an absent one.
    package var isComplete: Bool { state.withLock { $0.isComplete } }

    /// How much is remembered, for tests that nothing is when all are gone.
    package var rememberedCount: Int {
        state.withLock { $0.known.count + $0.byOwner.count + $0.ownerCounts.count + $0.keys.count }
    }

    /// How many entries are ours.
    package var count: Int { state.withLock { $0.known.values.count { $0.presence != .absent } } }

    /// How many identities of a namespace, there and gone, have entries; 0 where they are fewer than asked for.
    func ownerCount(inNamespace namespace: String, atLeast least: Int) -> Int {
        state.withLock { state in
            guard state.ownerCounts[namespace, default: 0] >= least else { return 0 }
            let count = state.byOwner.count { owner, ids in
                owner.namespace == namespace && ids.contains { state.mayExist($0) }
            }
            return count >= least ? count : 0
        }
    }

    /// IDs of all entries that were made for an identity, as far as known.
    package func existing(of owner: ObjectKey) -> Set<String> {
        state.withLock { state in
            if let shortened = state.shortened(owner) { state.keys[shortened] = owner }
            return state.ids(of: owner).filter { state.mayExist($0) }
        }
    }

    /// Of the entries that should be, those that are not known to be so.
    package func unsettled(_ wanted: [DesiredEntry]) -> [DesiredEntry] {
        state.withLock { state in
            // By index: what is right is not copied.
            wanted.indices.filter { index in
                let print = wanted[index].fingerprint
                guard let known = state.known[wanted[index].entry.id], known.presence == .like(print) else {
                    return true
                }
                if known.confirmed != print { state.note(wanted[index].entry.id) { $0.confirmed = print } }
                return false
            }
        }.map { wanted[$0] }
    }

    /// What an entry was when it was last right.
    package func confirmed(_ id: String) -> EntryFingerprint? { state.withLock { $0.known[id]?.confirmed } }

    /// Since when an entry is its identity's own, as it was last seen, in seconds since 1970; 0 while that is not known.
    func ownedSince(_ id: String) -> Int64 { state.withLock { $0.ownedSince(id) } }

    /// Those of some entries that were not their identity's own at a time, as they were last seen.
    ///
    /// - Parameter time: in seconds since 1970.
    package func inherited(_ wanted: [DesiredEntry], at time: Int64) -> [DesiredEntry] {
        state.withLock { state in
            wanted.indices.filter { index in
                let ownedSince = state.ownedSince(wanted[index].entry.id)
                return ownedSince > 0 && ownedSince < time
            }
        }.map { wanted[$0] }
    }

    /// Whether an entry is surely not there, so that it need not be read before it is created.
    package func isAbsent(_ id: String) -> Bool {
        state.withLock { state in
            guard let known = state.known[id] else { return state.isComplete }
            return known.presence == .absent && state.isComplete
        }
    }

    /// Whether an entry is there, as far as known.
    package func exists(_ id: String) -> Bool { state.withLock { $0.mayExist(id) } }

    /// The first of some entries that are there, as far as known.
    package func existing(among wanted: [DesiredEntry], atMost limit: Int) -> [DesiredEntry] {
        state.withLock { state in
            var found: [DesiredEntry] = []
            for entry in wanted where state.mayExist(entry.entry.id) {
                found.append(entry)
                if found.count == limit { break }
            }
            return found
        }
    }

    /// Whether all of some entries are there, as far as known.
    package func hasAll(_ wanted: [DesiredEntry]) -> Bool {
        state.withLock { state in wanted.indices.allSatisfy { state.mayExist(wanted[$0].entry.id) } }
    }

    // MARK: What passes note

    /// An entry was seen, or written, as it should be.
    package func confirm(_ entry: RegistrationEntry) {
        let print = EntryFingerprint(of: entry)
        state.withLock { state in
            state.note(entry.id) { known in
                known.presence = .like(print)
                known.confirmed = print
            }
        }
    }

    /// An entry was read: as it is, or absent.
    package func observe(_ id: String, _ actual: RegistrationEntry?) {
        guard let actual else { return state.withLock { $0.noteAbsence(id) } }
        let print = EntryFingerprint(of: actual)
        state.withLock { state in
            state.note(id) { known in
                known.presence = .like(print)
                known.ownedSince = actual.ownedSince
            }
        }
    }

    /// Something is about to be sent that changes entries, or one was seen that cannot be read: only a look can tell now.
    package func doubt(_ ids: [String]) {
        state.withLock { state in
            for id in ids { state.note(id) { $0.presence = .doubtful } }
        }
    }

    /// An entry was deleted on purpose, or is not ours to care for any more.
    package func remove(_ id: String) { state.withLock { $0.remove(id) } }

    /// An identity is gone. What was right of its entries was so for it alone.
    package func forget(_ identity: ObjectKey) {
        state.withLock { state in
            for id in state.ids(of: identity) {
                if state.mayExist(id) { state.known[id]?.confirmed = nil } else { state.remove(id) }
            }
            if let shortened = state.shortened(identity) { state.keys[shortened] = nil }
        }
    }

    // MARK: Listings

    /// The server was away, and may have another past now: everything is to be looked at soon.
    package func requestListing() { state.withLock { $0.wantsListing = true } }

    /// Whether a listing was requested since this was asked last.
    func takeListingRequest() -> Bool {
        state.withLock { state in
            defer { state.wantsListing = false }
            return state.wantsListing
        }
    }

    /// Starts a listing.
    ///
    /// - Returns: what `complete` needs to tell older knowledge from what was noted meanwhile.
    package func beginListing() -> UInt64 { state.withLock { $0.lastStamp } }

    /// An entry of a listing.
    ///
    /// - Returns: whether it is not what was known of it.
    package func list(_ entry: RegistrationEntry) -> Bool {
        let print = EntryFingerprint(of: entry)
        return state.withLock { state in
            if let known = state.known[entry.id], known.presence == .like(print) {
                state.known[entry.id]?.ownedSince = entry.ownedSince
                return false
            }
            state.note(entry.id) { known in
                known.presence = .like(print)
                known.ownedSince = entry.ownedSince
            }
            return true
        }
    }

    /// Ends a listing that went through to the end.
    ///
    /// - Parameters:
    ///   - ids: all of ours that were listed.
    ///   - start: what `beginListing` returned.
    /// - Returns: entries that were known before and were not listed.
    package func completeListing(_ ids: Set<String>, startedAt start: UInt64) -> [String] {
        state.withLock { state in
            state.isComplete = true
            let gone = state.known.filter { id, known in
                known.stamp <= start && known.presence != .absent && !ids.contains(id)
            }.keys.sorted()
            for id in gone { state.noteAbsence(id) }
            return gone
        }
    }

    /// The entries that are thought to be there, in order.
    package var ids: [String] {
        state.withLock { state in state.known.filter { $0.value.presence != .absent }.keys.sorted() }
    }

    /// The identity that an entry was made for; nil where the ID is shortened and no pass has asked for its identity.
    package func identity(_ id: String) -> ObjectKey? {
        state.withLock { state in
            switch EntryName.owner(of: id, cluster: state.cluster) {
            case .identity(let key): key
            case .shortened(let namespace, let digest): state.keys[.shortened(namespace: namespace, digest: digest)]
            case .nodeAlias, .nobody, nil: nil
            }
        }
    }
}
