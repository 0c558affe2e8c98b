package import ControllerRuntime
package import KubernetesClient
package import KubernetesModel
package import LanyardAPI
import LanyardCore
import Synchronization
import VaultClient

/// The ledger of what Lanyard owns in Vault (rule own-4): `OwnershipRecord`s, with an index of their paths in memory.
///
/// The one leader writes records and reserves a path in memory before it stores the claim, so that no path is claimed
/// twice. What others do to the records by hand arrives through `observe`.
package final class OwnershipLedger: Sendable {
    private let api: any KubernetesAPI
    private let namespace: String
    let clock: any RuntimeClock
    private let mayWrite: @Sendable () -> Bool
    private let onRelease: @Sendable (Release) -> Void
    let index = Mutex(OwnershipIndex())
    /// Who is to inherit, and is waited for.
    let heirs: WaitingHeirs
    /// Of those that are in doubt one reads the records for all.
    private let doubters = Turns(1)
    /// Since when the records cannot be read; nil when they could be, or nobody tried, as on a standby.
    private let unreadableSince = Mutex<Duration?>(nil)

    /// Keeps records in a namespace.
    ///
    /// - Parameters:
    ///   - mayWrite: whether this process leads. Claims of a former leader would be taken for ours by its successor,
    ///     who deletes what is claimed and not wanted.
    ///   - onRelease: is told which paths were given up, so that whoever waits for one can be run.
    package init(
        api: any KubernetesAPI, namespace: String, clock: any RuntimeClock,
        mayWrite: @escaping @Sendable () -> Bool = { true },
        onRelease: @escaping @Sendable (Release) -> Void = { _ in }
    ) {
        self.api = api
        self.namespace = namespace
        self.clock = clock
        heirs = WaitingHeirs(clock: clock)
        self.mayWrite = mayWrite
        self.onRelease = onRelease
    }

    /// Reads all records, up to date.
    ///
    /// - Throws: `KubernetesError`, which names a record that does not fit its type: then nothing may be written.
    package func load() async throws {
        do {
            try await read()
            unreadableSince.withLock { $0 = nil }
        } catch {
            if !Task.isCancelled { unreadableSince.withLock { $0 = $0 ?? clock.now } }
            throw error
        }
    }

    /// What is wrong when the records cannot be read for longer than a moment: nothing is written to Vault then. For probes.
    package var readingProblem: String? {
        guard let since = unreadableSince.withLock({ $0 }), clock.now - since > .seconds(30) else { return nil }
        return "the ownership records cannot be read for \((clock.now - since).components.seconds) s"
    }

    private func read() async throws {
        var records: [OwnershipRecord] = []
        var strange: UndecodableObject?
        let moment = index.withLock { $0.beginLoading() }
        defer { index.withLock { $0.endLoading() } }
        let list = try await api.listAllDecodable(OwnershipRecord.self, namespace: namespace) { item in
            switch item {
            case .object(let record): records.append(record)
            case .undecodable(let object): strange = strange ?? object
            }
        }
        if let strange {
            throw KubernetesError(
                .malformedAnswer, "OwnershipRecord \(strange.key.name) does not fit its type: \(strange.reason)")
        }
        index.withLock { $0.replace(with: records, version: list.resourceVersion, newestAt: moment) }
    }

    /// Takes notice of a complete list that somebody else has read. One of an older version than was seen is of a server that
    /// was restored, whose ledger is another one; or of a cache that is behind. The ledger is read anew before it is used.
    package func observeList(at version: ResourceVersion) {
        index.withLock { $0.observeList(at: version) }
    }

    /// Reads all records if they were never read, or what is known of them is in doubt; of many who ask at the same moment,
    /// one reads.
    ///
    /// - Throws: `KubernetesError`, `CancellationError`: then nothing may be written.
    package func settleDoubt() async throws {
        guard index.withLock({ $0.isInDoubt }) else { return }
        guard await doubters.enter(atMost: .seconds(30), clock) else {
            try Task.checkCancellation()
            throw KubernetesError(.timeout, "the ownership records are still being read")
        }
        defer { doubters.leave() }
        if index.withLock({ $0.isInDoubt }) { try await load() }
    }

    /// How many wait until the records have been read, for tests.
    package var waitingCount: Int { doubters.waitingCount }

    /// Takes notice of a record that was changed or deleted, by this process or by somebody else.
    package func observe(_ delta: Delta<OwnershipRecord>) {
        index.withLock { index in
            if let new = delta.new {
                index.observe(new)
            } else if let old = delta.old {
                index.observeDeletion(of: old)
            }
        }
    }

    /// All records that are known, sorted by name.
    var records: [OwnershipRecord] { index.withLock { $0.all } }

    /// How many owners of a namespace, there and gone, have something.
    func claimingCount(inNamespace namespace: String) -> Int {
        index.withLock { $0.claimingCount(inNamespace: namespace) }
    }

    /// Who holds a path.
    package func holder(of path: String) -> OwnershipRecord.Owner? {
        index.withLock { $0.holder(of: path) }
    }

    /// Who holds a path, as an owner sees it; nil when nobody does.
    func claimState(of path: String, for owner: OwnershipRecord.Owner) -> ClaimState? {
        holder(of: path).map { $0.isSameObject(as: owner) ? .mine : .other($0.title) }
    }

    /// Whether an owner holds a path, and nobody else claims it as well, as after a backup was restored.
    func isHeld(_ path: String, byNoneBut owner: OwnershipRecord.Owner) -> Bool {
        holder(of: path)?.isSameObject(as: owner) == true && !isClaimed(path, besides: owner)
    }

    /// Whether anybody but an owner claims a path, stored or about to be.
    func isClaimed(_ path: String, besides owner: OwnershipRecord.Owner) -> Bool {
        index.withLock { $0.owners(of: path) }.contains { !$0.isSameObject(as: owner) }
    }

    /// Whether the record of this owner is in its name, and not in that of a predecessor.
    package func isRecorded(_ owner: OwnershipRecord.Owner) -> Bool {
        index.withLock { $0.record(named: Self.recordName(of: owner)) }?.spec.owner == owner
    }

    /// Whether there is a record of the name of this owner's, whoever it is for.
    package func isRecordTaken(for owner: OwnershipRecord.Owner) -> Bool {
        index.withLock { $0.record(named: Self.recordName(of: owner)) } != nil
    }

    /// What is recorded of whoever had the name of an owner before, of another UID, and has something still.
    package func predecessor(of owner: OwnershipRecord.Owner) -> OwnershipRecord.Spec? {
        guard let record = record(of: owner), record.spec.owner.uid != owner.uid, !record.spec.claims.isEmpty else {
            return nil
        }
        return record.spec
    }

    /// The paths that an owner holds, sorted. An owner of another UID but the same kind, namespace and name counts:
    /// its claims are inherited (rule own-11).
    package func paths(of owner: OwnershipRecord.Owner) -> [String] {
        record(of: owner)?.spec.claims.map(\.path).sorted() ?? []
    }

    /// Those of the paths that an owner holds which stay behind when it does not want them any more.
    package func orphans(of owner: OwnershipRecord.Owner) -> Set<String> {
        Set(record(of: owner)?.spec.claims.filter { $0.deletionPolicy == .orphan }.map(\.path) ?? [])
    }

    /// Whose the record is that has the name of this owner's; nil when it is the owner's or there is none.
    ///
    /// What the cache says is not enough: it asks the API server, and takes notice.
    ///
    /// - Throws: `KubernetesError`.
    package func occupant(of owner: OwnershipRecord.Owner) async throws -> OwnershipRecord.Owner? {
        let name = Self.recordName(of: owner)
        guard let known = index.withLock({ $0.record(named: name) }), !known.spec.owner.isSameObject(as: owner) else {
            return nil
        }
        let current = try await reload(name)
        return current.flatMap { $0.spec.owner.isSameObject(as: owner) ? nil : $0.spec.owner }
    }

    /// Claims paths for an owner and stores the claims, in one write, before it returns.
    ///
    /// - Parameters:
    ///   - policies: what is to be remembered of paths, claimed now or before, about their end.
    ///   - tenure: what is to be remembered for when a name is given up.
    ///   - leavesState: whether something else is about to be written than what the owner was converged to: that is
    ///     forgotten first, or what is half written would be taken for a change by hand.
    /// - Returns: the paths that somebody else holds; those are not claimed.
    /// - Throws: `KubernetesError`, `VaultError` with code `fenced`: then nothing new is claimed.
    package func claim(
        _ paths: [String], policies: [String: DeletionPolicy] = [:], tenure: Tenure? = nil, leavesState: Bool = false,
        for owner: OwnershipRecord.Owner
    ) async throws -> [String: OwnershipRecord.Owner] {
        let (reserved, held) = index.withLock { $0.reserve(paths, for: owner) }
        defer { index.withLock { $0.cancelReservations(reserved, of: owner) } }
        let record = record(of: owner)
        if record == nil, reserved.isEmpty { return held }
        let claimedAt = clock.wallTime.rfc3339
        try await store(owner: owner, over: record) { spec in
            spec.claims += reserved.map { OwnershipRecord.Claim(path: $0, claimedAt: claimedAt) }
            spec.claims = spec.claims.map { $0.remembering(policies[$0.path]).remembering(tenure?.tokenLife) }
            if let uid = tenure?.namespaceUID { spec.namespaceUID = uid }
            if leavesState { spec.convergedDigest = nil }
        }
        return held
    }

    /// What has to be known of an owner when it has given a name up.
    package struct Tenure: Sendable {
        /// UID of its namespace; nil while that is not known.
        let namespaceUID: String?
        /// How long tokens may live that its logins give out, in seconds.
        let tokenLife: Int
    }

    /// Paths that were given up.
    package struct Release: Sendable {
        /// The paths that were asked for.
        package let paths: [String]
        /// Who gave them up, and does not wait for them.
        package let owner: OwnershipRecord.Owner
        /// Whether there may have been something; otherwise the owner has failed to make it, and so may others.
        package let wasMade: Bool
    }

    /// Gives up paths; a record that says nothing any more is deleted.
    ///
    /// - Parameter wasMade: whether there may have been something at the paths: then tokens may have the policies' names.
    /// - Throws: `KubernetesError`, `VaultError` with code `fenced`: then the claims stand.
    package func release(_ paths: [String], of owner: OwnershipRecord.Owner, wasMade: Bool = true) async throws {
        guard let record = record(of: owner) else { return }
        let released = Set(paths)
        let isHeld = record.spec.claims.contains { released.contains($0.path) }
        guard isHeld || record.spec.claims.isEmpty else { return }
        let now = clock.wallTime
        var spec = record.spec
        if wasMade { spec.bury(released, at: now) }
        spec.claims.removeAll { released.contains($0.path) }
        spec.dropTombstones(at: now)
        // Whoever gives something up is not as it was.
        spec.convergedDigest = nil
        if spec.claims.isEmpty, spec.tombstones == nil {
            try await reloadingOnConflict(record.metadata.name) {
                try await api.delete(
                    OwnershipRecord.self, record.key, uid: record.metadata.uid,
                    resourceVersion: record.metadata.resourceVersion)
            }
            index.withLock { $0.noteDeletion(of: record) }
        } else {
            // What is given up is given up in the name of whoever had it.
            try await store(owner: record.spec.owner, over: record) { $0 = spec }
        }
        if isHeld { onRelease(Release(paths: paths, owner: owner, wasMade: wasMade)) }
    }

    /// `namespace.name` of the owner, which no other owner of the kind has since namespaces contain no dots; cut and
    /// made unique where that is longer than a name may be.
    package static func recordName(of owner: OwnershipRecord.Owner) -> String {
        RecordName.make(namespace: owner.namespace, name: owner.name)
    }

    /// The record of an owner; nil also when the one of that name is somebody else's, which is never written over.
    func record(of owner: OwnershipRecord.Owner) -> OwnershipRecord? {
        let record = index.withLock { $0.record(named: Self.recordName(of: owner)) }
        return record.flatMap { $0.spec.owner.isSameObject(as: owner) ? $0 : nil }
    }

    /// Stores what becomes of a record in the name of its owner, if that is something else. A namesake of an earlier owner
    /// inherits what that had claimed, and not that it was as it should be.
    ///
    /// - Throws: `KubernetesError`, `VaultError` with code `fenced`: then the record is as it was.
    func store(
        owner: OwnershipRecord.Owner, over record: OwnershipRecord?, change: (inout OwnershipRecord.Spec) -> Void
    ) async throws {
        let name = Self.recordName(of: owner)
        var spec = record?.spec ?? OwnershipRecord.Spec(owner: owner, claims: [])
        if spec.owner != owner {
            spec.owner = owner
            spec.convergedDigest = nil
        }
        change(&spec)
        spec.claims.sort { $0.path < $1.path }
        spec.dropTombstones(at: clock.wallTime)
        // Their order is nobody's concern.
        var known = record?.spec
        known?.claims.sort { $0.path < $1.path }
        if spec == known { return }
        let stored = try await reloadingOnConflict(name) {
            if var record {
                record.spec = spec
                return try await api.replace(record)
            }
            return try await api.create(
                OwnershipRecord(metadata: ObjectMeta(name: name, namespace: namespace), spec: spec))
        }
        index.withLock { $0.note(stored) }
    }

    /// Runs a write; when the record is not as this process knew it, reads it anew for the next attempt.
    private func reloadingOnConflict<Value>(_ name: String, _ write: () async throws -> Value) async throws -> Value {
        guard mayWrite() else { throw VaultError(.fenced, "this process does not lead") }
        do {
            return try await write()
        } catch let error as KubernetesError
            where error.code == .conflict || error.code == .alreadyExists || error.code == .notFound
        {
            _ = try await reload(name)
            throw error
        }
    }

    private func reload(_ name: String) async throws -> OwnershipRecord? {
        let current = try await api.get(OwnershipRecord.self, ObjectKey(namespace: namespace, name: name))
        index.withLock { $0.reload(current, named: name) }
        return current
    }
}

extension OwnershipRecord.Claim {
    /// The claim as it is with a deletion policy; nil leaves it as it is. `Delete` is not written down.
    fileprivate func remembering(_ policy: DeletionPolicy?) -> OwnershipRecord.Claim {
        guard let policy else { return self }
        var claim = self
        claim.deletionPolicy = policy == .orphan ? .orphan : nil
        return claim
    }

    /// The claim of a policy with the life of its tokens, the longest of all; other claims as they are.
    fileprivate func remembering(_ life: Int?) -> OwnershipRecord.Claim {
        guard let life, VaultObjectKind(path: path) == .policy else { return self }
        var claim = self
        claim.tokenSeconds = claim.tokenSeconds.map { TokenLife.longer($0, life) } ?? life
        return claim
    }
}
