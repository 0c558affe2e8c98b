package import ControllerRuntime
package import KubernetesClient
package import KubernetesModel
package import LanyardCore
package import Logging
import ServiceLifecycle
import Synchronization

/// Watches pods and nodes while at least one accepted identity needs to know where pods run, and not otherwise: most
/// clusters never do, and pods are by far the most objects of all.
package final class PlacementWatch: Service, PlacementSource {
    private struct State {
        var wanted: Set<ObjectKey> = []
        /// Counts the times that watching began.
        var activation = 0
        var cache: PlacementCache?
        var health: (@Sendable () -> [SourceHealth])?
    }

    private let api: any KubernetesAPI
    private let namespace: String?
    private let environment: Environment
    private let logger: Logger
    private let onChange: @Sendable (Set<String>, WorkPriority) -> Void
    private let onSynced: @Sendable ([ObjectKey]) -> Void
    private let state = Mutex(State())
    private let demand: AsyncStream<Bool>
    private let announce: AsyncStream<Bool>.Continuation

    /// Wires a watch that does nothing yet.
    ///
    /// - Parameters:
    ///   - namespace: the pods of this namespace; nil for all.
    ///   - onChange: gets the ServiceAccounts (`namespace/name`) whose pods have changed.
    ///   - onSynced: gets the identities that waited for the first lists.
    package init(
        api: any KubernetesAPI, namespace: String? = nil, environment: Environment, logger: Logger,
        onChange: @escaping @Sendable (Set<String>, WorkPriority) -> Void,
        onSynced: @escaping @Sendable ([ObjectKey]) -> Void
    ) {
        self.api = api
        self.namespace = namespace
        self.environment = environment
        self.logger = logger
        self.onChange = onChange
        self.onSynced = onSynced
        (demand, announce) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Whether pods and nodes are watched now.
    package var isActive: Bool { state.withLock { $0.cache != nil } }

    package func want(_ key: ObjectKey) { change { $0.insert(key) } }

    package func release(_ key: ObjectKey) { change { $0.remove(key) } }

    package func facts(serviceAccount: String) throws(PlacementUnknown) -> PlacementFacts {
        let (cache, health) = state.withLock { ($0.cache, $0.health) }
        if let cache, cache.hasSynced { return cache.facts(serviceAccount: serviceAccount) }
        let problem = health?().lazy.compactMap(\.problem?.message).first
        throw PlacementUnknown("pods and nodes are not listed yet" + (problem.map { ": \($0)" } ?? ""))
    }

    /// Watches while it is wanted, until shutdown.
    ///
    /// - Throws: `CancellationError` when the task is cancelled; graceful shutdown is a normal end.
    package func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await self.follow() }
        } catch is CancellationError where Task.isShuttingDownGracefully {
            return
        }
    }

    private func follow() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            var stop: AsyncStream<Void>.Continuation?
            for await isWanted in demand {
                stop?.finish()
                stop = nil
                guard isWanted else { continue }
                let (signal, continuation) = AsyncStream<Void>.makeStream()
                stop = continuation
                group.addTask { try await self.watch(until: signal) }
            }
            try Task.checkCancellation()
        }
    }

    /// Watches with a new cache until the signal ends.
    private func watch(until signal: AsyncStream<Void>) async throws {
        let cache = PlacementCache()
        let onChange = onChange
        let pods = Reflector(
            api: api, store: cache.pods, namespace: namespace, environment: environment, logger: logger,
            metricsPrefix: "lanyard"
        ) { onChange(PlacementCache.serviceAccounts(for: $0), $0.priority) }
        let nodes = Reflector(
            api: api, store: cache.nodes, environment: environment, logger: logger, metricsPrefix: "lanyard"
        ) { onChange(cache.serviceAccounts(for: $0), $0.priority) }
        let activation = state.withLock { state in
            state.activation += 1
            state.cache = cache
            state.health = { [pods.health, nodes.health] }
            return state.activation
        }
        logger.info("pods and nodes are watched")
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await pods.run() }
            group.addTask { try? await nodes.run() }
            group.addTask {
                guard (try? await cache.pods.waitUntilSynced()) != nil,
                    (try? await cache.nodes.waitUntilSynced()) != nil
                else { return }
                self.onSynced(self.state.withLock { $0.wanted.sorted() })
            }
            for await _ in signal {}
            group.cancelAll()
        }
        state.withLock { state in
            // The next one may have begun.
            guard state.activation == activation else { return }
            state.cache = nil
            state.health = nil
        }
        try Task.checkCancellation()
        logger.info("pods and nodes are not watched any more")
    }

    private func change(_ body: (inout Set<ObjectKey>) -> Void) {
        state.withLock { state in
            let wasWanted = !state.wanted.isEmpty
            body(&state.wanted)
            let isWanted = !state.wanted.isEmpty
            // Under the lock, so that the last word is the last state.
            if isWanted != wasWanted { announce.yield(isWanted) }
        }
    }
}
