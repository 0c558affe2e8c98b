public import KubernetesClient
public import KubernetesModel
public import Logging
import Metrics
public import ServiceLifecycle

/// Writes events of `events.k8s.io/v1` from one task, so that an API server out of reach never holds up a reconcile.
///
/// Equal events are counted in one object; what does not fit into the bounded outbox is dropped and counted. Trouble with the
/// events of one namespace is not that of the others.
public final class KubernetesEventRecorder: EventRecorder, Service {
    private struct State: Sendable {
        var aggregation = EventAggregation()
        var outbox = EventOutbox()
        /// When series are looked through for reports that are due: rarely, since that takes a look at all of them
        /// (rule tell-11).
        var upkeepAt: Duration

        /// When there is something to do though nothing happens; nil when there is nothing.
        var wakesAt: Duration? {
            [aggregation.size > 0 ? upkeepAt : nil, outbox.resumesAt].compactMap { $0 }.min()
        }

        /// The next write, after the upkeep if it is time for it.
        ///
        /// - Returns: also how many writes were dropped for it.
        mutating func next(now: Duration) -> (write: EventAggregation.Write?, dropped: Int) {
            var dropped = 0
            if now >= upkeepAt {
                upkeepAt = now + KubernetesEventRecorder.upkeepInterval
                dropped = add(aggregation.due(now: now))
            }
            return (outbox.next(now: now), dropped)
        }

        mutating func add(_ writes: [EventAggregation.Write]) -> Int {
            writes.count(where: { outbox.add($0) != nil })
        }
    }

    private static let retryDelay: Duration = .seconds(10)
    private static let upkeepInterval: Duration = .seconds(60)

    private let api: any KubernetesAPI
    private let controller: String
    private let instance: String
    private let environment: Environment
    private let flushTimeout: Duration
    private let logger: Logger
    private let dropped: Counter
    private let state: Monitor<State>

    /// Makes a recorder; run it as a service, before the controllers that use it.
    ///
    /// - Parameters:
    ///   - controller: who reports, as `domain/name`.
    ///   - instance: which replica reports, usually the pod's name.
    ///   - flushTimeout: how long the shutdown may take to send what is left.
    public init(
        api: any KubernetesAPI, controller: String, instance: String, environment: Environment, logger: Logger,
        flushTimeout: Duration = .seconds(3), metrics: MetricsSink = MetricsSink()
    ) {
        self.api = api
        self.controller = String(controller.prefix(128))
        self.instance = instance.truncated(toBytes: 128)
        self.environment = environment
        self.flushTimeout = flushTimeout
        self.logger = logger
        dropped = Counter(label: "\(metrics.prefix)_events_dropped_total", factory: metrics.factory)
        dropped.increment(by: 0)
        state = Monitor(State(upkeepAt: environment.clock.now + Self.upkeepInterval))
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
            guard let write, let dropped = state.outbox.add(write) else { return isOverBudget }
            if case .create = write, dropped == write { state.aggregation.forget(event) }
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
            while let write = next() { try await deliver(write) }
            if let wakesAt = state.read({ $0.wakesAt }) {
                _ = try await state.wait(atMost: wakesAt - clock.now, clock: clock) { $0.outbox.isReady }
            } else {
                try await state.wait { $0.outbox.isReady ? () : nil }
            }
        }
    }

    private func next() -> EventAggregation.Write? {
        let now = environment.clock.now
        let (write, count) = state.update { $0.next(now: now) }
        dropped.increment(by: count)
        return write
    }

    /// Sends a write and decides what becomes of it.
    private func deliver(_ write: EventAggregation.Write) async throws {
        do {
            try await send(write)
            state.update { $0.outbox.settled() }
        } catch {
            try Task.checkCancellation()
            let (now, unit) = (environment.clock.now, environment.random.unit())
            switch EventTrouble(error) {
            case .server:
                state.update { $0.outbox.yieldTurn() }
                try await environment.clock.sleep(for: environment.jittered(Self.retryDelay, by: 0.25))
            case .namespace(let isAnswer):
                guard state.update({ $0.outbox.failed(isAnswer: isAnswer, now: now, unit: unit) }) else { return }
                drop(error)
            case .refusal:
                state.update { $0.outbox.settled() }
                drop(error)
            }
        }
    }

    private func drop(_ error: any Error) {
        logger.debug("event dropped", metadata: ["error": "\(error)"])
        dropped.increment()
    }

    private func send(_ write: EventAggregation.Write) async throws {
        do {
            switch write {
            case .create(let event):
                try await api.add(event)
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
            try await api.add(event)
        }
    }

    private func flush() async {
        let now = environment.clock.now
        let count = state.update { state in
            state.outbox.resumeAll()
            return state.add(state.aggregation.finish(now: now))
        }
        dropped.increment(by: count)
        try? await environment.clock.withTimeout(flushTimeout) { try await self.sendRest() }
        let left = state.read { $0.outbox.count }
        if left > 0 { logger.info("events left unsent at shutdown", metadata: ["events": .stringConvertible(left)]) }
    }

    /// Sends what is left, each write once. A namespace in trouble is left out, for the sake of the others.
    private func sendRest() async throws {
        while let write = next() {
            do {
                try await environment.clock.withTimeout(flushTimeout / 3) { try await self.send(write) }
                state.update { $0.outbox.settled() }
            } catch {
                try Task.checkCancellation()
                switch EventTrouble(error) {
                case .server: throw error
                case .namespace: state.update { $0.outbox.setLineAside() }
                case .refusal:
                    state.update { $0.outbox.settled() }
                    drop(error)
                }
            }
        }
    }
}
