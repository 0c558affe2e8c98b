package import ControllerRuntime
package import KubernetesModel
package import LanyardAPI
package import LanyardCore
package import SPIREClient

/// Keeps the registration entry of each WorkloadIdentity as declared: gather, plan, apply, report.
package struct IdentityReconciler: Reconciler {
    let store: Store<WorkloadIdentity>
    let gatherer: IdentityGatherer
    let applier: IdentityApplier
    let reporter: ObjectReporter<WorkloadIdentity>
    let gate: DependencyGate<SPIREError>
    let boundaries: BoundaryBook
    let settings: PlanningSettings
    let environment: Environment
    let resyncInterval: Duration
    /// Generations of the spec.
    let converged = ConvergedStates<Int64?>()

    /// Wires a reconciler.
    package init(
        store: Store<WorkloadIdentity>, registry: any EntryRegistry, parents: ParentResolver,
        reporter: ObjectReporter<WorkloadIdentity>, gate: DependencyGate<SPIREError>, boundaries: BoundaryBook,
        settings: PlanningSettings, environment: Environment, resyncInterval: Duration
    ) {
        self.boundaries = boundaries
        self.store = store
        self.reporter = reporter
        self.gate = gate
        self.settings = settings
        self.environment = environment
        self.resyncInterval = resyncInterval
        gatherer = IdentityGatherer(
            store: store, registry: registry, parents: parents, boundaries: boundaries, settings: settings)
        applier = IdentityApplier(registry: registry, reporter: reporter)
    }

    package func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let identity = store.get(key) else {
            boundaries.forget(key, of: WorkloadIdentity.self)
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
            let plan = EntryPlan.make(
                desired: desired, actual: facts.actual, olderClaimant: facts.olderClaimant,
                foreignSimilar: facts.foreignSimilar,
                convergedBefore: converged.contains(identity.metadata.generation, uid: identity.metadata.uid),
                statusClaimsSynced: identity.claimsToBeSynced)
            if plan.writes { try await reporter.ensureLive(identity) }
            result = try await applier.apply(plan, desired: desired, actual: facts.actual, to: identity)
        } catch let error as SPIREError {
            try await report(failure: error, desired: desired, on: identity)
            throw ConvergenceError(error.outcome)
        }
        if result.outcome.isTrue {
            converged.insert(identity.metadata.generation, uid: identity.metadata.uid)
        }
        try await report(
            .accepted(
                note: note(on: identity), entry: desired.entry,
                entryInPlace: result.entryInPlace, synced: result.outcome, parent: facts.parent), on: identity)
        if !result.outcome.isTrue, result.outcome.reason != .driftDetected { throw ConvergenceError(result.outcome) }
        // A parent without agents gets better without any event that could be seen here.
        let interval = facts.parent.isTrue ? resyncInterval : min(resyncInterval, .seconds(15))
        return .requeue(after: environment.jittered(interval, by: 0.2))
    }

    /// Deletes what was made and lets the object go. What cannot be done is said on the object, and tried again.
    private func cleanUp(
        _ identity: WorkloadIdentity, within boundary: EffectiveBoundary
    ) async throws -> ReconcileResult {
        guard try await reporter.isAwaitingCleanup(identity) else { return .done }
        if identity.spec.deletionPolicy == .orphan, let doubt = boundary.doubtAboutOrphans {
            try await report(.cleanupFailed(doubt), on: identity)
            throw ConvergenceError(doubt)
        }
        if identity.spec.deletionPolicy == .orphan, boundary.allowsOrphan {
            reporter.event(
                .normal, EventReason.orphaned, action: "Delete", "the registration entry stays (deletionPolicy Orphan)",
                on: identity)
        } else {
            do throws(SPIREError) {
                if let failure = gate.currentFailure { throw failure }
                try await applier.delete(entryOf: identity, cluster: settings.clusterName)
            } catch {
                if error.isOutage { gate.recordFailure(error, waiting: identity.key) }
                guard error.isWorthReporting else { throw ConvergenceError(error.outcome) }
                let outcome = ConditionOutcome.fails(
                    error.outcome.reason,
                    "\(error.outcome.message); the registration entry is not deleted yet. \(boundary.wayToLetGo)")
                try await report(.cleanupFailed(outcome), on: identity)
                throw ConvergenceError(outcome)
            }
        }
        try await reporter.removeFinalizer(from: identity)
        converged.remove(uid: identity.metadata.uid)
        return .done
    }

    private func report(failure: SPIREError, desired: DesiredIdentity, on identity: WorkloadIdentity) async throws {
        if failure.isOutage { gate.recordFailure(failure, waiting: identity.key) }
        guard failure.isWorthReporting else { return }
        // The entry and its parent were not seen in this pass; what was known of them stays.
        let parent = identity.status?.conditions?.condition(ConditionType.parentResolved)
        let known = ConditionOutcome(
            parent?.status ?? .unknown, parent.flatMap { Reason(rawValue: $0.reason) } ?? .unknown,
            parent?.message ?? "the parent was not looked at yet")
        try await report(
            .accepted(
                note: note(on: identity), entry: desired.entry,
                entryInPlace: (identity.status?.entryCount ?? 0) > 0, synced: failure.outcome, parent: known),
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

extension EntryPlan {
    /// Whether carrying it out writes to SPIRE.
    fileprivate var writes: Bool {
        switch self {
        case .create, .update: true
        case .reportDrift, .none, .conflict: false
        }
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
