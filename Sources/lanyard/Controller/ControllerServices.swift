import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Logging
import SPIREClient
import ServiceLifecycle
import VaultClient

/// The caches, queues and controllers of the operator.
struct ControllerServices {
    /// What must run before the controllers: reflectors and circuit breakers.
    let sources: [any Service]
    /// The controllers.
    let workers: [any Service]
    /// Whether this replica could take over: its caches are complete, and the API server answers.
    let readinessChecks: [HealthCheck]
    /// Has everything in Vault verified soon.
    let verifyVault: @Sendable () -> Void
    private let queues: ControllerQueues
    private let resources: ResourceMetrics

    /// After which a pass is cancelled.
    private static let reconcileTimeout: Duration = .seconds(60)

    /// Whether work gets done.
    var livenessCheck: HealthCheck {
        .workers(timeout: Self.reconcileTimeout) { [queues] in queues.all.map(\.longestWorkDuration).max() ?? .zero }
    }

    /// Brings gauges up to date before metrics are rendered.
    func updateGauges() {
        for queue in queues.all { queue.updateGauges() }
        resources.updateGauges()
    }

    /// Wires the controllers.
    ///
    /// - Throws: `SPIFFEIDError` never in practice.
    init(
        configuration: OperatorConfiguration, api: any KubernetesAPI, namespace: String,
        registry: any EntryRegistry, vault: any VaultAPI, events: any EventRecorder, own: OwnIdentity? = nil,
        election: Election, environment: Environment, logger: Logger
    ) throws {
        let settings = configuration.planning
        let resyncInterval = configuration.reconcile.resyncInterval
        let watched = configuration.watchNamespaces
        let identities = Store<WorkloadIdentity>(indices: IdentityIndex.all, namespaces: watched)
        let bindings = Store<VaultRoleBinding>(
            indices: BindingIndex.all(settings: settings), namespaces: watched)
        let templates = Store<DatabaseRoleTemplate>()
        let records = Store<OwnershipRecord>()
        let mounts = Store<VaultMount>(indices: MountIndex.all)
        let inventory = EntryInventory(cluster: configuration.clusterName)
        let queues = ControllerQueues(environment: environment, workers: configuration.reconcile.workers)
        self.queues = queues
        let undecodable = UndecodableReporter(events: events, fence: election.fence)
        let boundaries = BoundaryServices(
            api: api, identities: identities, bindings: bindings, events: events, settings: settings,
            templates: templates.lookup, ownIDs: { own?.spiffeIDs ?? [] }, namespace: namespace,
            environment: environment, logger: logger, queue: queues.boundaries,
            onUndecodable: undecodable.report(as: IdentityBoundary.self)
        ) { concerned, priority in
            queues.identity.identities.add(concerned.identities, priority: priority)
            queues.bindings.add(concerned.bindings, priority: priority)
        }
        let ledger = OwnershipLedger(
            api: api, namespace: namespace, clock: environment.clock,
            mayWrite: { election.timeToWrite() != nil },
            onRelease: { release in
                // What one has failed to make may fail for the others, too: then they would wake each other without end.
                let delay: Duration = release.wasMade ? .zero : .seconds(5)
                for path in release.paths {
                    for binding in bindings.objects(index: BindingIndex.vaultPath, value: path)
                    where !release.owner.isSameObject(as: OwnershipRecord.Owner(of: binding)) {
                        queues.bindings.add(binding.key, after: delay)
                    }
                    for mount in mounts.objects(index: MountIndex.vaultPath, value: path)
                    where !release.owner.isSameObject(as: OwnershipRecord.Owner(of: mount)) {
                        queues.mounts.mounts.add(mount.key, after: delay)
                    }
                }
            })

        // What waited runs at once when a system is back, and everything else is verified soon after more than a blip. Of
        // SPIRE that is one cheap listing.
        let spireGate = DependencyGate<SPIREError>(
            name: "SPIRE", environment: environment, logger: logger,
            probe: { () throws(SPIREError) in try await registry.checkHealth() },
            onClose: { outage, _ in
                inventory.requestListing()
                queues.identity.add(waiting: outage.waiting)
                queues.identity.verification.add(EntryVerification.key)
            })
        let verifyVault: @Sendable () -> Void = {
            queues.bindings.add(bindings.all.map(\.key), priority: .low)
            queues.mounts.mounts.add(mounts.all.map(\.key), priority: .low)
        }
        self.verifyVault = verifyVault
        // None of them may have an ID of the operator's.
        own?.otherIDs.onSignal { queues.identity.identities.add(identities.all.map(\.key), priority: .low) }
        let vaultGate = DependencyGate<VaultError>(
            name: "Vault", environment: environment, logger: logger,
            probe: { () throws(VaultError) in try await vault.checkHealth() },
            onClose: { outage, last in
                queues.add(waiting: outage.waiting)
                if outage.callsForVerification(after: last) { verifyVault() }
            })
        let accounts = ServiceAccountDirectory(api: api, clock: environment.clock)
        // A binding follows what becomes of the identity that it names.
        let states = IdentityStates { key in
            queues.bindings.add(
                bindings.objects(index: BindingIndex.identity, value: key.description).map(\.key), priority: .normal)
        }
        let triggers = Triggers(identities: identities, bindings: bindings, settings: settings)
        let resources = ResourceMetrics()
        self.resources = resources
        let identityReflector = ReflectorGroup(
            api: api, store: identities, environment: environment, logger: logger,
            metricsPrefix: "lanyard", onUndecodable: undecodable.report(as: WorkloadIdentity.self)
        ) { delta in
            resources.observe(delta)
            queues.identity.identities.add(Array(triggers.identities(for: delta)), priority: delta.priority)
            queues.bindings.add(Array(triggers.bindings(for: delta)), priority: delta.priority)
        }
        let bindingReflector = ReflectorGroup(
            api: api, store: bindings, environment: environment, logger: logger,
            metricsPrefix: "lanyard", onUndecodable: undecodable.report(as: VaultRoleBinding.self)
        ) { delta in
            resources.observe(delta)
            queues.bindings.add(Array(triggers.bindings(for: delta)), priority: delta.priority)
            // A mount that is to be disabled waits for those who use it.
            if delta.changesMoreThanStatus {
                let waiting = mounts.all.filter(\.metadata.isBeingDeleted).map(\.key)
                if !waiting.isEmpty { queues.mounts.mounts.add(waiting, priority: .normal) }
            }
        }
        queues.bindingSizes.follow(bindingReflector)
        let templateReflector = Reflector(
            api: api, store: templates, environment: environment, logger: logger, metricsPrefix: "lanyard",
            onUndecodable: undecodable.report(as: DatabaseRoleTemplate.self)
        ) { delta in
            if let key = delta.key { queues.templates.add(key, priority: delta.priority) }
            queues.bindings.add(Array(triggers.bindings(for: delta)), priority: delta.priority)
        }
        let recordReflector = Reflector(
            api: api, store: records, namespace: namespace, environment: environment, logger: logger,
            metricsPrefix: "lanyard", onList: { ledger.observeList(at: $0) }
        ) { delta in
            ledger.observe(delta)
            queues.bindings.add(Array(triggers.bindings(for: delta)), priority: delta.priority)
        }
        // What waited for a mount, for something below it, or for a right of the operator.
        let runWaiting: @Sendable () -> Void = { queues.bindings.add(triggers.waitingBindings, priority: .normal) }
        // Who can make keys and delete them has no turn of others, nor all of his own.
        let survey = AccessSurvey(vault: vault, clock: environment.clock) { path in
            queues.bindings.add(triggers.bindings(waitingFor: path), priority: .low)
        }
        let mounting = MountServices(
            in: .init(
                api: api, namespace: namespace, registry: registry, vault: vault, events: events, election: election,
                gate: vaultGate,
                users: MountUsers(
                    bindings: bindings, boundaries: boundaries.book, ledger: ledger, settings: settings),
                resources: resources, queues: queues.mounts, resyncInterval: resyncInterval,
                environment: environment, logger: logger),
            mounts: mounts, undecodable: undecodable,
            onChange: {
                survey.expire()
                runWaiting()
            })

        let ready: [@Sendable () async throws -> Void] = [
            { try await identities.waitUntilSynced() }, { try await bindings.waitUntilSynced() },
            { try await templates.waitUntilSynced() },
            // Without boundaries it is not known what may be written.
            { try await boundaries.waitUntilSynced() },
            { try await election.waitUntilLeading() },
        ]
        // A standby says nothing about objects that it cannot decode; who leads from now on does.
        let reportUndecodable: @Sendable () async throws -> Void = {
            identities.undecodable.values.forEach(undecodable.report(as: WorkloadIdentity.self))
            bindings.undecodable.values.forEach(undecodable.report(as: VaultRoleBinding.self))
            boundaries.undecodable.forEach(undecodable.report(as: IdentityBoundary.self))
            mounts.undecodable.values.forEach(undecodable.report(as: VaultMount.self))
        }
        let identity = try IdentityServices(
            configuration: configuration,
            in: .init(
                api: api, namespace: namespace, registry: registry, inventory: inventory, events: events,
                gate: spireGate, boundaries: boundaries.book, states: states, accounts: accounts,
                identities: identities, triggers: triggers, queues: queues.identity, environment: environment,
                logger: logger),
            ready: ready + [
                reportUndecodable,
                { if let own { try await own.waitUntilKnown(clock: environment.clock) } },
            ], leading: { try await election.waitUntilLeading() },
            timeout: Self.reconcileTimeout)
        // One step each: the compiler takes minutes for them as one expression.
        var observed = [
            ObservedSource(identityReflector), ObservedSource(bindingReflector), ObservedSource(templateReflector),
            ObservedSource(recordReflector),
        ]
        observed += boundaries.observed
        observed += mounting.observed
        readinessChecks = HealthCheck.readiness(of: observed) + identity.readinessChecks
        var sources: [any Service] = [identityReflector, bindingReflector, templateReflector, recordReflector]
        sources += boundaries.sources
        sources += identity.sources
        sources += mounting.sources
        sources += [spireGate.breaker, vaultGate.breaker].compactMap { $0 }
        self.sources = sources
        var workers = identity.workers
        workers.append(
            Controller(
                name: "vaultrolebinding",
                reconciler: BindingReconciler(
                    store: bindings, identities: identities, states: states, accounts: accounts, vault: vault,
                    ledger: ledger,
                    reporter: ObjectReporter(api: api, store: bindings, events: events, logger: logger),
                    gate: vaultGate, boundaries: boundaries.book, settings: settings, survey: survey,
                    environment: environment, resyncInterval: resyncInterval),
                queue: queues.bindings, workers: configuration.reconcile.workers * BindingReconciler.passesPerWorker,
                readiness: ready + [{ try await ledger.loadPersistently(environment: environment, logger: logger) }],
                barrier: { key in
                    await bindings.waitForOwnWrites(key) { try await api.get(VaultRoleBinding.self, $0) }
                }, generation: { bindings.generation(of: $0) }, timeout: Self.reconcileTimeout,
                environment: environment, logger: logger))
        queues.sweep.add(OwnershipSweeper.key)
        workers.append(
            Controller(
                name: "ownership-sweep",
                reconciler: OwnershipSweeper(
                    api: api, vault: vault, ledger: ledger, gate: vaultGate, boundaries: boundaries.book.source,
                    namespaces: watched, environment: environment, interval: resyncInterval * 6, logger: logger),
                queue: queues.sweep, workers: 1, readiness: ready, environment: environment, logger: logger))
        workers.append(
            Controller(
                name: "databaseroletemplate",
                reconciler: TemplateReconciler(
                    store: templates, reporter: ObjectReporter(api: api, store: templates, events: events),
                    settings: settings, environment: environment),
                queue: queues.templates, workers: 1, readiness: ready,
                generation: { templates.generation(of: $0) }, environment: environment, logger: logger))
        workers.append(boundaries.worker(readiness: ready))
        workers += mounting.workers(
            configuration.reconcile.workers, ledger: ledger, readiness: ready, timeout: Self.reconcileTimeout)
        self.workers = workers
    }
}

