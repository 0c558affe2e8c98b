import Logging
import ServiceLifecycle
import UnixSignals

/// The parts of the running operator, in the order in which they start.
///
/// They stop in reverse: controllers end before the lease is released, so that nobody leads while this process still
/// writes; events are sent after that; probes and metrics live through all of it.
enum OperatorPart: Int, CaseIterable {
    /// HTTP servers for metrics and probes.
    case telemetry
    /// Connections to the API server, SPIRE and Vault.
    case connections
    /// Caches, and circuit breakers, which feed the queues as well.
    case sources
    case events
    case election
    case controllers
}

extension ServiceGroupConfiguration {
    /// The operator's lifecycle: SIGTERM and SIGINT end it in order within 25 s, a lost
    /// lease or another failure of a part cancels everything at once.
    ///
    /// What does not end within 4 s of its cancellation ends the process: it must be gone before another replica may lead,
    /// `leaseDuration - renewDeadline` after this one stopped renewing. A second signal changes nothing.
    init(_ parts: [OperatorPart: [any Service]], signals: [UnixSignal] = [.sigterm, .sigint], logger: Logger) {
        self.init(
            services: OperatorPart.allCases.flatMap { parts[$0] ?? [] }.map { service in
                // Any service that ends takes the process with it, so that nothing runs half.
                .init(
                    service: service, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .cancelGroup)
            },
            gracefulShutdownSignals: signals, logger: logger.quiet)
        maximumGracefulShutdownDuration = .seconds(25)
        maximumCancellationDuration = .seconds(4)
    }
}

extension Logger {
    /// Without the lines for debugging in which the service group describes whole services.
    fileprivate var quiet: Logger {
        var logger = self
        logger.logLevel = max(logger.logLevel, .info)
        return logger
    }
}
