import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardControllers
import LanyardCore
import Logging
import SPIREClient
import ServiceLifecycle
import VaultClient

/// The systems that the operator reads and writes.
struct OperatorPorts {
    let api: any KubernetesAPI
    let registry: any EntryRegistry
    let vault: any VaultAPI
    let events: any EventRecorder
}

/// What every kind is wired with: the systems, the caches and queues, and what the kinds have in common.
struct OperatorContext {
    let configuration: OperatorConfiguration
    let ports: OperatorPorts
    /// That of the ports, seen through a listing of policies, which has to know of every write.
    let vault: PolicyListing
    /// The operator's own.
    let namespace: String
    /// The operator's own SVIDs, if it needs any.
    let own: OwnIdentity?
    let election: Election
    let environment: Environment
    let logger: Logger

    let stores: OperatorStores
    let queues: ControllerQueues
    let changes: ChangeHandlers
    let resources: ResourceMetrics
    let runtime: ControllerContext
    let ledger: OwnershipLedger
    let inventory: EntryInventory
    let states: IdentityStates
    let accounts: ServiceAccountDirectory
    let survey: AccessSurvey
    let boundaries: BoundarySources
    let spireGate: DependencyGate<SPIREError>
    let vaultGate: DependencyGate<VaultError>

    /// After which a pass is cancelled.
    static let reconcileTimeout: Duration = .seconds(60)

    /// Makes what the kinds have in common.
    ///
    /// - Parameter namespace: the operator's own.
    init(
        configuration: OperatorConfiguration, ports: OperatorPorts, namespace: String, own: OwnIdentity?,
        election: Election, environment: Environment, logger: Logger
    ) {
        self.configuration = configuration
        self.ports = ports
        self.namespace = namespace
        self.own = own
        self.election = election
        self.environment = environment
        self.logger = logger
        stores = OperatorStores(configuration, clock: environment.clock)
        queues = ControllerQueues(environment: environment, workers: configuration.reconcile.workers)
        let bindings = stores.bindings
        vault = PolicyListing(ports.vault, clock: environment.clock, population: { bindings.count })
        resources = ResourceMetrics(
            times: ConvergenceTimes(clock: environment.clock, isLeading: { election.isLeading }),
            namesNamespaces: configuration.metricsNameNamespaces)
        let changes = ChangeHandlers(
            stores: stores, queues: queues, resources: resources, settings: configuration.planning)
        self.changes = changes
        runtime = ControllerContext(
            api: ports.api,
            undecodable: UndecodableReporter(
                events: ports.events, fence: election.fence, reason: EventReason.undecodable),
            waitUntilLeading: { try await election.waitUntilLeading() }, timeout: Self.reconcileTimeout,
            environment: environment, logger: logger, metrics: .lanyard)
        ledger = OwnershipLedger(
            api: ports.api, namespace: namespace, clock: environment.clock,
            mayWrite: { election.timeToWrite() != nil }, onRelease: { changes.released($0) })
        inventory = EntryInventory(cluster: configuration.clusterName)
        states = IdentityStates { changes.identityChanged($0, $1) }
        accounts = ServiceAccountDirectory(api: ports.api, clock: environment.clock)
        survey = AccessSurvey(vault: vault, clock: environment.clock) { changes.newsInVault(at: $0) }
        boundaries = BoundarySources(
            in: runtime, changes: changes, ports: ports, configuration: configuration, namespace: namespace, own: own,
            environment: environment, logger: logger)
        spireGate = .spire(ports.registry, inventory, changes, environment: environment, logger: logger)
        vaultGate = .vault(vault, changes, environment: environment, logger: logger)
        // None of them may have an ID of the operator's.
        own?.otherIDs.onSignal { changes.decideOnIdentities() }
    }

    /// How often each object is looked at without a reason.
    var resyncInterval: Duration { configuration.reconcile.resyncInterval }

    /// What the controllers of tasks wait for that look at all kinds.
    var ready: [ReadinessStep] { stores.synced + [leading] }

    /// Waits until this replica leads.
    var leading: ReadinessStep {
        let election = election
        return { try await election.waitUntilLeading() }
    }

    /// Waits until the ledger is read, and reads it unless somebody else does: without it nothing may be written to Vault.
    var ledgerRead: ReadinessStep {
        let (ledger, environment, logger) = (ledger, environment, logger)
        return {
            while true {
                do {
                    return try await ledger.settleDoubt()
                } catch let error as KubernetesError {
                    logger.warning("the ownership records cannot be read", metadata: ["error": "\(error)"])
                    try await environment.clock.sleep(for: environment.jittered(.seconds(2), by: 0.2))
                }
            }
        }
    }

    /// Says on objects of a kind what is true of them.
    func reporter<Object: KubernetesResource>(of store: Store<Object>) -> ObjectReporter<Object> {
        ObjectReporter(api: ports.api, store: store, events: ports.events, logger: logger)
    }

    /// What the passes over the objects of a kind share.
    func convergence<Object: KubernetesResource, Failure: Error & Sendable>(
        of store: Store<Object>, behind gate: DependencyGate<Failure>
    ) -> Convergence<Object, Failure> {
        Convergence(
            reporter: reporter(of: store), gate: gate, pace: Pace(every: resyncInterval, in: environment))
    }

    /// Tells what a sweep does.
    func report(on subject: SweepReport.Subject) -> SweepReport {
        SweepReport(on: subject, namespace: namespace, events: ports.events, logger: logger)
    }

    /// The controller of a task that is of no kind, and has one key.
    func task<R: Reconciler>(
        _ reconciler: R, queue: WorkQueue<ObjectKey>, readiness: [ReadinessStep]
    ) -> any Service {
        Controller(
            reconciler: reconciler, queue: queue, workers: 1, readiness: readiness, timeout: Self.reconcileTimeout,
            logger: logger)
    }
}

extension DependencyGate<SPIREError> {
    fileprivate static func spire(
        _ registry: any EntryRegistry, _ inventory: EntryInventory, _ changes: ChangeHandlers,
        environment: Environment, logger: Logger
    ) -> DependencyGate<SPIREError> {
        DependencyGate<SPIREError>(
            name: "SPIRE", environment: environment, logger: logger,
            probe: { () throws(SPIREError) in try await registry.checkHealth() },
            onClose: { outage, _ in
                inventory.requestListing()
                changes.spireIsBack(after: outage)
            })
    }
}

extension DependencyGate<VaultError> {
    fileprivate static func vault(
        _ vault: any VaultAPI, _ changes: ChangeHandlers, environment: Environment, logger: Logger
    ) -> DependencyGate<VaultError> {
        DependencyGate<VaultError>(
            name: "Vault", environment: environment, logger: logger,
            probe: { () throws(VaultError) in try await vault.checkHealth() },
            onClose: { outage, last in changes.vaultIsBack(after: outage, last: last) })
    }
}
