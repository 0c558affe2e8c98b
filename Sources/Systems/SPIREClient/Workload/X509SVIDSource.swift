package import KubernetesModel
package import Logging
import Synchronization

/// Keeps the X.509-SVID of this process as the Workload API issues it.
///
/// While the agent is away, the last SVID stays: it is good until it expires.
package final class X509SVIDSource: X509SVIDHolder {
    private let connection: WorkloadAPIConnection
    private let environment: Environment
    private let logger: Logger
    private let onIDs: @Sendable () -> Void
    private let latest = Mutex<X509SVID?>(nil)

    /// Watches through a connection, which must run.
    ///
    /// - Parameter onIDs: called when this process has other SPIFFE IDs than before.
    package init(
        connection: WorkloadAPIConnection, environment: Environment, logger: Logger,
        onIDs: @escaping @Sendable () -> Void = {}
    ) {
        self.connection = connection
        self.environment = environment
        self.logger = logger
        self.onIDs = onIDs
    }

    package var x509SVID: X509SVID? { latest.withLock(\.self) }

    /// Brings the gauges of the SVID up to date; call it before metrics are rendered. There are none before the first one.
    package func updateGauges() {
        guard let svid = x509SVID else { return }
        connection.metrics.show(svid, at: environment.clock.wallTime.secondsSince1970)
    }

    /// Watches until the task is cancelled; begins again whenever the stream ends, soon at first and then more rarely.
    package func run() async {
        var attempt = 0
        while !Task.isCancelled {
            let before = x509SVID
            do {
                try await watchUntilExpiry()
                logger.debug("the stream of X.509-SVIDs ended")
            } catch {
                if error.code == .cancelled { return }
                connection.metrics.fetched(.x509, isSuccess: false)
                logger.warning("X.509-SVIDs cannot be watched", metadata: ["error": "\(error)"])
            }
            if x509SVID != before { attempt = 0 }
            let delay = Backoff.exponential(base: Self.firstDelay, cap: Self.lastDelay, attempt: attempt)
            do {
                try await environment.clock.sleep(for: environment.jittered(delay, by: 0.2))
            } catch {
                return
            }
            attempt = min(attempt + 1, 16)
        }
    }

    /// Ends, too, when the SVID has expired and the agent has sent no other: a new stream gets what there is.
    private func watchUntilExpiry() async throws(SPIREError) {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await self.connection.watchX509SVIDs { self.received($0) }
                }
                group.addTask {
                    while true {
                        try await self.environment.clock.sleep(for: self.untilExpiry)
                        let now = self.environment.clock.wallTime.secondsSince1970
                        if let svid = self.x509SVID, svid.expiresAt <= now { return }
                    }
                }
                try await group.next()
                group.cancelAll()
            }
        } catch {
            throw SPIREError(workloadCall: error)
        }
    }

    private var untilExpiry: Duration {
        guard let svid = x509SVID else { return Self.lastDelay }
        let seconds = svid.expiresAt.subtractingReportingOverflow(environment.clock.wallTime.secondsSince1970)
        guard !seconds.overflow, seconds.partialValue > 0 else { return Self.lastDelay }
        return min(.seconds(seconds.partialValue + 1), .seconds(3600))
    }

    private func received(_ svid: X509SVID) {
        let former = latest.withLock { latest in
            defer { latest = svid }
            return latest
        }
        connection.metrics.fetched(.x509, isSuccess: true)
        guard former != svid else { return }
        logger.info("X.509-SVID issued", metadata: ["spiffe.id": "\(svid.spiffeID)"])
        if former?.allIDs != svid.allIDs { onIDs() }
    }

    private static let firstDelay = Duration.milliseconds(500)
    private static let lastDelay = Duration.seconds(30)
}
