import FoundationEssentials
public import KubernetesClient
public import KubernetesModel
public import Logging
public import ServiceLifecycle
import Synchronization

/// Keeps a store equal to what the API server has, and hands every change to one handler in order.
///
/// Nothing ends it but shutdown: a missing kind, missing rights and an absent server are states that `health` shows and
/// that end by themselves. An object that does not fit its Swift type is set apart; the others go on.
public struct Reflector<Object: KubernetesResource>: Service {
    private let api: any KubernetesAPI
    private let store: Store<Object>
    private let scope: WatchScope
    private let environment: Environment
    private let logger: Logger
    private let writer: StoreWriter<Object>
    private let metrics: ReflectorMetrics
    private let core: Core

    /// What the tasks of one reflector share.
    private final class Core: Sendable {
        let machine: Mutex<WatchStateMachine>
        let lastLineAt = Mutex(Duration.zero)
        let shares = NamespaceShares(limit: Object.projection.namespaceLimit)

        init(random: any RandomSource, streamingLists: StreamingLists) {
            machine = Mutex(WatchStateMachine(random: random, streamingLists: streamingLists))
        }
    }

    /// Connects a store to the API server.
    ///
    /// - Parameter onDelta: called for each change in order, from one task; usually adds keys to a work queue.
    public init(
        api: any KubernetesAPI, store: Store<Object>, scope: WatchScope = WatchScope(), environment: Environment,
        logger: Logger, metrics: MetricsSink = MetricsSink(), notices: WatchNotices = WatchNotices(),
        onDelta: @escaping @Sendable (Delta<Object>) -> Void
    ) {
        self.api = api
        self.store = store
        self.scope = scope
        self.environment = environment
        var logger = logger
        logger[metadataKey: "resource"] = "\(Object.descriptor.qualifiedName)"
        self.logger = logger
        self.metrics = ReflectorMetrics(metrics, resource: Object.descriptor.qualifiedName)
        writer = StoreWriter(
            store: store, namespace: scope.namespace, onDelta: onDelta, notices: notices, metrics: self.metrics,
            logger: logger)
        core = Core(random: environment.random, streamingLists: scope.streamingLists)
    }

    /// What the API server sends of an object of 16 KiB and more, in bytes; 0 for all others.
    func size(of key: ObjectKey) -> Int { core.shares.size(of: key) }

    /// Whether the store is complete and the watch is open.
    public var health: SourceHealth {
        SourceHealth(hasSynced: store.hasSynced, problem: core.machine.withLock { $0.problem })
    }

