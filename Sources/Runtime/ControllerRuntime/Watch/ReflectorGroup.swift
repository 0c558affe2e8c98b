public import KubernetesClient
public import KubernetesModel
public import Logging
public import ServiceLifecycle

/// Keeps a store equal to what the API server has: one reflector for all namespaces, or one for each of those that the store
/// is about, which needs no rights in any other.
public struct ReflectorGroup<Object: KubernetesResource>: Service {
    private let reflectors: [Reflector<Object>]

    /// Connects a store to the API server; the parameters are those of `Reflector`. Changes of one namespace come in order, from
    /// one task; those of different namespaces may come at the same time.
    public init(
        api: any KubernetesAPI, store: Store<Object>, environment: Environment, logger: Logger,
        metrics: MetricsSink = MetricsSink(), notices: WatchNotices = WatchNotices(),
        onDelta: @escaping @Sendable (Delta<Object>) -> Void
    ) {
        let namespaces: [String?] = store.namespaces.isEmpty ? [nil] : store.namespaces
        reflectors = namespaces.map { namespace in
            Reflector(
                api: api, store: store, scope: WatchScope(namespace: namespace), environment: environment,
                logger: logger, metrics: metrics, notices: notices, onDelta: onDelta)
        }
    }

    /// Whether the store is complete and all watches are open; of what is wrong, the first.
    public var health: SourceHealth {
        let all = reflectors.map(\.health)
        // What only people can mend is told first: the rest may be well without them.
        let problem = all.first { !$0.isReady && $0.problem != nil }?.problem ?? all.lazy.compactMap(\.problem).first
        return SourceHealth(hasSynced: all.allSatisfy(\.hasSynced), problem: problem)
    }

    /// What the API server sends of an object of 16 KiB and more, in bytes; 0 for all others.
    func size(of key: ObjectKey) -> Int {
        reflectors.lazy.map { $0.size(of: key) }.first { $0 > 0 } ?? 0
    }

    /// Lists and watches until shutdown.
    ///
    /// - Throws: `CancellationError` when the task is cancelled; graceful shutdown is a normal end.
    public func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for reflector in reflectors { group.addTask { try await reflector.run() } }
            try await group.waitForAll()
        }
    }
}
