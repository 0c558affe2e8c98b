import ControllerRuntime
import KubernetesModel
import ServiceLifecycle

/// What a kind of object, with the tasks that belong to it, adds to the operator. Each has a file of its own here, and a line
/// in the list of `ControllerServices`.
struct OperatorKind {
    /// What follows the API server.
    var sources: [any Service] = []
    /// The caches, as readiness sees them.
    var observed: [ObservedSource] = []
    /// What a replica waits for before it stands for election: that they are complete.
    var synced: [ReadinessStep] = []
    var workers: [any Service] = []
    /// Where the workers' keys come from.
    var queues: [WorkQueue<ObjectKey>] = []
    /// What else readiness depends on.
    var readinessChecks: [HealthCheck] = []
}

extension OperatorKind {
    /// A kind with its controller.
    init<Object: KubernetesResource, R: Reconciler>(
        _ source: KindSource<Object>, _ controller: KindController<Object, R>
    ) {
        let store = source.store
        sources = [source.reflectors]
        observed = [ObservedSource(source.reflectors)]
        synced = [{ try await store.waitUntilSynced() }]
        workers = [controller]
        queues = [controller.queue]
    }

    /// Adds a cache that no controller works on.
    mutating func follow<Object: KubernetesResource>(_ reflector: Reflector<Object>, into store: Store<Object>) {
        sources.append(reflector)
        observed.append(ObservedSource(reflector))
        synced += [{ try await store.waitUntilSynced() }]
    }

    /// Adds a task that is of no kind, and has one key.
    mutating func run<R: Reconciler>(
        _ reconciler: R, queue: WorkQueue<ObjectKey>, readiness: [ReadinessStep], in context: OperatorContext
    ) {
        workers.append(context.task(reconciler, queue: queue, readiness: readiness))
        queues.append(queue)
    }
}
