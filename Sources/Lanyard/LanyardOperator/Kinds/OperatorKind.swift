import ControllerRuntime
import KubernetesModel
import LanyardAPI
import ServiceLifecycle

/// A kind that the operator follows: each of `LanyardKind.all` says in a file of its own here how it is wired.
protocol WiredKind: KubernetesResource {
    /// What the kind adds to the operator.
    ///
    /// - Throws: what cannot be made of the configuration.
    static func wired(in context: OperatorContext) throws -> OperatorKind
}

/// A kind that is in the list, and that nobody has wired.
struct UnwiredKind: Error {
    let kind: String
}

/// What a kind of object, with the tasks that belong to it, adds to the operator.
struct OperatorKind {
    /// What follows the API server.
    var sources: [any Service] = []
    /// The caches, as readiness sees them.
    var observed: [ObservedSource] = []
    /// Those that are there only while something needs them.
    var onDemand: [OnDemandSource] = []
    /// What a replica waits for before it stands for election: that they are complete.
    var synced: [ReadinessStep] = []
    var workers: [any Service] = []
    /// Where the workers' keys come from.
    var queues: [WorkQueue<ObjectKey>] = []
    /// What else readiness depends on.
    var readinessChecks: [HealthCheck] = []
}

extension OperatorKind {
    /// A kind of the list.
    ///
    /// - Throws: `UnwiredKind`, or what its wiring throws.
    init(_ kind: LanyardKind, in context: OperatorContext) throws {
        guard let wired = kind.type as? any WiredKind.Type else { throw UnwiredKind(kind: kind.descriptor.kind) }
        self = try wired.wired(in: context)
    }

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