    /// Lists and watches until shutdown.
    ///
    /// - Throws: `CancellationError` when the task is cancelled; graceful shutdown is a normal end.
    public func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await self.follow() }
        } catch is CancellationError where Task.isShuttingDownGracefully {
            return
        }
    }

    private func follow() async throws {
        var action = core.machine.withLock { $0.start(now: environment.clock.now) }
        var pages = Listing<Object>()
        var moment: Store<Object>.Moment?
        while true {
            try Task.checkCancellation()
            switch action {
            case .list(let request):
                if request.continueToken == nil {
                    pages = Listing()
                    moment = request.resourceVersion == nil ? store.moment : nil
                }
                action = try await list(request, into: &pages)
            case .replace(let version):
                replace(with: pages, version, newestAt: moment)
                pages = Listing()
                action = core.machine.withLock { $0.replaced() }
            case .watch(let request):
                action = try await watch(request)
            case .wait(let duration):
                logProblem(retryAfter: duration)
                try await environment.clock.sleep(for: duration)
                action = core.machine.withLock { $0.waited(now: environment.clock.now) }
            }
        }
    }

    private func replace(
        with listing: Listing<Object>, _ version: ResourceVersion, newestAt moment: Store<Object>.Moment?
    ) {
        writer.replace(with: listing, version, newestAt: moment)
        core.shares.keep(only: listing.keys)
    }

    private func list(
        _ request: WatchStateMachine.ListRequest, into pages: inout Listing<Object>
    ) async throws -> WatchStateMachine.Action {
        do {
            let page = try await api.listDecodable(
                Object.self, namespace: scope.namespace, resourceVersion: request.resourceVersion, limit: request.limit,
                continue: request.continueToken, labelSelector: scope.labelSelector,
                admits: { [core] in core.shares.admits($0, $1) })
            page.items.forEach { pages.take($0) }
            return core.machine.withLock { $0.listed(page.metadata, now: environment.clock.now) }
        } catch {
            let error = try kubernetesError(error, verb: "list")
            return core.machine.withLock { $0.listFailed(error, now: environment.clock.now) }
        }
    }

    private func watch(_ request: WatchStateMachine.WatchRequest) async throws -> WatchStateMachine.Action {
        let action: WatchStateMachine.Action
        let moment = request.resourceVersion == nil ? store.moment : nil
        do {
            let lines = try await api.openWatch(
                .watch(
                    Object.self, namespace: scope.namespace, resourceVersion: request.resourceVersion,
                    timeoutSeconds: request.timeoutSeconds, labelSelector: scope.labelSelector,
                    sendsInitialEvents: request.sendsInitialEvents))
            core.machine.withLock { $0.watchOpened(now: environment.clock.now) }
            core.lastLineAt.withLock { $0 = environment.clock.now }
            action = try await read(lines, newestAt: moment)
        } catch {
            let error = try kubernetesError(error, verb: "watch")
            action = core.machine.withLock { $0.watchFailed(error, now: environment.clock.now) }
        }
        if let reason = core.machine.withLock({ $0.lastRestart }) {
            metrics.restarted(reason)
            // No trouble unless it comes again, and worth a line: a list costs more than a watch.
            if reason == .expired, case .list = action { logger.info("watch expired; listing anew") }
        }
        return action
    }

    /// How the reading of a stream ended.
    private enum End: Sendable {
        case decided(WatchStateMachine.Action)
        case closed
        case silent
    }

    /// Reads the stream and watches over its silence; whichever ends first decides, when both have ended.
    private func read(
        _ lines: any AsyncSequence<Data, any Error> & Sendable, newestAt moment: Store<Object>.Moment?
    ) async throws -> WatchStateMachine.Action {
        let end = try await withThrowingTaskGroup(of: End.self) { group in
            group.addTask { try await self.readEvents(lines, newestAt: moment) }
            group.addTask {
                try await self.waitForSilence()
                return .silent
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .closed
        }
        return switch end {
        case .decided(let action): action
        case .closed: core.machine.withLock { $0.watchEnded(now: environment.clock.now) }
        case .silent: core.machine.withLock { $0.watchStalled(now: environment.clock.now) }
        }
    }

    private func readEvents(
        _ lines: any AsyncSequence<Data, any Error> & Sendable, newestAt moment: Store<Object>.Moment?
    ) async throws -> End {
        var initial = Listing<Object>()
        for try await line in lines {
            core.lastLineAt.withLock { $0 = environment.clock.now }
            let event = try? WatchEvent<Object>(reading: line) { core.shares.admits($0, $1) }
            // The change is with the handler before its version counts as delivered.
            if let event {
                if core.machine.withLock({ $0.isCollecting }) { initial.take(event) } else { writer.apply(event) }
                if let key = event.deletedKey { core.shares.remove(key) }
            }
            let now = environment.clock.now
            switch core.machine.withLock({ $0.received(.init(event), now: now) }) {
            case nil: continue
            case .replace(let version):
                replace(with: initial, version, newestAt: moment)
                initial = Listing()
                core.machine.withLock { $0.streamReplaced() }
            case let action?: return .decided(action)
            }
        }
        try Task.checkCancellation()
        return .closed
    }

    private func waitForSilence() async throws {
        while true {
            let lastLineAt = core.lastLineAt.withLock { $0 }
            let deadline = core.machine.withLock { $0.silenceDeadline(lastLineAt: lastLineAt) }
            let rest = deadline - environment.clock.now
            if rest <= .zero {
                logger.warning(
                    "watch is silent; reopening",
                    metadata: ["silent.seconds": .stringConvertible((environment.clock.now - lastLineAt) / .seconds(1))]
                )
                return
            }
            // The deadline may move closer meanwhile, to no less than this after the line that moved it.
            try await environment.clock.sleep(for: min(rest, .seconds(150)))
        }
    }

    private func logProblem(retryAfter duration: Duration) {
        guard let problem = core.machine.withLock({ $0.problem }) else { return }
        logger.info(
            "source is not up to date",
            metadata: [
                "reason": "\(problem.reason.rawValue)", "error": "\(problem.message)",
                "retry.after.seconds": .stringConvertible(duration / .seconds(1)),
            ])
    }

    /// What a failed call means to the state machine.
    ///
    /// - Throws: `CancellationError`.
    private func kubernetesError(_ error: any Error, verb: String) throws -> KubernetesError {
        if error is CancellationError { throw error }
        guard var error = error as? KubernetesError else {
            return KubernetesError(.unreachable, "\(type(of: error))")
        }
        if error.code == .forbidden {
            // Whoever reads the health page has to know which rule is missing; a proxy's 403 does not say it.
            let place = scope.namespace.map { "namespace \($0)" } ?? "all namespaces"
            error.message = "not allowed to \(verb) \(Object.descriptor.qualifiedName) in \(place): \(error.message)"
        }
        return error
    }
}
