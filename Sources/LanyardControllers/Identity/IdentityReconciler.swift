package import ControllerRuntime
package import KubernetesModel
package import LanyardAPI
package import LanyardCore
package import SPIREClient

/// Keeps the registration entries of each WorkloadIdentity as declared: gather, plan, apply, report.
///
/// What differs the shared listing (`EntryVerification`) queues at once. The timer of each identity is for what no event
/// tells: that SPIRE is away, or that a ServiceAccount has come. A pass over what is right makes no call to SPIRE.
package struct IdentityReconciler: Reconciler {
    /// How many passes are under way for each of `reconcile.workers`: a pass over an identity mostly waits for servers, and
    /// SPIRE's calls are shared by those that wait together.
    package static let passesPerWorker = 32
    /// How soon to look again at what gets better without any event that could be seen here, such as a missing bundle.
    static let recheck: Duration = .seconds(15)

    let store: Store<WorkloadIdentity>
    let inventory: EntryInventory
    let placement: any PlacementSource
    let gatherer: IdentityGatherer
    let applier: IdentityApplier
    let reporter: ObjectReporter<WorkloadIdentity>
    let gate: DependencyGate<SPIREError>
    let boundaries: BoundaryBook
    let states: IdentityStates
    let accounts: ServiceAccountDirectory
    let environment: Environment
    let resyncInterval: Duration
    let memory = IdentityMemory()
    let doubts = DoubtBook()
    /// How much is remembered of objects, for the test that nothing is when all are gone.
    package var rememberedCount: Int { memory.count + reporter.rememberedCount }
    /// Entries of others that are in the way of identities.
    package let holders = ForeignHolders()
    let onWaiting: @Sendable (_ within: Duration) -> Void

    /// A reconciler that remembers nothing yet.
    ///
    /// - Parameters:
    ///   - resyncInterval: how often each identity has a pass though nothing happens.
    ///   - onWaiting: called when an identity waits for something that has to be looked at within a time.
    package init(
        store: Store<WorkloadIdentity>, registry: any EntryRegistry, inventory: EntryInventory,
        placement: any PlacementSource, parents: ParentResolver, reporter: ObjectReporter<WorkloadIdentity>,
        gate: DependencyGate<SPIREError>, boundaries: BoundaryBook, states: IdentityStates,
        accounts: ServiceAccountDirectory, environment: Environment, resyncInterval: Duration,
        onWaiting: @escaping @Sendable (_ within: Duration) -> Void = { _ in }
    ) {
        self.onWaiting = onWaiting
        self.boundaries = boundaries
        self.states = states
        self.accounts = accounts
        self.resyncInterval = resyncInterval
        self.store = store
        self.inventory = inventory
        self.placement = placement
        self.reporter = reporter
        self.gate = gate
        self.environment = environment
        let bundles = FederatedBundles(registry: registry, clock: environment.clock)
        gatherer = IdentityGatherer(
            store: store, registry: registry, inventory: inventory, placement: placement, bundles: bundles,
            parents: parents, boundaries: boundaries, memory: memory, clock: environment.clock)
        applier = IdentityApplier(registry: registry, inventory: inventory, bundles: bundles, reporter: reporter)
    }

    /// The identities that wait for agents, and what they were told of the parents of their entries.
    package var awaitedParents: [ObjectKey: [SPIFFEID: ConditionOutcome]] { memory.awaitedParents }

    package func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let cached = store.get(key) else {
            forget(key)
            return .done
        }
        return try await pass(over: try await reporter.whole(cached))
    }

    /// - Parameter identity: as the cache has it, or as this process stored it a moment ago.
    private func pass(over identity: WorkloadIdentity) async throws -> ReconcileResult {
        let key = identity.key
        let boundary = boundaries.effective(inNamespace: key.namespace)
        let isPaused = identity.metadata.isPaused(by: boundary)
        if identity.metadata.isBeingDeleted {
            stopWaiting(key)
            if !isPaused { return try await cleanUp(identity, within: boundary) }
        }
        let reserved = boundaries.reservedIDs(inNamespace: key.namespace)
        // The one gate: what does not pass here is not planned, and nothing is written for it.
        let admission = boundaries.admit(identity)
        boundaries.record(identity, isOutside: admission.isOutside)
        switch admission {
        case .failure(let refusal):
            // A deletion waits for the pause; what a boundary takes away does not.
            if identity.metadata.isBeingDeleted, !refusal.withdraws { return try await reportPause(of: identity) }
            return try await refuse(identity, because: refusal, isPaused: isPaused)
        case .success(let desired):
            if isPaused { return try await reportPause(of: identity, desired: desired) }
            return try await converge(identity, to: desired, reserved: reserved)
        }
    }

    /// Forgets an identity that is gone, whether it went through here or not.
    private func forget(_ key: ObjectKey) {
        boundaries.forget(key, of: WorkloadIdentity.self)
        placement.release(key)
        stopWaiting(key)
        memory.remove(key)
        states.forget(key)
        // What is waited with is the access, which may outlive the object.
        if inventory.existing(of: key).isEmpty { doubts.remove(key) }
        inventory.forget(key)
        reporter.forget(key)
    }

    /// An identity that is not converged waits for nobody.
    func stopWaiting(_ key: ObjectKey) {
        holders.note([:], for: key)
        memory.stopWaiting(key)
    }

    /// - Parameter reserved: the operator's own SPIFFE IDs that the identity was admitted with.
    private func converge(
        _ cached: WorkloadIdentity, to desired: DesiredIdentity, reserved: Set<SPIFFEID>
    ) async throws -> ReconcileResult {
        var identity = cached
        let facts: IdentityFacts
        let result: IdentityApplier.Result
        do {
            identity = try await reporter.withFinalizer(cached)
            if let failure = gate.currentFailure { throw failure }
            facts = try await gatherer.facts(for: identity, desired: desired)
            // With the first call over TLS the operator has its own SVID, and knows which identity is its own.
            if boundaries.reservedIDs(inNamespace: identity.metadata.namespace) != reserved {
                return try await pass(over: identity)
            }
            let plan = IdentityPlan.make(
                candidates: facts.candidates, wanted: facts.wanted, existing: facts.existing, gone: facts.gone,
                driftPolicy: desired.driftPolicy, adopts: facts.adopts,
                generation: .init(
                    convergedBefore: memory.hasConverged(identity.metadata),
                    statusClaimsSynced: identity.claimsToBeSynced,
                    servedBefore: memory.servedBefore(
                        facts.wanted, existing: facts.existing, of: identity.metadata)))
            if plan.writes { try await reporter.ensureLive(identity) }
            // Entries of others are deleted for that.
            if plan.adopts, plan.writes { try await confirmAdoption(by: identity) }
            if !plan.withdrawals.isEmpty { try await confirm(withdrawals: plan.withdrawals, of: identity) }
            memory.with(identity.metadata) { $0.cleared = nil }
            result = try await applier.apply(plan, to: identity)
            try await takeOver(facts.wanted.entries, by: identity)
            // Then what an earlier spec asked for may be there yet. What is only reported is not the author's.
            let isUnfinished =
                result.failures.contains { $0.reason != .driftDetected } || !facts.wanted.withheld.isEmpty
            if isUnfinished,
                try await withdrawStanding(of: identity, besides: settled(facts.wanted.entries))
            {
                return try await pass(over: identity)
            }
        } catch let error as ConvergenceError {
            throw error  // Of a pass of its own.
        } catch {
            let outcome = try await end(identity, after: error)
            states.noteUnknown(of: identity)
            try await report(failure: outcome, desired: desired, on: identity)
            throw ConvergenceError(outcome)
        }
        doubts.remove(identity.key)
        let now = environment.clock.now
        let isFought = memory.with(identity.metadata) { record in
            if result.failures.isEmpty, facts.wanted.withheld.isEmpty {
                record.convergedGeneration = identity.metadata.generation
            }
            record.awaitedParents = facts.awaitedParents
            if result.recreated { record.fight.noteCorrection(at: now) }
            return record.fight.isOn(at: now)
        }
        holders.note(facts.foreignHolders.merging(result.foreignHolders) { $1 }, for: identity.key)
        if !holders.isEmpty { onWaiting(EntryVerification.holderInterval) }
        if !facts.awaitedParents.isEmpty { onWaiting(EntryVerification.parentInterval) }
        let synced = EntriesSummary.synced(
            .init(
                wanted: facts.wanted.entries.count, placement: desired.placement, failures: result.failures,
                withheld: facts.wanted.withheld, missingBundles: facts.missingBundles,
                isFought: isFought, shadowedBy: facts.shadowedBy?.description))
        let registered = registered(facts, standing: result.standing, of: identity.key)
        let isComplete = facts.wanted.entries.allSatisfy { inventory.exists($0.entry.id) }
        let standing = standing(of: identity, desired: desired, standing: result.standing)
        states.note(
            trouble(synced: synced, parent: facts.parent, isComplete: isComplete), standing, of: identity)
        var spiffeID = desired.spiffeID
        if case .former(_, let id) = standing { spiffeID = id }
        let missing = await accounts.missing([desired.serviceAccountName], inNamespace: identity.metadata.namespace)
        try await report(
            .accepted(
                note: note(on: identity), spiffeID: spiffeID, entries: registered, synced: synced,
                parent: facts.parent, remark: desired.remark + missing.missingAccountsNote),
            on: identity)
        if result.failures.contains(where: { $0.reason != .driftDetected }) { throw ConvergenceError(synced) }
        let fightEnd = memory.with(identity.metadata) { $0.fight.endsAt(now: now) }
        return next(after: facts, fightEnd: fightEnd, isAwaitingAccount: !missing.isEmpty)
    }

    /// When to look again without a trigger.
    private func next(
        after facts: IdentityFacts, fightEnd: Duration?, isAwaitingAccount: Bool
    ) -> ReconcileResult {
        let needsRecheck =
            !facts.missingBundles.isEmpty || facts.wanted.withheld.contains { !$0.needsIntervention }
        let recheck =
            needsRecheck
            ? environment.jittered(Self.recheck, by: 0.2)
            : isAwaitingAccount ? environment.jittered(.seconds(60), by: 0.2) : nil
        let deadline = [facts.nextLook, fightEnd].compactMap { $0 }.min()
        let nextLook = deadline.map { max($0 - environment.clock.now, .zero) }
        let resync = environment.jittered(resyncInterval, by: 0.2)
        if let soon = [recheck, nextLook].compactMap({ $0 }).min(), soon < resync { return .requeue(after: soon) }
        return .requeue(after: resync, priority: .low)
    }

    /// Deletes what was made and lets the object go, whoever took our finalizer off: that is no way to keep entries
    /// (rule own-36). What cannot be done is said on the object, and tried again.
    private func cleanUp(
        _ identity: WorkloadIdentity, within boundary: EffectiveBoundary
    ) async throws -> ReconcileResult {
        placement.release(identity.key)
        guard identity.metadata.hasCleanupFinalizer || !entryIDs(of: identity).isEmpty,
            try await reporter.isBeingDeleted(identity)
        else { return .done }
        if identity.spec.deletionPolicy == .orphan, try await mayStayBehind(identity) {
            // An author who lets go while SPIRE is away is rid of the object, too; the sweep finds the entry later then.
            if gate.currentFailure == nil { await applier.orphan(entryIDs(of: identity), of: identity) }
            reporter.event(
                .normal, EventReason.orphaned, action: "Delete",
                "the registration entries stay (deletionPolicy Orphan)", on: identity)
        } else {
            do throws(SPIREError) {
                try await applier.delete(try knownEntryIDs(of: identity), of: identity)
            } catch {
                if error.isOutage { gate.recordFailure(error, waiting: identity.key) }
                guard error.isWorthReporting else { throw ConvergenceError(error.outcome) }
                let outcome = ConditionOutcome.fails(
                    error.outcome.reason,
                    "\(error.outcome.message). The registration entries are not all deleted yet. "
                        + boundary.wayToLetGo)
                try await report(.cleanupFailed(outcome), on: identity)
                throw ConvergenceError(outcome)
            }
        }
        try await reporter.removeFinalizer(from: identity)
        memory.remove(identity.key)
        doubts.remove(identity.key)
        return .done
    }

    /// Whether what was made may be left behind.
    ///
    /// - Throws: `ConvergenceError` after the status says that it is not known, `KubernetesError`.
    private func mayStayBehind(_ identity: WorkloadIdentity) async throws -> Bool {
        switch try await boundaries.certainOrphanRule(inNamespace: identity.metadata.namespace) {
        case .allowed: return true
        case .forbidden: return false
        case .undecided(let doubt):
            try await report(.cleanupFailed(doubt), on: identity)
            throw ConvergenceError(doubt)
        }
    }

    /// All entries that there are for an identity.
    ///
    /// - Throws: `SPIREError` while SPIRE is away, or that is not known.
    func knownEntryIDs(of identity: WorkloadIdentity) throws(SPIREError) -> [String] {
        if let failure = gate.currentFailure { throw failure }
        // Without a listing it is not known what an earlier process made for other placements.
        guard inventory.isComplete else {
            throw SPIREError(.serverError, "the entries that it has were not listed yet")
        }
        return entryIDs(of: identity)
    }

    /// All entries that may be there for an identity.
    func entryIDs(of identity: WorkloadIdentity) -> [String] {
        inventory.existing(of: identity.key).sorted()
    }

    /// Says that a pass came to nothing. The entries and their parents were not seen; what was known of them stays.
    private func report(
        failure: ConditionOutcome, desired: DesiredIdentity, on identity: WorkloadIdentity
    ) async throws {
        let parent = identity.status?.conditions?.condition(ConditionType.parentResolved)
        let known = ConditionOutcome(
            parent?.status ?? .unknown, parent.flatMap { Reason(rawValue: $0.reason) } ?? .unknown,
            parent?.message ?? "the parent was not looked at yet")
        try await report(
            .accepted(
                note: note(on: identity), spiffeID: desired.spiffeID, entries: nil, synced: failure, parent: known),
            on: identity)
    }

    func report(_ outcome: IdentityOutcome, on identity: WorkloadIdentity) async throws {
        let status = IdentityStatusPlan.status(
            of: identity, outcome: outcome, now: environment.clock.wallTime.rfc3339)
        try await reporter.write(status, over: identity.status, of: identity)
        reporter.reportTransitions(from: identity.status?.conditions, to: status.conditions, of: identity)
        reporter.reportNote(
            note(on: identity), from: identity.status?.conditions, to: status.conditions, of: identity)
    }
}

extension WorkloadIdentity {
    /// Whether the stored status says that this generation was synced. Only for naming a difference, never a basis
    /// for touching anything that is not ours.
    fileprivate var claimsToBeSynced: Bool {
        guard let condition = status?.conditions?.condition(ConditionType.entriesSynced) else { return false }
        return condition.observedGeneration == metadata.generation && condition.status == .yes
    }
}
