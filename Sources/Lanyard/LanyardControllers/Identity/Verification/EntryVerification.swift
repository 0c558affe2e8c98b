package import ControllerRuntime
package import KubernetesModel
package import LanyardAPI
package import LanyardCore
package import SPIREClient
import Synchronization

/// Verifies all registration entries against the server once per interval, and queues what differs (rule drift-1): by one
/// listing that is spread evenly over the interval, or by point reads where ours are few among many.
///
/// Each pass of this reconciler is one page, and says itself when the next one is due. What is found is only a hint: the
/// identity's own pass looks again before it does anything.
package final class EntryVerification: Reconciler {
    /// The one key that this reconciler works on.
    package static let key = ObjectKey(namespace: nil, name: "entry-verification")
    /// Entries of one page, and of one part of a round of point reads.
    private static let pageSize: Int32 = 500
    private static let pointPart = 20
    /// How often it is seen whether SPIRE is there, when nothing else is asked.
    private static let signInterval: Duration = .seconds(15)
    /// How often it is looked at the agents that identities wait for.
    package static let parentInterval: Duration = .seconds(5)
    /// How often it is looked at entries of others that are in identities' way.
    package static let holderInterval: Duration = .seconds(1)

    /// What is done with what differs.
    package struct Handlers: Sendable {
        /// Identities whose entries are not as they were known.
        var differing: @Sendable (Set<ObjectKey>) -> Void
        /// The node alias is not as it was known.
        var aliasDiffers: @Sendable () -> Void
        /// Agents have come or gone, so that parents are resolved differently.
        var parentsChanged: @Sendable () -> Void
        /// The identities that wait for agents, and what they were told of the parents: those are looked at more often.
        var awaitedParents: @Sendable () -> [ObjectKey: [SPIFFEID: ConditionOutcome]]

        /// Gathers handlers.
        package init(
            differing: @escaping @Sendable (Set<ObjectKey>) -> Void, aliasDiffers: @escaping @Sendable () -> Void,
            parentsChanged: @escaping @Sendable () -> Void,
            awaitedParents: @escaping @Sendable () -> [ObjectKey: [SPIFFEID: ConditionOutcome]]
        ) {
            self.differing = differing
            self.aliasDiffers = aliasDiffers
            self.parentsChanged = parentsChanged
            self.awaitedParents = awaitedParents
        }
    }

    private struct State {
        var round: VerificationRound?
        /// Whether to go on without pauses.
        var isUrgent = false
        /// How many parts the last round had.
        var parts = 1
        var total: Int?
        var roundsSinceListing = 0
        /// When the next part is due.
        var nextPartAt: Duration = .zero
        /// When SPIRE was last seen, and when it was last looked at what identities wait for.
        var sawSPIREAt: Duration?
        var sawParentsAt: Duration?
        var sawHoldersAt: Duration?
        /// Counts restarts.
        var epoch = 0
        /// A part is under way.
        var isBusy = false
    }

    private let entries: EntryPorts
    private let holders: ForeignHolders
    private let sweep: EntrySweep
    private let policy: ListingPolicy
    private let gate: DependencyGate<SPIREError>
    private let handlers: Handlers
    private let clock: any RuntimeClock
    private let state = Mutex(State())

    /// A verification that has not looked yet.
    package init(
        _ entries: EntryPorts, holders: ForeignHolders, sweep: EntrySweep, policy: ListingPolicy,
        gate: DependencyGate<SPIREError>, clock: any RuntimeClock, handlers: Handlers
    ) {
        self.entries = entries
        self.holders = holders
        self.sweep = sweep
        self.policy = policy
        self.gate = gate
        self.clock = clock
        self.handlers = handlers
    }

    private var inventory: EntryInventory { entries.inventory }

    /// Begins anew, without pauses: the server was away, and may have another past now.
    private func restart() {
        state.withLock { state in
            state.round = nil
            state.isUrgent = true
            state.total = nil
            state.nextPartAt = .zero
            state.epoch += 1
        }
    }

    /// Makes one whole round now, for a process that begins.
    ///
    /// - Throws: `SPIREError` when the server cannot be read; the rest is then looked at in time.
    package func verifyNow() async throws(SPIREError) {
        restart()
        while try await partIfFree(), state.withLock({ $0.round != nil }) {}
    }

    package func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        do throws(SPIREError) {
            try gate.check()
            if inventory.takeListingRequest() {
                sweep.forget()
                restart()
            }
            if state.withLock({ $0.nextPartAt }) <= clock.now, try await !partIfFree() {
                return .requeue(after: .seconds(1))
            }
            if isDue(\.sawSPIREAt, every: Self.signInterval) {
                try await entries.registry.checkHealth()
                note(\.sawSPIREAt)
            }
            let awaited = handlers.awaitedParents()
            if !awaited.isEmpty, isDue(\.sawParentsAt, every: Self.parentInterval) {
                try await look(at: awaited)
                note(\.sawParentsAt)
            }
            if !holders.isEmpty, isDue(\.sawHoldersAt, every: Self.holderInterval) {
                let freed = try await holders.look(at: entries.registry)
                note(\.sawHoldersAt)
                if !freed.isEmpty { handlers.differing(freed) }
            }
            // An identity may begin to wait, or a listing be requested, long before the next part is due.
            var rest = min(max(state.withLock { $0.nextPartAt } - clock.now, .zero), Self.signInterval)
            if !awaited.isEmpty { rest = min(rest, Self.parentInterval) }
            if !holders.isEmpty { rest = min(rest, Self.holderInterval) }
            return .requeue(after: rest)
        } catch {
            gate.note(error, waiting: key)
            throw error
        }
    }

    /// Whether something is due that is done every so often.
    private func isDue(_ last: any KeyPath<State, Duration?> & Sendable, every interval: Duration) -> Bool {
        state.withLock { $0[keyPath: last] }.map { $0 + interval <= clock.now } ?? true
    }

    private func note(_ done: any WritableKeyPath<State, Duration?> & Sendable) {
        let now = clock.now
        state.withLock { $0[keyPath: done] = now }
    }

    /// Looks at the parents that identities wait for.
    private func look(at awaited: [ObjectKey: [SPIFFEID: ConditionOutcome]]) async throws(SPIREError) {
        var told: [SPIFFEID: ConditionOutcome] = [:]
        for parents in awaited.values { told.merge(parents) { first, _ in first } }
        let changed = try await entries.parents.lookAgain(at: told)
        let concerned = awaited.filter { !changed.isDisjoint(with: $0.value.keys) }
        if !concerned.isEmpty { handlers.differing(Set(concerned.keys)) }
    }

    /// Looks at one part of a round, unless somebody does that already.
    ///
    /// - Returns: whether nobody did.
    private func partIfFree() async throws(SPIREError) -> Bool {
        let isFree = state.withLock { state in
            defer { state.isBusy = true }
            return !state.isBusy
        }
        guard isFree else { return false }
        defer { state.withLock { $0.isBusy = false } }
        let epoch = state.withLock { $0.epoch }
        let (pause, failure) = try await part(epoch)
        state.withLock { state in
            // A restart in between has the last word.
            if state.epoch == epoch { state.nextPartAt = clock.now + pause }
        }
        if let failure { throw failure }
        return true
    }

    /// Looks at one part of a round.
    ///
    /// - Returns: how long to wait before the next one, and what the end of the round failed with. That is tried again by the next
    ///   round, as by then what this one has listed is not what there is.
    /// - Throws: `SPIREError` when the part could not be read, which is then tried again itself.
    private func part(_ epoch: Int) async throws(SPIREError) -> (pause: Duration, failure: SPIREError?) {
        let (round, parts) = state.withLock { ($0.round, $0.parts) }
        var current = round ?? begin()
        let differences: Int
        switch current.rest {
        case .listing(let request):
            differences = try await list(request, in: &current)
        case .points(let ids):
            differences = try await read(ids, in: &current)
        }
        current.parts += 1
        let failure = await current.isDone ? end(current) : nil
        let pause: Duration = state.withLock { state in
            guard state.epoch == epoch else { return .zero }
            if differences >= ListingPolicy.alarm { state.isUrgent = true }
            guard current.isDone else {
                state.round = current
                // There may be many more than in the last round; the last page of a listing is empty.
                let expected = current.isListing ? inventory.count / Int(Self.pageSize) + 2 : 1
                return state.isUrgent
                    ? .zero : policy.pause(parts: max(parts, expected), differences: differences)
            }
            state.round = nil
            state.parts = current.parts
            defer { state.isUrgent = false }
            // A round without pauses is followed by a whole interval.
            return policy.pause(parts: state.isUrgent ? 1 : current.parts, differences: 0)
        }
        return (pause, failure)
    }

    private func begin() -> VerificationRound {
        let start = inventory.beginListing()
        let (total, since) = state.withLock { ($0.total, $0.roundsSinceListing) }
        switch policy.nextRound(owned: inventory.count, total: total, roundsSinceListing: since) {
        case .listing:
            return VerificationRound(
                id: start, rest: .listing(EntryPageRequest(.entries, size: Self.pageSize)))
        case .pointReads:
            return VerificationRound(id: start, rest: .points(inventory.ids))
        }
    }

    // MARK: - Parts

    private func list(
        _ request: EntryPageRequest, in round: inout VerificationRound
    ) async throws(SPIREError) -> Int {
        let page = try await entries.registry.entryPage(request)
        round.total += page.items.count
        round.rest = page.next.map { .listing($0) } ?? .points([])
        var found = Differences()
        for item in page.items {
            guard let owner = EntryName.owner(of: item.id, cluster: inventory.cluster) else { continue }
            switch item.content {
            case .entry(let entry):
                round.listed[item.id] = OrphanMark.isOn(entry)
                guard !OrphanMark.isOn(entry) || inventory.exists(item.id) else { continue }
                if inventory.list(entry) {
                    found.add(owner, inventory.identity(item.id))
                }
            case .unreadable, .revision:
                round.listed[item.id] = false
                inventory.doubt([item.id])
                found.add(owner, inventory.identity(item.id))
            }
        }
        return tell(found)
    }

    private func read(_ ids: [String], in round: inout VerificationRound) async throws(SPIREError) -> Int {
        let part = Array(ids.prefix(Self.pointPart))
        var found = Differences()
        for (id, result) in zip(part, await entries.registry.entries(ids: part)) {
            guard let owner = EntryName.owner(of: id, cluster: inventory.cluster) else { continue }
            if let actual = try result.get() {
                guard inventory.list(actual) else { continue }
            } else {
                inventory.observe(id, nil)
            }
            found.add(owner, inventory.identity(id))
        }
        round.rest = .points(Array(ids.dropFirst(Self.pointPart)))
        return tell(found)
    }

    /// Does what is to be done with a round that came to its end.
    ///
    /// - Returns: what of that failed.
    private func end(_ round: VerificationRound) async -> SPIREError? {
        if round.isListing {
            var found = Differences()
            for id in inventory.completeListing(Set(round.listed.keys), startedAt: round.id) {
                guard let owner = EntryName.owner(of: id, cluster: inventory.cluster) else { continue }
                found.add(owner, inventory.identity(id))
            }
            _ = tell(found)
        }
        var failure: SPIREError?
        do throws(SPIREError) {
            if round.isListing { handlers.differing(try await sweep.run(round.listed)) }
            // Not before: a sweep that failed needs another listing.
            state.withLock { state in
                state.roundsSinceListing = round.isListing ? 0 : state.roundsSinceListing + 1
                if round.isListing { state.total = round.total }
            }
        } catch {
            failure = error
        }
        do throws(SPIREError) {
            let keepFailing = !handlers.awaitedParents().isEmpty
            if try await entries.parents.refresh(keepFailing: keepFailing) { handlers.parentsChanged() }
        } catch {
            failure = failure ?? error
        }
        return failure
    }

    private func tell(_ found: Differences) -> Int {
        if !found.owners.isEmpty { handlers.differing(found.owners) }
        if found.hasAlias { handlers.aliasDiffers() }
        return found.count
    }
}

/// What one part found.
private struct Differences {
    var owners: Set<ObjectKey> = []
    var hasAlias = false
    var count = 0

    mutating func add(_ owner: EntryOwner, _ identity: ObjectKey?) {
        count += 1
        if owner == .nodeAlias { hasAlias = true }
        if let identity { owners.insert(identity) }
    }
}
