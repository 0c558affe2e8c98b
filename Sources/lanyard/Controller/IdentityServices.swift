import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Logging
import SPIREClient
import ServiceLifecycle

/// What keeps registration entries: the identities' controller, the node alias's, the shared verification, and the watch of
/// pods and nodes, which sleeps until an identity needs it.
struct IdentityServices {
    /// What follows the API server.
    let sources: [any Service]
    /// The controllers.
    let workers: [any Service]
    /// Whether pods and nodes can be followed, while they are.
    let readinessChecks: [HealthCheck]

    /// What the controllers share with the rest of the operator.
    struct Surroundings {
        var api: any KubernetesAPI
        var namespace: String
        var registry: any EntryRegistry
        var inventory: EntryInventory
        var events: any EventRecorder
        var gate: DependencyGate<SPIREError>
        var boundaries: BoundaryBook
        var states: IdentityStates
        var accounts: ServiceAccountDirectory
        var identities: Store<WorkloadIdentity>
        var triggers: Triggers
        var queues: IdentityQueues
        var environment: Environment
        var logger: Logger
    }

    /// Wires the controllers.
    ///
    /// - Parameters:
    ///   - ready: what to wait for before the first pass over an identity.
    ///   - leading: waits until this replica leads.
    ///   - timeout: after which a pass is cancelled.
    /// - Throws: `SPIFFEIDError` never in practice.
    init(
        configuration: OperatorConfiguration, in surroundings: Surroundings,
        ready: [@Sendable () async throws -> Void], leading: @escaping @Sendable () async throws -> Void,
        timeout: Duration
    ) throws {
        let (environment, logger) = (surroundings.environment, surroundings.logger)
        let (registry, inventory) = (surroundings.registry, surroundings.inventory)
        let (identities, queues, triggers) = (surroundings.identities, surroundings.queues, surroundings.triggers)
        let watched = configuration.watchNamespaces
        let alias = NodeAlias(
            id: configuration.spire.nodeAlias.id,
            managedSelectors: configuration.spire.nodeAlias.isManaged ? configuration.spire.nodeAlias.selectors : nil)
        let parents = ParentResolver(registry: registry, alias: alias, clock: environment.clock)
        let placement = PlacementWatch(
            api: surroundings.api, namespaces: watched, environment: environment, logger: logger,
            onChange: { queues.identities.add(triggers.identities(placedWith: $0), priority: $1) },
            onSynced: { queues.identities.add($0, priority: .normal) })
        let reconciler = IdentityReconciler(
            store: identities, registry: registry, inventory: inventory, placement: placement, parents: parents,
            reporter: ObjectReporter(
                api: surroundings.api, store: identities, events: surroundings.events, logger: logger),
            gate: surroundings.gate, boundaries: surroundings.boundaries, states: surroundings.states,
            accounts: surroundings.accounts, environment: environment,
            resyncInterval: configuration.reconcile.resyncInterval,
            onWaiting: { queues.verification.add(EntryVerification.key, after: $0) })
        let verification = EntryVerification(
            registry: registry, inventory: inventory, parents: parents, holders: reconciler.holders,
            sweep: EntrySweep(
                api: surroundings.api, identities: identities, registry: registry, inventory: inventory,
                cluster: configuration.clusterName, watchedNamespaces: watched, namespace: surroundings.namespace,
                events: surroundings.events, logger: logger),
            policy: ListingPolicy(interval: configuration.reconcile.resyncInterval),
            cluster: configuration.clusterName, gate: surroundings.gate, clock: environment.clock,
            handlers: .init(
                differing: { keys in
                    queues.identities.add(keys.filter { identities.get($0) != nil }.sorted(), priority: .normal)
                },
                aliasDiffers: { queues.alias.add(NodeAliasReconciler.key) },
                parentsChanged: { queues.identities.add(identities.all.map(\.key), priority: .low) },
                awaitedParents: { reconciler.awaitedParents }))
        sources = [placement]
        readinessChecks = [Pod.descriptor.plural, Node.descriptor.plural].map { plural in
            HealthCheck("sync-\(plural)") {
                placement.health[plural].flatMap { $0.problem == nil ? nil : $0.syncProblem }
            }
        }

        var workers: [any Service] = []
        if let keeper = try NodeAliasReconciler(
            registry: registry, inventory: inventory, alias: alias, clusterName: configuration.clusterName,
            gate: surroundings.gate, environment: environment, logger: logger)
        {
            queues.alias.add(NodeAliasReconciler.key)
            workers.append(
                Controller(
                    name: "node-alias", reconciler: keeper, queue: queues.alias, workers: 1, readiness: [leading],
                    timeout: timeout, environment: environment, logger: logger))
        }
        workers.append(
            Controller(
                name: "entry-verification", reconciler: verification, queue: queues.verification, workers: 1,
                readiness: [leading], timeout: timeout, environment: environment, logger: logger))
        // What the server has is known before the first pass, which then needs no call for what is right. While it cannot be
        // read, passes look at their entries one by one.
        let listEntries: @Sendable () async throws -> Void = {
            let listed = await Result.of { () throws(SPIREError) in try await verification.verifyNow() }
            if case .failure(let error) = listed {
                logger.warning("the entries cannot be listed", metadata: ["error": "\(error)"])
                inventory.requestListing()
            }
            try Task.checkCancellation()
            queues.verification.add(EntryVerification.key)
        }
        let api = surroundings.api
        workers.append(
            Controller(
                name: "workloadidentity", reconciler: reconciler, queue: queues.identities,
                workers: configuration.reconcile.workers * IdentityReconciler.passesPerWorker,
                readiness: ready + [listEntries],
                barrier: { key in
                    await identities.waitForOwnWrites(key) { try await api.get(WorkloadIdentity.self, $0) }
                }, generation: { identities.generation(of: $0) }, timeout: timeout, environment: environment,
                logger: logger))
        self.workers = workers
    }
}

/// The work queues of what keeps entries.
struct IdentityQueues: Sendable {
    let identities: WorkQueue<ObjectKey>
    let alias: WorkQueue<ObjectKey>
    let verification: WorkQueue<ObjectKey>

    init(environment: Environment, workers: Int) {
        // Tenants take turns: thousands of objects of one do not make the others wait. Nor do those whose passes take long:
        // they get an eighth of all, as those of bindings do.
        var settings = WorkQueueSettings()
        settings.inFlightPerGroup = workers * IdentityReconciler.passesPerWorker / 8
        identities = WorkQueue(
            environment: environment, name: "workloadidentity", settings: settings, group: { $0.namespace })
        alias = WorkQueue(environment: environment, name: "node-alias")
        verification = WorkQueue(environment: environment, name: "entry-verification")
    }

    /// Every queue.
    var all: [WorkQueue<ObjectKey>] { [identities, alias, verification] }

    /// What waits for SPIRE waits together, and has queues of its own.
    func add(waiting keys: [ObjectKey]) {
        for key in keys {
            switch key {
            case NodeAliasReconciler.key: alias.add(key)
            case EntryVerification.key: verification.add(key)
            default: identities.add(key)
            }
        }
    }
}
