public import KubernetesModel
public import Logging
public import ServiceLifecycle

/// Spares an external system that is away, and everyone who would wait for it: the first failure stops all calls, one
/// probe at a time looks whether it is back, and then everything that waited runs at once.
///
/// Record only failures that mean the *system* is unavailable (no connection, sealed, overloaded), never a rejection of
/// one object.
public final class CircuitBreaker: Service {
    /// The system's name, for logs.
    public let name: String
    private let environment: Environment
    private let probeTimeout: Duration
    private let logger: Logger
    private let probe: @Sendable () async throws -> Void
    private let onClose: @Sendable (Outage) -> Void
    private let state = Monitor(CircuitBreakerState<ObjectKey>())

    /// Makes a closed breaker.
    ///
    /// - Parameters:
    ///   - probeTimeout: the deadline of one probe.
    ///   - probe: asks the system for a sign of life, cheaply; throws while it is away.
    ///   - onClose: gets what is over; usually adds the keys that waited to a queue.
    public init(
        name: String, environment: Environment, probeTimeout: Duration = .seconds(5),
        logger: Logger = Logger(label: "circuit-breaker"),
        probe: @escaping @Sendable () async throws -> Void,
        onClose: @escaping @Sendable (Outage) -> Void
    ) {
        self.name = name
        self.environment = environment
        self.probeTimeout = probeTimeout
        self.logger = logger
        self.probe = probe
        self.onClose = onClose
    }

    /// Whether calls should not be made now.
    public var isOpen: Bool { state.read { $0.isOpen } }

    /// Reports that the system is unavailable, and which object waits for it.
    public func recordFailure(waiting key: ObjectKey) {
        open(key)
    }

    /// Reports that the system is unavailable, without an object that waits.
    public func recordFailure() {
        open(nil)
    }

    /// Reports that the system answered. An open breaker closes: what answers one caller answers all.
    public func recordSuccess() {
        let now = environment.clock.now
        guard isOpen, let (waiting, lasted) = state.update({ $0.succeeded(at: now) }) else { return }
        logger.info(
            "system is available again", metadata: ["system": "\(name)", "waiting": .stringConvertible(waiting.count)])
        onClose(Outage(waiting: waiting, lasted: lasted))
    }

    /// Probes while the breaker is open, until shutdown.
    ///
    /// - Throws: `CancellationError` when the task is cancelled; graceful shutdown is a normal end.
    public func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                while true {
                    try await self.state.wait { $0.isOpen ? () : nil }
                    try await self.probeOnce()
                }
            }
        } catch is CancellationError where Task.isShuttingDownGracefully {
            return
        }
    }

    private func probeOnce() async throws {
        let unit = environment.random.unit()
        try await environment.clock.sleep(for: state.update { $0.nextProbeDelay(unit: unit) })
        guard isOpen else { return }
        do {
            try await environment.clock.withTimeout(probeTimeout, probe)
        } catch {
            try Task.checkCancellation()
            logger.debug("system is still away", metadata: ["system": "\(name)", "error": "\(error)"])
            return
        }
        recordSuccess()
    }

    private func open(_ key: ObjectKey?) {
        let now = environment.clock.now
        guard state.update({ $0.failed(waiting: key, at: now) }) else { return }
        logger.warning("system is unavailable; calls are held back", metadata: ["system": "\(name)"])
    }
}

/// A time in which a circuit breaker was open.
public struct Outage: Equatable, Sendable {
    /// The keys that wait, in the order in which they failed.
    public let waiting: [ObjectKey]
    /// From the first failure to the first answer.
    public let lasted: Duration

    /// An outage that has ended.
    public init(waiting: [ObjectKey], lasted: Duration) {
        self.waiting = waiting
        self.lasted = lasted
    }
}
