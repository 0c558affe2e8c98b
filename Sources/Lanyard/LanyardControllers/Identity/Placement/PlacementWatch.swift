package import ControllerRuntime
package import KubernetesClient
package import KubernetesModel
package import LanyardCore
package import Logging
import ServiceLifecycle
import Synchronization

/// Watches pods and nodes while at least one accepted identity needs to know where pods run, and some minutes longer, and not
/// otherwise: most clusters never do, and pods are by far the most objects of all. An identity that is changed to and fro
/// lists them once.
package final class PlacementWatch: Service, PlacementSource {
    private struct State {
        var wanted: Set<ObjectKey> = []
        /// Since when nobody wants it.
        var idleSince: Duration?
        /// Whether a task waits for the end of that.
        var hasTimer = false
        /// Counts the times that watching began.
        var activation = 0
        var cache: PlacementCache?
        var health: (@Sendable () -> [String: SourceHealth])?
    }

    private let api: any KubernetesAPI
    private let namespaces: [String]
    private let linger: Duration
    private let environment: Environment
    private let logger: Logger
    private let onChange: @Sendable (Set<String>, WorkPriority) -> Void
    private let onSynced: @Sendable ([ObjectKey]) -> Void
    private let state = Mutex(State())
    /// Tells that something about the demand is another now; what, the state says.
    private let demand: AsyncStream<Void>
    private let announce: AsyncStream<Void>.Continuation

    /// Wires a watch that does nothing yet.
    ///
    /// - Parameters:
    ///   - namespaces: whose pods are watched; none for all.
    ///   - linger: how long it goes on after the last identity that wanted it.
    ///   - onChange: gets the ServiceAccounts (`namespace/name`) whose pods have changed.
    ///   - onSynced: gets the identities that waited for the first lists.
    package init(
        api: any KubernetesAPI, namespaces: [String] = [], linger: Duration = .seconds(300),
        environment: Environment, logger: Logger,
        onChange: @escaping @Sendable (Set<String>, WorkPriority) -> Void,
        onSynced: @escaping @Sendable ([ObjectKey]) -> Void
    ) {
        self.api = api
        self.namespaces = namespaces
        self.linger = linger
        self.environment = environment
        self.logger = logger
        self.onChange = onChange
        self.onSynced = onSynced
        (demand, announce) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Whether pods and nodes are watched now.
    package var isActive: Bool { state.withLock { $0.cache != nil } }

    /// How well each kind is watched, by its plural name; nothing while none is watched.
    package var health: [String: SourceHealth] { state.withLock { $0.health }?() ?? [:] }

    package func want(_ key: ObjectKey) { change { $0.insert(key) } }

    package func release(_ key: ObjectKey) { change { $0.remove(key) } }

    package func facts(serviceAccount: String) throws(PlacementUnknown) -> PlacementFacts {
        try known().facts(serviceAccount: serviceAccount)
    }

    package func absent(_ places: Set<String>) throws(PlacementUnknown) -> Set<String> { try known().absent(places) }

    private func known() throws(PlacementUnknown) -> PlacementCache {
        let (cache, health) = state.withLock { ($0.cache, $0.health) }
        if let cache, cache.hasSynced { return cache }
        let problem = health?().sorted { $0.key > $1.key }.lazy.compactMap(\.value.problem?.message).first
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
            for await _ in demand {
                let rest = restOfLinger()
                if rest == nil, stop == nil {
                    let (signal, continuation) = AsyncStream<Void>.makeStream()
                    stop = continuation
                    group.addTask { try await self.watch(until: signal) }
                } else if let rest, stop != nil {
                    if rest <= .zero {
                        stop?.finish()
                        stop = nil
                    } else if beginsTimer() {
                        group.addTask {
                            try await self.environment.clock.sleep(for: rest)
                            self.state.withLock { $0.hasTimer = false }
                            self.announce.yield()
                        }
                    }
                }
            }
            try Task.checkCancellation()
        }
    }

    /// For how long it goes on to be watched although nobody wants it; nil while somebody does.
    private func restOfLinger() -> Duration? {
        let now = environment.clock.now
        return state.withLock { state in
            state.wanted.isEmpty ? (state.idleSince ?? now - linger) + linger - now : nil
        }
    }

    private func beginsTimer() -> Bool {
        state.withLock { state in
            defer { state.hasTimer = true }
            return !state.hasTimer
        }
    }

    /// Watches with a new cache until the signal ends.
    private func watch(until signal: AsyncStream<Void>) async throws {
        let cache = PlacementCache(namespaces: namespaces)
        let onChange = onChange
        let pods = ReflectorGroup(
            api: api, store: cache.pods, environment: environment, logger: logger, metrics: .lanyard
        ) { onChange(PlacementCache.serviceAccounts(for: $0), $0.priority) }
        let nodes = Reflector(
            api: api, store: cache.nodes, environment: environment, logger: logger, metrics: .lanyard
        ) { onChange(cache.serviceAccounts(for: $0), $0.priority) }
        let activation = state.withLock { state in
            state.activation += 1
            state.cache = cache
            state.health = {
                [Pod.descriptor.plural: pods.health, Node.descriptor.plural: nodes.health]
            }
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
        let now = environment.clock.now
        let isNews = state.withLock { state in
            let wasWanted = !state.wanted.isEmpty
            body(&state.wanted)
            let isWanted = !state.wanted.isEmpty
            if isWanted != wasWanted { state.idleSince = isWanted ? nil : now }
            return isWanted != wasWanted
        }
        // What it tells is only that there is something to look at, so it may come late.
        if isNews { announce.yield() }
    }
}
