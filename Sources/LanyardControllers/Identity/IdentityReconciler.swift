package import ControllerRuntime
package import KubernetesModel
package import LanyardAPI
import LanyardCore
package import SPIREClient

/// Keeps the registration entries of each WorkloadIdentity as declared: gather, plan, apply, report.
///
/// What is right needs no timer here: the shared listing (`EntryVerification`) queues what differs.
package struct IdentityReconciler: Reconciler {
    /// How many passes are under way for each of `reconcile.workers`: a pass over an identity mostly waits for servers, and
    /// SPIRE's calls are shared by those that wait together.
    package static let passesPerWorker = 32
    /// How soon to look again at what gets better without any event that could be seen here, such as a missing bundle.
    private static let recheck: Duration = .seconds(15)

    let store: Store<WorkloadIdentity>
    let inventory: EntryInventory
    let placement: any PlacementSource
    let gatherer: IdentityGatherer
    let applier: IdentityApplier
    let reporter: ObjectReporter<WorkloadIdentity>
    let gate: DependencyGate<SPIREError>
    let boundaries: BoundaryBook
    let environment: Environment
    let memory = IdentityMemory()
    /// Entries of others that are in the way of identities.
    package let holders = ForeignHolders()

    /// Wires a reconciler.
    package init(
        store: Store<WorkloadIdentity>, registry: any EntryRegistry, inventory: EntryInventory,
        placement: any PlacementSource, parents: ParentResolver, reporter: ObjectReporter<WorkloadIdentity>,
        gate: DependencyGate<SPIREError>, boundaries: BoundaryBook, environment: Environment
    ) {
        self.boundaries = boundaries
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

    /// Whether an identity waits for agents that serve its entries' parents.
    package var waitsForParents: Bool { memory.waitsForParents }

    package func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let identity = store.get(key) else {
            boundaries.forget(key, of: WorkloadIdentity.self)
            placement.release(key)
            holders.note([:], for: key)
            return .done
        }
        let boundary = boundaries.effective(inNamespace: key.namespace)
        if identity.metadata.isBeingDeleted {
            if identity.metadata.isPaused(by: boundary) { return try await reportPause(of: identity) }
            return try await cleanUp(identity, within: boundary)
        }
        // The one gate: what does not pass here is not planned, and nothing is written for it.
        let admission = boundaries.admit(identity)
        boundaries.record(identity, isOutside: admission.isOutside)
        switch admission {
        case .failure(let refusal):
            return try await refuse(identity, because: refusal)
        case .success(let desired):
            if identity.metadata.isPaused(by: boundary) { return try await reportPause(of: identity) }
            return try await converge(identity, to: desired)
        }
    }

    private func converge(_ identity: WorkloadIdentity, to desired: DesiredIdentity) async throws -> ReconcileResult {
        let identity = try await reporter.withFinalizer(identity)
        let facts: IdentityFacts
        let result: IdentityApplier.Result
        do {
            if let failure = gate.currentFailure { throw failure }
            facts = try await gatherer.facts(for: identity, desired: desired)
            let plan = IdentityPlan.make(
                candidates: facts.candidates, wanted: facts.wanted, existing: facts.existing,
                driftPolicy: desired.driftPolicy,
                generation: .init(
                    convergedBefore: memory.hasConverged(identity.metadata.generation, uid: identity.metadata.uid),
                    statusClaimsSynced: identity.claimsToBeSynced))
            if plan.writes { try await reporter.ensureLive(identity) }
            result = try await applier.apply(plan, to: identity)
        } catch let error as SPIREError {
            if error.isOutage { gate.recordFailure(error, waiting: identity.key) }
            guard error.isWorthReporting else { throw ConvergenceError(error.outcome) }
            try await report(failure: error.outcome, desired: desired, on: identity)
            throw ConvergenceError(error.outcome)
        } catch let error as PlacementUnknown {
            let outcome = ConditionOutcome.fails(.pending, error.description)
            try await report(failure: outcome, desired: desired, on: identity)
            throw ConvergenceError(outcome)
        }
        let now = environment.clock.now
        let isFought = memory.with(uid: identity.metadata.uid) { record in
            if result.failures.isEmpty, facts.wanted.withheld.isEmpty {
                record.convergedGeneration = identity.metadata.generation
            }
            record.waitsForParent = !facts.parent.isTrue
            if result.recreated { record.fight.noteDeletion(at: now) }
            return record.fight.isOn(at: now)
        }
        holders.note(facts.foreignHolders.merging(result.foreignHolders) { $1 }, for: identity.key)
        let synced = EntriesSummary.synced(
            .init(
                wanted: facts.wanted.entries.count, placement: desired.placement, failures: result.failures,
                withheld: facts.wanted.withheld, missingBundles: facts.missingBundles,
                isFought: isFought))
        let registered = facts.wanted.entries.filter { inventory.exists($0.entry.id) }
        try await report(
            .accepted(
                note: note(on: identity), spiffeID: desired.spiffeID,
                entries: RegisteredEntries(registered, of: facts.wanted.entries), synced: synced, parent: facts.parent),
            on: identity)
        if result.failures.contains(where: { $0.reason != .driftDetected }) { throw ConvergenceError(synced) }
        let fightEnd = memory.with(uid: identity.metadata.uid) { $0.fight.endsAt(now: now) }
        return next(after: facts, fightEnd: fightEnd)
    }

    /// When to look again without a trigger.
    private func next(after facts: IdentityFacts, fightEnd: Duration?) -> ReconcileResult {
        let needsRecheck =
            !facts.missingBundles.isEmpty || facts.wanted.withheld.contains { !$0.needsIntervention }
        let recheck = needsRecheck ? environment.jittered(Self.recheck, by: 0.2) : nil
        let deadline = [facts.nextLook, fightEnd].compactMap { $0 }.min()
        let nextLook = deadline.map { max($0 - environment.clock.now, .zero) }
        return [recheck, nextLook].compactMap { $0 }.min().map { .requeue(after: $0) } ?? .done
    }

    /// Deletes what was made and lets the object go. What cannot be done is said on the object, and tried again.
    private func cleanUp(
        _ identity: WorkloadIdentity, within boundary: EffectiveBoundary
    ) async throws -> ReconcileResult {
        placement.release(identity.key)
        guard try await reporter.isAwaitingCleanup(identity) else { return .done }
        if identity.spec.deletionPolicy == .orphan, let doubt = boundary.doubtAboutOrphans {
            try await report(.cleanupFailed(doubt), on: identity)
            throw ConvergenceError(doubt)
        }
        if identity.spec.deletionPolicy == .orphan, boundary.allowsOrphan {
            // An author who lets go while SPIRE is away is rid of the object, too; the sweep finds the entry later then.
            if gate.currentFailure == nil { await applier.orphan(entryIDs(of: identity)) }
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
                    "\(error.outcome.message); the registration entries are not all deleted yet. "
                        + boundary.wayToLetGo)
                try await report(.cleanupFailed(outcome), on: identity)
                throw ConvergenceError(outcome)
            }
        }
        try await reporter.removeFinalizer(from: identity)
        memory.remove(uid: identity.metadata.uid)
        return .done
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
    private func entryIDs(of identity: WorkloadIdentity) -> [String] {
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
