import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Logging
import ServiceLifecycle

/// What all kinds are wired with, as in the operator: clock, events, boundaries. The API server is a stand-in, and nothing is
/// logged.
struct PassWorld {
    /// The operator's own namespace.
    static let namespace = "lanyard-system"
    /// `reconcile.workers`.
    static let workers = 8

    let server: StandInServer
    let settings: PlanningSettings
    let environment: Environment
    let logger: Logger
    let events: KubernetesEventRecorder
    let context: ControllerContext
    let book: BoundaryBook
    /// What serves all kinds, and has to run.
    let services: [any Service]

    /// Wires it to a server.
    ///
    /// - Throws: `SPIFFEIDError` never in practice.
    init(_ server: StandInServer) throws {
        let alarm = AlarmClock(base: StillClock())
        let environment = Environment.still(alarm)
        let settings = try Workload.settings()
        let logger = Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() })
        let events = KubernetesEventRecorder(
            api: server, controller: "lanyard.dev/controller", instance: "bench", environment: environment,
            logger: logger, metrics: .lanyard)
        self.server = server
        self.settings = settings
        self.environment = environment
        self.logger = logger
        self.events = events
        context = ControllerContext(
            api: server,
            undecodable: UndecodableReporter(events: events, fence: .alwaysOpen, reason: EventReason.undecodable),
            waitUntilLeading: {}, timeout: .seconds(60), environment: environment, logger: logger, metrics: .lanyard)
        let boundaries = Store<IdentityBoundary>(clock: environment.clock)
        _ = boundaries.replace(with: [Workload.boundary], resourceVersion: ResourceVersion("1"))
        let namespaces = Store<NamespaceMetadata>(clock: environment.clock)
        _ = namespaces.replace(with: Workload.namespaces, resourceVersion: ResourceVersion("1"))
        book = BoundaryBook(
            boundaries: boundaries, namespaces: namespaces, settings: settings, templates: { _ in nil },
            source: ServedBoundaries(api: server, settings: settings), ownNamespace: Self.namespace)
        services = [alarm, events]
    }

    /// What the passes over the objects of a kind share. Nothing is ever away here.
    func convergence<Object: KubernetesResource, Failure: Error & Sendable>(
        of store: Store<Object>
    ) -> Convergence<Object, Failure> {
        Convergence(
            reporter: ObjectReporter(api: server, store: store, events: events, logger: logger),
            gate: DependencyGate(breaker: nil), pace: Pace(every: .seconds(600), in: environment))
    }

    /// No ServiceAccount is looked for.
    var accounts: ServiceAccountDirectory { ServiceAccountDirectory(api: nil, clock: environment.clock) }

    /// The queue of a kind that tenants write.
    ///
    /// - Parameter share: how many passes there may be over the objects of one namespace.
    func queue(_ name: String, share: Int) -> WorkQueue<ObjectKey> {
        var settings = WorkQueueSettings()
        settings.inFlightPerGroup = share
        return WorkQueue(environment: environment, name: name, settings: settings, group: { $0.namespace })
    }
}