/// The work queues.
private struct ControllerQueues: Sendable {
    let identity: IdentityQueues
    let bindings: WorkQueue<ObjectKey>
    let bindingSizes = ObjectSizes()
    let templates: WorkQueue<ObjectKey>
    let sweep: WorkQueue<ObjectKey>
    let boundaries: WorkQueue<ObjectKey>
    let mounts: MountQueues

    init(environment: Environment, workers: Int) {
        identity = IdentityQueues(environment: environment, workers: workers)
        // Tenants take turns: thousands of objects of one do not make the others wait. Nor do those that hang, as what is
        // behind Vault may be theirs: they take a share of the passes.
        var settings = WorkQueueSettings()
        settings.inFlightPerGroup = workers
        bindings = WorkQueue(
            environment: environment, name: "vaultrolebinding", settings: settings, group: { $0.namespace },
            weight: { [bindingSizes] in bindingSizes.weight(of: $0) })
        templates = WorkQueue(environment: environment, name: "databaseroletemplate")
        sweep = WorkQueue(environment: environment, name: "ownership-sweep")
        boundaries = WorkQueue(environment: environment, name: "identityboundary")
        mounts = MountQueues(environment: environment)
    }

    /// Every queue.
    var all: [WorkQueue<ObjectKey>] {
        identity.all + mounts.all + [bindings, templates, sweep, boundaries]
    }

    /// What waits for Vault waits together, and has queues of its own. Mounts have no namespace.
    func add(waiting keys: [ObjectKey]) {
        for key in keys {
            switch key {
            case OwnershipSweeper.key: sweep.add(key)
            case _ where key.namespace == nil: mounts.mounts.add(key)
            default: bindings.add(key)
            }
        }
    }
}

extension OwnershipLedger {
    /// Reads all records, and tries again until that succeeds: without the ledger nothing may be written.
    ///
    /// - Throws: `CancellationError`.
    fileprivate func loadPersistently(environment: Environment, logger: Logger) async throws {
        while true {
            do {
                return try await load()
            } catch let error as KubernetesError {
                logger.warning("the ownership records cannot be read", metadata: ["error": "\(error)"])
                try await environment.clock.sleep(for: environment.jittered(.seconds(2), by: 0.2))
            }
        }
    }
}
