package import ControllerRuntime
package import KubernetesClient
package import KubernetesModel
package import LanyardAPI
import LanyardCore
package import SPIREClient
package import VaultClient

/// Keeps each mount and what is below it as its VaultMount declares: gather, plan, apply, report.
package struct MountReconciler: Reconciler {
    let store: Store<VaultMount>
    let gatherer: MountGatherer
    let applier: MountApplier
    let reporter: ObjectReporter<VaultMount>
    let gate: DependencyGate<VaultError>
    let environment: Environment
    let resyncInterval: Duration
    let users: MountUsers?
    let onWrite: @Sendable () -> Void
    /// Generations of the spec with the state of the sources that they had.
    let converged = ConvergedStates<MountState>()
    let book = MountSourceBook()
    let fights = FightBook()
    /// How much is remembered of objects, for the test that nothing is when all are gone.
    package var rememberedCount: Int { converged.count + reporter.rememberedCount }

    /// What a mount was converged to.
    struct MountState: Hashable, Sendable {
        let generation: Int64?
        let sources: MountSources
    }

    /// What VaultMounts share with the rest of the operator.
    package struct Dependencies: Sendable {
        let api: any KubernetesAPI
        let registry: any EntryRegistry
        let vault: any VaultAPI
        let ledger: OwnershipLedger
        let keyring: DigestKeyring
        /// The operator's own: where the Secrets are.
        let namespace: String
        let users: MountUsers?

        /// Gathers what is shared.
        ///
        /// - Parameter users: who uses mounts; without it nobody does.
        package init(
            api: any KubernetesAPI, registry: any EntryRegistry, vault: any VaultAPI, ledger: OwnershipLedger,
            keyring: DigestKeyring, namespace: String, users: MountUsers? = nil
        ) {
            self.users = users
            self.api = api
            self.registry = registry
            self.vault = vault
            self.ledger = ledger
            self.keyring = keyring
            self.namespace = namespace
        }
    }

    /// A reconciler that remembers nothing yet.
    ///
    /// - Parameter onWrite: is told when something of a mount was written to Vault, whatever became of the rest: who
    ///   waits for it can go on. The status alone does not tell: it stays the same when a declared connection is added.
    package init(
        store: Store<VaultMount>, in dependencies: Dependencies, reporter: ObjectReporter<VaultMount>,
        gate: DependencyGate<VaultError>, environment: Environment, resyncInterval: Duration,
        onWrite: @escaping @Sendable () -> Void = {}
    ) {
        users = dependencies.users
        self.onWrite = onWrite
        self.store = store
        self.reporter = reporter
        self.gate = gate
        self.environment = environment
        self.resyncInterval = resyncInterval
        gatherer = MountGatherer(
            store: store, vault: dependencies.vault, ledger: dependencies.ledger,
            sources: MountSourceReader(
                api: dependencies.api, registry: dependencies.registry, namespace: dependencies.namespace),
            keyring: dependencies.keyring)
        applier = MountApplier(vault: dependencies.vault, ledger: dependencies.ledger, reporter: reporter)
    }

    package func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let mount = store.get(key) else {
            converged.remove(key)
            book.forget(key)
            reporter.forget(key)
            return .done
        }
        try await gatherer.ledger.settleDoubt()
        if mount.metadata.annotations?[LanyardGroup.pausedAnnotation] == "true" {
            try await report(.paused, on: mount)
            return .done
        }
        if mount.metadata.isBeingDeleted { return try await cleanUp(mount) }
        let held = gatherer.ledger.claims(of: OwnershipRecord.Owner(of: mount))
        switch MountPlanner.desired(for: mount, held: held) {
        case .failure(let violations):
            // What exists stays.
            book.forget(key)
            try await report(.refused(reason: .invalidSpec, message: violations.message), on: mount)
            return .done
        case .success(let desired):
            return try await converge(mount, to: desired)
        }
    }

    private func converge(_ mount: VaultMount, to desired: DesiredMount) async throws -> ReconcileResult {
        let mount = try await reporter.withFinalizer(mount)
        let owner = OwnershipRecord.Owner(of: mount)
        let gathered: MountGatherer.Gathered
        let result: MountApplier.Result
        do {
            if let failure = gate.currentFailure { throw failure }
            gathered = try await gatherer.gather(for: mount, desired: desired, owner: owner) { sources in
                wasConverged(mount, sources)
            }
            if let sources = gathered.sources { book.note(sources, of: mount.key) }
            let plan = MountPlan.make(for: desired, facts: gathered.facts)
            if plan.writes || !gatherer.ledger.isRecorded(owner) { try await reporter.ensureLive(mount) }
            result = try await applier.apply(plan, values: gathered.values, owner: owner, to: mount)
            if result.wrote { onWrite() }
        } catch let error as VaultError {
            try await report(failure: error, desired: desired, on: mount)
            throw error.retry
        } catch let failure as MountDeletionFailure {
            if failure.error.affectsAll {
                try await report(failure: failure.error, desired: desired, on: mount)
            } else {
                try await report(.cleanupFailed(failure.error.outcome(at: failure.path)), on: mount)
            }
            throw failure.error.retry
        }
        let now = environment.clock.now
        let fought = fights.note(result.corrections, uid: mount.metadata.uid, at: now)
        func outcome(_ type: String) -> ConditionOutcome? { result.outcome(type)?.adding(fought[type]) }
        try await report(
            .accepted(
                mount: desired, accessor: result.accessor,
                synced: outcome(ConditionType.mountSynced) ?? .nothingToDo,
                configuration: outcome(ConditionType.configurationSynced)), on: mount)
        if let failure = result.failure, failure.reason != .driftDetected { throw ConvergenceError(failure) }
        if result.failure == nil, let sources = gathered.sources {
            converged.insert(
                MountState(generation: mount.metadata.generation, sources: sources), of: mount.metadata)
        }
        let fightEnd = fights.endsAt(uid: mount.metadata.uid, now: now).map { max($0 - now, .zero) }
        let resync = environment.jittered(resyncInterval, by: 0.2)
        return .requeue(after: min(resync, fightEnd ?? resync))
    }

    /// Whether the mount was as declared before, so that a difference is drift. After a start only its own status tells,
    /// which nobody but the operator and the platform team may write.
    private func wasConverged(_ mount: VaultMount, _ sources: MountSources?) -> Bool {
        let generation = mount.metadata.generation
        if let sources,
            converged.contains(MountState(generation: generation, sources: sources), of: mount.metadata)
        {
            return true
        }
        guard book.sources(of: mount.key) == nil else { return false }
        return [ConditionType.mountSynced, ConditionType.configurationSynced].allSatisfy { type in
            let condition = mount.status?.conditions?.condition(type)
            return condition?.status == .yes && condition?.observedGeneration == generation
        }
    }

    /// Vault as a whole is away: every part says so.
    private func report(failure: VaultError, desired: DesiredMount, on mount: VaultMount) async throws {
        if failure.isOutage { gate.recordFailure(failure, waiting: mount.key) }
        guard failure.isWorthReporting else { return }
        try await report(
            .accepted(
                mount: desired, accessor: nil, synced: failure.outcome,
                configuration: desired.claimPaths.count > 1 ? failure.outcome : nil), on: mount)
    }

    func report(_ outcome: MountOutcome, on mount: VaultMount) async throws {
        let status = MountStatusPlan.status(of: mount, outcome: outcome, now: environment.clock.wallTime.rfc3339)
        try await reporter.write(status, over: mount.status, of: mount)
        reporter.reportTransitions(from: mount.status?.conditions, to: status.conditions, of: mount)
    }
}
