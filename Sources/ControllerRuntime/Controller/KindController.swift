import KubernetesClient
public import KubernetesModel
public import ServiceLifecycle

/// The controller of a kind, with all that one must not be wired without: passes wait for this process's own writes, their
/// logs name the generation, they end in time, and whoever comes to lead says which objects do not fit their type.
public struct KindController<Object: KubernetesResource, R: Reconciler>: Service {
    private let controller: Controller<R>

    /// Assembles the controller of a kind.
    ///
    /// - Parameters:
    ///   - name: the `controller` label of metrics and logs.
    ///   - mayGet: whether this process may read single objects of the kind. Where versions cannot be ordered, the live
    ///     object decides whether the store shows its own writes; without the right such a write delays one pass.
    ///   - queue: where keys come from; the controller runs it as well.
    ///   - workers: how many keys are worked on at the same time.
    ///   - readiness: what to wait for besides the kind's own store, before it is waited for the lead.
    ///   - onLeading: what to do in this order, once this replica leads, before the first key is taken.
    public init(
        name: String, source: KindSource<Object>, mayGet: Bool, reconciler: R, queue: WorkQueue<ObjectKey>,
        workers: Int, readiness: [ReadinessStep], onLeading: [ReadinessStep] = []
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
        controller = Controller(
            name: name, reconciler: reconciler, queue: queue, workers: workers,
            readiness: synced + readiness + leading + onLeading,
            barrier: { key in await store.waitForOwnWrites(key, live: live) },
            generation: { key in store.generation(of: key) }, timeout: context.timeout,
            environment: context.environment, logger: context.logger)
    }

    /// Waits until ready, then works until shutdown.
    ///
    /// - Throws: what a step of readiness throws; `CancellationError` when the task is cancelled.
    public func run() async throws { try await controller.run() }
}
