public import KubernetesModel
public import Logging
public import Metrics
public import ServiceLifecycle

/// One thing to wait for before work begins.
public typealias ReadinessStep = @Sendable () async throws -> Void

/// Runs a reconciler over the keys of a queue, with a fixed number of workers.
///
/// Workers start when everything in `readiness` is true: typically the stores are synced and leadership is held. On
/// graceful shutdown no new key is taken and what is in flight ends normally; on cancellation it is cancelled.
public struct Controller<R: Reconciler>: Service {
    private let reconciler: R
    private let queue: WorkQueue<ObjectKey>
    private let workers: Int
    private let readiness: [ReadinessStep]
    private let cache: CacheView
    private let timeout: Duration
    private let environment: Environment
    private let logger: Logger
    private let metrics: ControllerMetrics
    private let failures = FailureLog()

    /// Assembles a controller; it does nothing until `run`.
    ///
    /// - Parameters:
    ///   - queue: where keys come from; the controller runs it as well. Its name is the controller's, and the `controller`
    ///     label of metrics and logs; its environment is the controller's, too.
    ///   - workers: how many keys are worked on at the same time.
    ///   - readiness: what to wait for, in this order, before the first key is taken.
    ///   - cache: what the reconciler reads of the objects.
    ///   - timeout: after which a reconcile is cancelled and counts as failed.
    public init(
        reconciler: R, queue: WorkQueue<ObjectKey>, workers: Int = 4, readiness: [ReadinessStep] = [],
        cache: CacheView = CacheView(), timeout: Duration = .seconds(60), logger: Logger,
        metricsFactory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.reconciler = reconciler
        self.queue = queue
        self.workers = max(1, workers)
        self.readiness = readiness
        self.cache = cache
        self.timeout = timeout
        environment = queue.environment
        var logger = logger
        logger[metadataKey: "controller"] = "\(queue.name)"
        self.logger = logger
        metrics = ControllerMetrics(controller: queue.name, workers: self.workers, factory: metricsFactory)
    }

    /// Waits until ready, then works until shutdown.
    ///
    /// - Throws: what `readiness` throws; `CancellationError` when the task is cancelled.
    public func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                for ready in readiness { try await ready() }
            }
        } catch is CancellationError where Task.isShuttingDownGracefully {
            return
        }
        logger.info("controller starts", metadata: ["workers": .stringConvertible(workers)])
        try await withGracefulShutdownHandler {
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask { try await queue.run() }
                for _ in 0..<workers {
                    group.addTask { while try await reconcileNext() {} }
                }
            }
        } onGracefulShutdown: {
            queue.shutDown()
        }
        logger.info("controller ended")
    }

    /// Works on one key if one is ready now: the step of a simulation.
    ///
    /// - Returns: whether there was one.
    public func reconcileNextIfReady() async -> Bool {
        await queue.withNextIfReady { item in
            await reconcile(item)
            return true
        } ?? false
    }

    private func reconcileNext() async throws -> Bool {
        try await queue.withNext { item in
            await reconcile(item)
            return true
        } ?? false
    }

    private func reconcile(_ item: WorkItem<ObjectKey>) async {
        guard await cache.showsOwnWrites(item.key) else {
            queue.add(item.key, after: .seconds(1), priority: item.priority)
            return
        }
        var logger = logger
        logger[metadataKey: "object.key"] = "\(item.key)"
        logger[metadataKey: "object.generation"] = cache.generation(item.key).map { .stringConvertible($0) }
        logger[metadataKey: "reconcile.id"] = "\(String(environment.random.next(), radix: 16))"
        await withLogger(logger) { logger in
            let startedAt = environment.clock.now
            metrics.started()
            let outcome: ReconcileOutcome
            do {
                let result = try await environment.clock.withTimeout(timeout) {
                    try await reconciler.reconcile(item.key)
                }
                outcome = ReconcileOutcome(result)
                if let count = failures.succeeded(item.key) {
                    logger.info("reconcile succeeds again", metadata: ["failures": .stringConvertible(count)])
                }
            } catch {
                outcome = ReconcileOutcome(error, isStopping: Task.isCancelled)
                log(error, outcome, of: item.key, to: logger)
            }
            let duration = environment.clock.now - startedAt
            metrics.ended(outcome, after: duration)
            follow(outcome, item, after: duration)
        }
    }

    /// What fails slowly pauses for as long as it took, so that it never has a worker for more than half of the time.
    private static var longestPause: Duration { .seconds(10) }

    private func follow(_ outcome: ReconcileOutcome, _ item: WorkItem<ObjectKey>, after duration: Duration) {
        switch outcome.followUp {
        case .forget:
            queue.forget(item.key)
        case .forgetAndAdd(let delay, let priority):
            queue.forget(item.key)
            queue.add(item.key, after: delay, priority: priority ?? item.priority)
        case .add(let delay):
            queue.add(item.key, after: delay, priority: item.priority)
        case .addRateLimited:
            queue.addRateLimited(item.key, priority: item.priority, least: min(duration, Self.longestPause))
        case .drop:
            break
        }
    }

    /// The one place where errors of reconciles are logged; inner layers throw. One that is met again and again is told once.
    private func log(_ error: any Error, _ outcome: ReconcileOutcome, of key: ObjectKey, to logger: Logger) {
        var metadata: Logger.Metadata = ["error": "\(error)"]
        if let error = error as? RetryAfter {
            metadata["error"] = "\(error.cause)"
            metadata["retry.after.seconds"] = .stringConvertible(error.delay / .seconds(1))
        }
        let (level, message): (Logger.Level, Logger.Message)
        switch outcome.severity {
        case .fine, .stopped: return
        case .conflict: return logger.debug("reconcile met a conflict", metadata: metadata)
        case .failure: (level, message) = (.warning, "reconcile failed")
        case .timeout: (level, message) = (.warning, "reconcile took too long")
        case .terminal: (level, message) = (.error, "reconcile failed for good")
        }
        let isNews = failures.failed(key, "\(message) \(metadata["error"] ?? "")")
        logger.log(level: isNews ? level : .debug, message, metadata: metadata)
    }
}
