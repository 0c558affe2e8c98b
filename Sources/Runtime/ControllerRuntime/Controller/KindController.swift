public import KubernetesClient
public import KubernetesModel
public import Logging
public import ServiceLifecycle

/// What all kinds of an operator are wired with. Nothing of it has a default: a kind that goes without does so by mistake.
public struct ControllerContext: Sendable {
    let api: any KubernetesAPI
    let undecodable: UndecodableReporter
    let waitUntilLeading: ReadinessStep
    let timeout: Duration
    let environment: Environment
    let logger: Logger
    let metrics: MetricsSink

    /// Takes what all kinds share.
    ///
    /// - Parameters:
    ///   - undecodable: gets the objects that do not fit their type.
    ///   - waitUntilLeading: waits until this replica leads.
    ///   - timeout: after which a reconcile is cancelled and counts as failed.
    ///   - metrics: for those of the reflectors.
    public init(
        api: any KubernetesAPI, undecodable: UndecodableReporter, waitUntilLeading: @escaping ReadinessStep,
        timeout: Duration, environment: Environment, logger: Logger, metrics: MetricsSink
    ) {
        self.api = api
        self.undecodable = undecodable
        self.waitUntilLeading = waitUntilLeading
        self.timeout = timeout
        self.environment = environment
        self.logger = logger
        self.metrics = metrics
    }
}

/// A kind that an operator keeps, as this process sees it: its store, what keeps that up to date, and what is said of objects
/// that do not fit their type.
public struct KindSource<Object: KubernetesResource>: Sendable {
    /// The objects, as the last list and the watch since have them.
    public let store: Store<Object>
    /// What keeps the store equal to what the API server has; has to run.
    public let reflectors: ReflectorGroup<Object>
    let context: ControllerContext

    /// Connects a store to the API server; the closures are those of `WatchNotices` and `Reflector`.
    ///
    /// - Parameter onUndecodable: called for each object that does not fit its type, besides that it is reported.
    public init(
        _ store: Store<Object>, in context: ControllerContext,
        onUndecodable: @escaping @Sendable (UndecodableObject) -> Void = { _ in },
        onRecovery: @escaping @Sendable (ObjectKey) -> Void = { _ in },
        onDelta: @escaping @Sendable (Delta<Object>) -> Void
    ) {
        self.store = store
        self.context = context
        let undecodable = context.undecodable
        reflectors = ReflectorGroup(
            api: context.api, store: store, environment: context.environment, logger: context.logger,
            metrics: context.metrics,
            notices: WatchNotices(
                onUndecodable: { object in
                    undecodable.report(object, of: Object.self)
                    onUndecodable(object)
                }, onRecovery: onRecovery),
            onDelta: onDelta)
    }

    /// Reports all objects that do not fit their type: a standby has said nothing of them (rule watch-16).
    func reportUndecodable() {
        for object in store.undecodable.values.sorted(by: { $0.key < $1.key }) {
            context.undecodable.report(object, of: Object.self)
        }
    }
}

/// The controller of a kind, with all that one must not be wired without: passes wait for this process's own writes, their
/// logs name the generation, they end in time, and whoever comes to lead says which objects do not fit their type.
public struct KindController<Object: KubernetesResource, R: Reconciler>: Service {
    private let controller: Controller<R>
    /// Where its keys come from.
    package let queue: WorkQueue<ObjectKey>

    /// Assembles the controller of a kind.
    ///
    /// - Parameters:
    ///   - mayGet: whether this process may read single objects of the kind. Where versions cannot be ordered, the live
    ///     object decides whether the store shows its own writes; without the right such a write delays one pass.
    ///   - queue: where keys come from; the controller runs it as well, and has its name.
    ///   - workers: how many keys are worked on at the same time.
    ///   - readiness: what to wait for besides the kind's own store, before it is waited for the lead.
    ///   - onLeading: what to do in this order, once this replica leads, before the first key is taken.
    public init(
        source: KindSource<Object>, mayGet: Bool, reconciler: R, queue: WorkQueue<ObjectKey>, workers: Int,
        readiness: [ReadinessStep], onLeading: [ReadinessStep] = []
    ) {
        let (store, context) = (source.store, source.context)
        let api = context.api
        let live: (@Sendable (ObjectKey) async throws -> Object?)?
        if mayGet {
            live = { key in try await api.get(Object.self, key) }
        } else {
            live = nil
        }
        let synced: [ReadinessStep] = [{ try await store.waitUntilSynced() }]
        let leading: [ReadinessStep] = [context.waitUntilLeading, { source.reportUndecodable() }]
        self.queue = queue
        controller = Controller(
            reconciler: reconciler, queue: queue, workers: workers,
            readiness: synced + readiness + leading + onLeading, cache: CacheView(store, live: live),
            timeout: context.timeout, logger: context.logger)
    }

    /// Waits until ready, then works until shutdown.
    ///
    /// - Throws: what a step of readiness throws; `CancellationError` when the task is cancelled.
    public func run() async throws { try await controller.run() }
}
