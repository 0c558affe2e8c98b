public import KubernetesClient
public import KubernetesModel
public import Logging
public import Metrics
public import ServiceLifecycle

/// Writes events of `events.k8s.io/v1` from one task, so that an API server out of reach never holds up a reconcile.
///
/// Equal events are counted in one object; what does not fit into the bounded queue is dropped and counted.
public final class KubernetesEventRecorder: EventRecorder, Service {
    private struct State: Sendable {
        var aggregation = EventAggregation()
        var writes: [EventAggregation.Write] = []
        /// The writes before this index are done.
        var firstWrite = 0

        var pending: Int { writes.count - firstWrite }

        mutating func append(_ write: EventAggregation.Write) -> Bool {
            guard pending < KubernetesEventRecorder.queueLimit else { return false }
            writes.append(write)
            return true
        }

        mutating func removeFirst() {
            firstWrite += 1
            guard firstWrite >= writes.count else { return }
            writes = []
            firstWrite = 0
        }
    }

    private static let queueLimit = 1_000
    private static let tries = 12
    private static let retryDelay: Duration = .seconds(10)
    private static let upkeepInterval: Duration = .seconds(60)

    private let api: any KubernetesAPI
    private let controller: String
    private let instance: String
    private let environment: Environment
    private let flushTimeout: Duration
    private let logger: Logger
    private let dropped: Counter
    private let state = Monitor(State())

    /// Makes a recorder; run it as a service, before the controllers that use it.
    ///
    /// - Parameters:
    ///   - controller: who reports, as `domain/name`.
    ///   - instance: which replica reports, usually the pod's name.
    ///   - flushTimeout: how long the shutdown may take to send what is left.
    public init(
        api: any KubernetesAPI, controller: String, instance: String, environment: Environment, logger: Logger,
        flushTimeout: Duration = .seconds(3), metricsPrefix: String = "controller_runtime",
        metricsFactory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.api = api
        self.controller = String(controller.prefix(128))
        self.instance = instance.truncated(toBytes: 128)
        self.environment = environment
        self.flushTimeout = flushTimeout
        self.logger = logger
        dropped = Counter(label: "\(metricsPrefix)_events_dropped_total", factory: metricsFactory)
        dropped.increment(by: 0)
    }

    /// Records an event; returns at once.
    public func record(_ event: ObjectEvent) {
        let now = environment.clock.now
        let time = environment.clock.wallTime
        let identifier = environment.makeUUID()
        let isDropped = state.update { state in
            let (write, isOverBudget) = state.aggregation.observe(event, now: now, time: time) {
                KubernetesEvent(
                    event, time: time, identifier: identifier, controller: controller, instance: instance)
            }
            guard let write, !state.append(write) else { return isOverBudget }
            if case .create = write { state.aggregation.forget(event) }
            return true
        }
        if isDropped { dropped.increment() }
    }

    /// Sends events until shutdown, then what is left, within the flush time.
    ///
    /// - Throws: `CancellationError` when the task is cancelled; graceful shutdown is a normal end.
    public func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await self.sendForever() }
        } catch is CancellationError where Task.isShuttingDownGracefully {
            await flush()
        }
    }

    private func sendForever() async throws {
        let clock = environment.clock
        while true {
            _ = try await state.wait(atMost: Self.upkeepInterval, clock: clock) { $0.pending > 0 }
            let now = clock.now
            state.update { state in
                for write in state.aggregation.due(now: now) { _ = state.append(write) }
            }
            while let write = nextWrite() {
                try await sendWithRetries(write)
                state.update { $0.removeFirst() }
            }
        }
    }

    private func sendWithRetries(_ write: EventAggregation.Write) async throws {
        for _ in 0..<Self.tries {
            do {
                return try await send(write)
            } catch let error as KubernetesError where error.isTransient {
                try await environment.clock.sleep(for: environment.jittered(Self.retryDelay, by: 0.25))
            } catch {
                try Task.checkCancellation()
                logger.debug("event refused", metadata: ["error": "\(error)"])
                dropped.increment()
                return
            }
        }
        dropped.increment()
        logger.debug("event dropped after retries")
    }

    private func send(_ write: EventAggregation.Write) async throws {
        do {
            switch write {
            case .create(let event):
                let _: KubernetesEvent = try await api.create(event)
            case .updateSeries(let event):
                let series = try JSONValue(encoding: event.series)
                let _: KubernetesEvent = try await api.mergePatch(
                    KubernetesEvent.self, event.key, ["series": series])
            }
        } catch let error as KubernetesError where error.code == .alreadyExists {
            // An earlier try got through, though its answer did not.
            return
        } catch let error as KubernetesError where error.code == .notFound {
            // The server drops events after an hour; the series goes on in a new one.
            guard case .updateSeries(let event) = write else { throw error }
            let _: KubernetesEvent = try await api.create(event)
        }
    }

    private func nextWrite() -> EventAggregation.Write? {
        state.read { $0.pending > 0 ? $0.writes[$0.firstWrite] : nil }
    }

    private func flush() async {
        let now = environment.clock.now
        state.update { state in
            for write in state.aggregation.finish(now: now) { _ = state.append(write) }
        }
        try? await environment.clock.withTimeout(flushTimeout) {
            while let write = self.nextWrite() {
                do {
                    try await self.send(write)
                } catch let error as KubernetesError where !error.isTransient {
                    self.dropped.increment()
                }
                self.state.update { $0.removeFirst() }
            }
        }
        let left = state.read { $0.pending }
        if left > 0 { logger.info("events left unsent at shutdown", metadata: ["events": "\(left)"]) }
    }
}

extension KubernetesError {
    /// Whether the same request may succeed a little later.
    var isTransient: Bool {
        switch code {
        case .unreachable, .timeout, .tooManyRequests, .serverError, .malformedAnswer, .unauthorized: true
        default: false
        }
    }
}
