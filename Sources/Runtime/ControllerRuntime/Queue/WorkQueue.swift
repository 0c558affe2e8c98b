public import KubernetesModel
public import Metrics
public import ServiceLifecycle

/// Keys that need work: deduplicated, prioritised, delayed, retried with backoff, and never with two workers at once.
///
/// Add from anywhere; take with `withNext`. As a service, the queue wakes workers when a delayed key's time comes;
/// `Controller` runs it.
public final class WorkQueue<Key: Hashable & Sendable>: Service {
    /// How urgent a key is.
    public typealias Priority = WorkPriority

    /// The name in metrics.
    public let name: String
    let environment: Environment
    private let state: Monitor<WorkQueueState<Key>>
    private let metrics: WorkQueueMetrics

    /// Makes an empty queue.
    ///
    /// - Parameters:
    ///   - environment: clock and randomness (for the jitter of backoffs).
    ///   - name: the `name` and `controller` label of the metrics.
    ///   - settings: backoff, retry budget and ageing.
    ///   - group: what a key belongs to, such as its namespace. Within a priority, keys of different groups take turns,
    ///     and each group has a retry budget of its own, so that no group makes another one wait. Nil: one group.
    ///   - weight: how much of `inFlightPerGroup` a key takes, at least 1; what is begun may go beyond it. Nil: each takes 1.
    ///   - metricsFactory: where metrics go.
    public init(
        environment: Environment, name: String, settings: WorkQueueSettings = WorkQueueSettings(),
        group: (@Sendable (Key) -> String?)? = nil, weight: (@Sendable (Key) -> Int)? = nil,
        metricsFactory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.name = name
        self.environment = environment
        state = Monitor(WorkQueueState(settings: settings, now: environment.clock.now, group: group, weight: weight))
        metrics = WorkQueueMetrics(name: name, factory: metricsFactory)
    }

    /// Adds a key to be worked on now. A key that is in flight is queued again, once, when its worker is done.
    public func add(_ key: Key, priority: Priority = .normal) {
        add(key, after: .zero, priority: priority)
    }

    /// Adds a key to be worked on after a delay; the earliest of several delays wins, and an immediate addition ends them.
    public func add(_ key: Key, after delay: Duration, priority: Priority = .normal) {
        if change({ $0.add(key, priority: priority, after: delay) }) { metrics.adds.increment() }
    }

    /// Adds many keys at once, for a change that concerns them all.
    public func add(_ keys: [Key], priority: Priority = .low) {
        let added = change { state in keys.reduce(0) { $0 + (state.add($1, priority: priority) ? 1 : 0) } }
        metrics.adds.increment(by: added)
    }

    /// Adds a key after a failure, delayed by its backoff and by the retry budget of its group.
    ///
    /// - Parameter least: the least pause, whatever the backoff is.
    public func addRateLimited(_ key: Key, priority: Priority = .normal, least: Duration = .zero) {
        let unit = environment.random.unit()
        // A retry is an addition, too, as client-go counts them.
        if change({ $0.addRateLimited(key, priority: priority, unit: unit, least: least) }) {
            metrics.adds.increment()
        }
        metrics.retries.increment()
    }

    /// Ends a key's backoff: after a success, or when its object is gone.
    public func forget(_ key: Key) {
        state.update { $0.forget(key) }
    }

    /// Waits for a key and works on it. The key is in flight until `body` ends, however it ends.
    ///
    /// - Returns: what `body` returned; nil once the queue has shut down.
    /// - Throws: what `body` throws; `CancellationError` when the task is cancelled while it waits.
    public func withNext<Result>(_ body: (WorkItem<Key>) async throws -> Result) async throws -> Result? {
        let now = environment.clock.now
        let next: WorkItem<Key>? = try await state.waitInLine { state in
            state.advance(to: now)
            if let item = state.next() { return .some(item) }
            return state.isShutDown ? .some(nil) : nil
        }
        guard let next else { return nil }
        return try await work(on: next, body)
    }

    /// Works on a key if one is ready now, for simulations that drive a controller one step at a time.
    ///
    /// - Returns: what `body` returned; nil when no key is ready.
    /// - Throws: what `body` throws.
    public func withNextIfReady<Result>(_ body: (WorkItem<Key>) async throws -> Result) async rethrows -> Result? {
        guard let next = change({ $0.next() }) else { return nil }
        return try await work(on: next, body)
    }

    /// Drops what waits and every later addition, and wakes waiting workers; work in flight may finish.
    public func shutDown() {
        state.update { $0.shutDown() }
    }

    /// The number of keys that are ready and wait for a worker.
    public var depth: Int { change { $0.depth } }

    /// When the next delayed key becomes ready, in the clock's time; for simulations that jump there.
    public var nextReadyAt: Duration? { change { $0.nextReadyAt } }

    /// For how long the key that is longest in flight has been there; for liveness checks.
    public var longestWorkDuration: Duration { change { $0.workDurations.max() ?? .zero } }

    /// Brings the gauges up to date; call it before metrics are rendered.
    public func updateGauges() {
        let (depths, durations) = change { ($0.depths, $0.workDurations) }
        metrics.record(depths: depths, workDurations: durations)
    }

    /// Wakes waiting workers when delayed keys become ready. Ends with `shutDown` or graceful shutdown.
    ///
    /// - Throws: `CancellationError`.
    public func run() async throws {
        try await withGracefulShutdownHandler {
            while let readyAt = try await nextWaitingKey() {
                // An earlier key or the shutdown ends the wait before its time.
                _ = try await state.wait(atMost: readyAt - environment.clock.now, clock: environment.clock) { state in
                    state.isShutDown || state.nextReadyAt.map { $0 < readyAt } == true
                }
                change { _ in }
            }
        } onGracefulShutdown: {
            self.shutDown()
        }
    }

    /// Waits for a delayed key; nil at shutdown.
    private func nextWaitingKey() async throws -> Duration? {
        try await state.wait { state in
            if state.isShutDown { return .some(nil) }
            return state.nextReadyAt.map { .some($0) }
        }
    }

    private func work<Result>(
        on item: WorkItem<Key>, _ body: (WorkItem<Key>) async throws -> Result
    ) async rethrows -> Result {
        metrics.queueDuration.record(duration: item.waited)
        defer { metrics.workDuration.record(duration: change { $0.done(item.key) }) }
        return try await body(item)
    }

    @discardableResult
    private func change<Result: Sendable>(_ body: (inout WorkQueueState<Key>) -> Result) -> Result {
        let now = environment.clock.now
        return state.update { state in
            state.advance(to: now)
            return body(&state)
        }
    }
}
