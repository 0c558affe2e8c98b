import Hummingbird
import Logging
import PrometheusExposition
import ServiceLifecycle

/// Metrics and health over HTTP: `/metrics` on one port, `/healthz` and `/readyz` on another.
struct TelemetryServers {
    /// What has to run; started first and stopped last, so that probes and metrics live through the drain.
    let services: [any Service]

    /// Prepares both servers.
    ///
    /// - Parameters:
    ///   - metrics: renders all metrics in the Prometheus text format.
    ///   - notReady: what keeps this replica from being ready; empty when nothing does.
    ///   - notLive: why this process should be restarted; empty when it should not.
    init(
        configuration: ServerConfiguration, metrics render: @escaping @Sendable () -> String,
        notReady: @escaping @Sendable () -> [String], notLive: @escaping @Sendable () -> [String], logger: Logger
    ) {
        let metrics = Router()
        metrics.get("metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: PrometheusRegistry.contentType],
                body: .init(byteBuffer: ByteBuffer(string: render())))
        }
        let health = Router()
        health.get("healthz") { _, _ in Self.report(notLive()) }
        health.get("readyz") { _, _ in Self.report(notReady()) }
        services = [
            Self.server(metrics, configuration.metrics, "metrics", logger),
            Self.server(health, configuration.health, "health", logger),
        ]
    }

    private static func report(_ problems: [String]) -> Response {
        Response(
            status: problems.isEmpty ? .ok : .serviceUnavailable, headers: [.contentType: "text/plain; charset=utf-8"],
            body: .init(
                byteBuffer: ByteBuffer(string: problems.isEmpty ? "ok\n" : problems.joined(separator: "\n") + "\n")))
    }

    private static func server(
        _ router: Router<BasicRequestContext>, _ address: ListenAddress, _ name: String, _ logger: Logger
    ) -> any Service {
        var logger = logger
        // The server tells every start and stop at info; what matters to people is in the operator's own lines.
        logger.logLevel = max(logger.logLevel, .notice)
        return Application(
            router: router,
            configuration: .init(address: .hostname(address.host, port: address.port), serverName: "lanyard-\(name)"),
            logger: logger)
    }
}
