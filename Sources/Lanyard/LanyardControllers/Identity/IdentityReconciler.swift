package import ControllerRuntime
package import KubernetesModel
package import LanyardAPI
package import LanyardCore
package import SPIREClient

/// Keeps the registration entries of each WorkloadIdentity as declared: gather, plan, apply, report.
///
/// What differs the shared listing (`EntryVerification`) queues at once. The timer of each identity is for what no event
/// tells: that SPIRE is away, or that a ServiceAccount has come. A pass over what is right makes no call to SPIRE.
package struct IdentityReconciler: Reconciler, ConvergingReconciler {
    /// How many passes are under way for each of `reconcile.workers`: a pass over an identity mostly waits for servers, and
    /// SPIRE's calls are shared by those that wait together.
    package static let passesPerWorker = 64
    /// How soon to look again at what gets better without any event that could be seen here, such as a missing bundle.
    static let recheck: Duration = .seconds(15)

    let convergence: Convergence<WorkloadIdentity, SPIREError>
    let inventory: EntryInventory
    let placement: any PlacementSource
    let gatherer: IdentityGatherer
    let applier: IdentityApplier
    let boundaries: BoundaryBook
    let states: IdentityStates
    let accounts: ServiceAccountDirectory
    let memory = IdentityMemory()
    let doubts = DoubtBook()
    /// How much is remembered of objects, for the test that nothing is when all are gone.
    package var rememberedCount: Int { memory.count + reporter.rememberedCount }
    /// Entries of others that are in the way of identities.
    package let holders = ForeignHolders()
    let isCrowded: @Sendable () -> Bool
    let onWaiting: @Sendable (_ within: Duration) -> Void

    /// A reconciler that remembers nothing yet.
    ///
    /// - Parameters:
    ///   - isCrowded: whether so many identities wait for a pass that entries come before statuses.
    ///   - onWaiting: called when an identity waits for something that has to be looked at within a time.
    package init(
        _ convergence: Convergence<WorkloadIdentity, SPIREError>, entries: EntryPorts,
        placement: any PlacementSource, boundaries: BoundaryBook, states: IdentityStates,
        accounts: ServiceAccountDirectory, isCrowded: @escaping @Sendable () -> Bool = { false },
        onWaiting: @escaping @Sendable (_ within: Duration) -> Void = { _ in }
    ) {
        self.convergence = convergence
        self.isCrowded = isCrowded
        self.onWaiting = onWaiting
        self.boundaries = boundaries
        self.states = states
        self.accounts = accounts
        self.placement = placement
        inventory = entries.inventory
        let (reporter, clock) = (convergence.reporter, convergence.pace.environment.clock)
        let bundles = FederatedBundles(registry: entries.registry, clock: clock)
        gatherer = IdentityGatherer(
            store: reporter.store, entries: entries, placement: placement, bundles: bundles, boundaries: boundaries,
            memory: memory, clock: clock)
        applier = IdentityApplier(
            registry: entries.registry, inventory: inventory, bundles: bundles, reporter: reporter)
        DriftMetrics.begin([.entry])
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
        if identity.metadata.isBeingDeleted { stopWaiting(key) }
        let reserved = boundaries.reservedIDs(inNamespace: key.namespace)
        let isPaused = identity.metadata.isPaused(by: boundary)
        let course = Course(of: identity.metadata, isPaused: isPaused) {
            // The one gate: what does not pass here is not planned, and nothing is written for it.
            let admission = boundaries.admit(identity)
            boundaries.record(identity, isOutside: admission.isOutside)
            return admission
        }
        switch course {
        case .cleanUp:
            return try await cleanUp(identity, within: boundary)
        case .pause(let desired):
            return try await pause(identity, desired)
        case .refuse(let refusal):
            return try await refuse(identity, because: refusal, isPaused: isPaused)
        case .converge(let desired):
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
        let applied: IdentityApplier.Result?
        do {
            identity = try await reporter.withFinalizer(cached)
            try gate.check()
            facts = try await gatherer.facts(for: identity, desired: desired)
            // With the first call over TLS the operator has its own SVID, and knows which identity is its own.
            let isKnown = boundaries.reservedIDs(inNamespace: identity.metadata.namespace) == reserved
            applied = try await isKnown ? carryOut(desired, given: facts, for: identity) : nil
        } catch {
            let outcome = try await end(identity, after: error)
            try await report(failure: outcome, desired: desired, on: identity)
            throw ConvergenceError(outcome)
        }
        guard let applied else { return try await pass(over: identity) }
        doubts.remove(identity.key)
        return try await report(applied, desired: desired, facts, on: identity)
    }

    /// Brings the entries to what they should be.
    ///
    /// - Returns: nil when something else has changed that the pass depends on, so that it has to be made anew.
    private func carryOut(
        _ desired: DesiredIdentity, given facts: IdentityFacts, for identity: WorkloadIdentity
    ) async throws -> IdentityApplier.Result? {
        let plan = IdentityPlan.make(
            candidates: facts.candidates, wanted: facts.wanted, existing: facts.existing, gone: facts.gone,
            driftPolicy: desired.driftPolicy, adopts: facts.adopts,
            generation: .init(
                convergedBefore: memory.hasConverged(identity.metadata),
                statusClaimsSynced: identity.claimsToBeSynced,
                servedBefore: memory.servedBefore(facts.wanted, existing: facts.existing, of: identity.metadata)))
        if plan.writes { try await reporter.ensureLive(identity) }
        // Entries of others are deleted for that.
        if plan.adopts, plan.writes { try await confirmAdoption(by: identity) }
        if !plan.withdrawals.isEmpty { try await confirm(withdrawals: plan.withdrawals, of: identity) }
        memory.with(identity.metadata) { $0.cleared = nil }
        let result = try await applier.apply(plan, to: identity)
        try await takeOver(facts.wanted.entries, by: identity)
        // Then what an earlier spec asked for may be there yet. What is only reported is not the author's.
        let isUnfinished =
            result.failures.contains { $0.reason != .driftDetected } || !facts.wanted.withheld.isEmpty
        if isUnfinished,
            try await withdrawStanding(of: identity, besides: settled(facts.wanted.entries))
        {
            return nil
        }
        return result
    }

    /// Says what a pass came to, and remembers it.
    private func report(
        _ result: IdentityApplier.Result, desired: DesiredIdentity, _ facts: IdentityFacts,
        on identity: WorkloadIdentity
    ) async throws -> ReconcileResult {
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
        let isComplete = inventory.hasAll(facts.wanted.entries)
        let standing = standing(of: identity, desired: desired, standing: result.standing)
        states.note(
            trouble(synced: synced, parent: facts.parent, isComplete: isComplete), standing, of: identity)
        // SPIRE serves what was made, said or not: the next pass says so, after the others of its priority, whatever it makes.
        if result.hasMade, result.failures.isEmpty, isComplete, isCrowded(),
            memory.putsOffStatus(of: identity.metadata)
        {
            return .requeue(after: .zero)
        }
        var spiffeID = desired.spiffeID
        if case .former(_, let id) = standing { spiffeID = id }
        let missing = await accounts.missing([desired.serviceAccountName], inNamespace: identity.metadata.namespace)
        try await report(
            .accepted(
                note: boundaries.note(on: identity), spiffeID: spiffeID, entries: registered, synced: synced,
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
        return pace.next(soon: [recheck, nextLook].compactMap { $0 }.min())
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
        if identity.spec.deletionPolicy == .orphan,
            try await boundaries.mayStayBehind(
                identity, report: { try await report(.cleanupFailed($0), on: identity) })
        {
            // An author who lets go while SPIRE is away is rid of the object, too; the sweep finds the entry later then.
            if gate.currentFailure == nil { await applier.orphan(entryIDs(of: identity), of: identity) }
            reporter.event(
                .normal, EventReason.orphaned, action: "Delete",
                "the registration entries stay (deletionPolicy Orphan)", on: identity)
        } else {
            do throws(SPIREError) {
                try await applier.delete(try knownEntryIDs(of: identity), of: identity)
            } catch {
                let retry = try gate.retry(after: error, waiting: identity.key)
                let outcome = error.outcome.unfinished(
                    "The registration entries are not all deleted yet.", boundary.orphaningHint)
                try await report(.cleanupFailed(outcome), on: identity)
                throw retry
            }
        }
        try await reporter.removeFinalizer(from: identity)
        memory.remove(identity.key)
        doubts.remove(identity.key)
        return .done
    }

    /// All entries that there are for an identity.
    ///
    /// - Throws: `SPIREError` while SPIRE is away, or that is not known.
    func knownEntryIDs(of identity: WorkloadIdentity) throws(SPIREError) -> [String] {
        try gate.check()
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
        states.noteUnknown(of: identity)
        let parent = identity.condition(ConditionType.parentResolved)
        let known = ConditionOutcome(
            parent?.status ?? .unknown, parent.flatMap { Reason(rawValue: $0.reason) } ?? .unknown,
            parent?.message ?? "the parent was not looked at yet")
        try await report(
            .accepted(
                note: boundaries.note(on: identity), spiffeID: desired.spiffeID, entries: nil, synced: failure,
                parent: known), on: identity)
    }

    func report(_ outcome: IdentityOutcome, on identity: WorkloadIdentity) async throws {
        let status = IdentityStatusMaker.status(
            of: identity, outcome: outcome, now: environment.clock.wallTime.rfc3339)
        try await reporter.report(status, note: boundaries.note(on: identity), on: identity)
        memory.statusIsWritten(of: identity.key)
    }
}

extension WorkloadIdentity {
    /// Whether the stored status says that this generation was synced. Only for naming a difference, never a basis
    /// for touching anything that is not ours.
    fileprivate var claimsToBeSynced: Bool {
        guard let condition = condition(ConditionType.entriesSynced) else { return false }
        return condition.observedGeneration == metadata.generation && condition.status == .yes
    }
}
