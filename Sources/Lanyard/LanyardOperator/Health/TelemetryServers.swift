import Hummingbird
import HummingbirdCore
import KubernetesModel
import Logging
import NIOPosix
import PrometheusExposition
import ServiceLifecycle

/// Metrics and health over HTTP: `/metrics` on one port; `/livez`, `/healthz` and `/readyz` on another.
struct TelemetryServers {
    /// What has to run; started first and stopped last, so that probes and metrics live through the drain.
    let services: [any Service]

    /// Prepares both servers.
    ///
    /// - Parameters:
    ///   - metrics: renders all metrics in the Prometheus text format.
    ///   - readiness: whether this replica can take over; a standby can.
    ///   - liveness: whether this process should be left running.
    ///   - clock: dates the answers.
    init(
        configuration: ServerConfiguration, metrics render: @escaping @Sendable () -> String,
        readiness: [HealthCheck], liveness: [HealthCheck], clock: any RuntimeClock, logger: Logger
    ) {
        let metrics = Router()
        metrics.get("metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: PrometheusRegistry.contentType],
                body: .init(byteBuffer: ByteBuffer(string: render())))
        }
        services = [
            ListeningService(
                Self.server(metrics, configuration.metrics, "metrics", clock, logger), key: .serverMetrics,
                address: configuration.metrics),
            ListeningService(
                Self.server(
                    Self.healthRouter(readiness: readiness, liveness: liveness, logger: logger), configuration.health,
                    "health", clock, logger), key: .serverHealth, address: configuration.health),
        ]
    }

    /// The endpoints of probes.
    static func healthRouter(
        readiness: [HealthCheck], liveness: [HealthCheck], logger: Logger
    ) -> Router<BasicRequestContext> {
        let log = HealthLog(logger: logger)
        let router = Router()
        for checks in [
            HealthChecks(endpoint: "livez", checks: liveness), HealthChecks(endpoint: "healthz", checks: liveness),
            HealthChecks(endpoint: "readyz", checks: readiness),
        ] {
            router.get("\(checks.endpoint)") { request, _ in
                let query = request.uri.queryParameters
                let report = checks.report(
                    excluding: Set(query[values: "exclude"].map(String.init)), isVerbose: query.has("verbose"))
                log.observe(report)
                return Self.response(report)
            }
            router.get("\(checks.endpoint)/:check") { _, context in
                guard let report = checks.report(of: context.parameters.get("check") ?? "") else {
                    return Response(status: .notFound)
                }
                log.observe(report)
                return Self.response(report)
            }
        }
        return router
    }

    private static func response(_ report: HealthReport) -> Response {
        Response(
            status: report.isHealthy ? .ok : .internalServerError,
            headers: [
                .contentType: "text/plain; charset=utf-8", .cacheControl: "no-cache, private",
                .xContentTypeOptions: "nosniff",
            ],
            body: .init(byteBuffer: ByteBuffer(string: report.body)))
    }

    /// A server without the application around it, which keeps the time by a timer that wakes each second.
    private static func server(
        _ router: Router<BasicRequestContext>, _ address: ListenAddress, _ name: String, _ clock: any RuntimeClock,
        _ logger: Logger
    ) -> any Service {
        var quiet = logger
        // The server tells every start and stop at info; what matters to people is in the operator's own lines.
        quiet.logLevel = max(logger.logLevel, .notice)
        let responder = router.buildResponder()
        let setup = HTTP1Channel { [quiet] (request, writer: consuming ResponseWriter, channel) in
            let context = BasicRequestContext(source: .init(channel: channel, logger: quiet))
            var response: Response
            do {
                response = try await responder.respond(to: request, context: context)
            } catch {
                response = Response(status: .internalServerError)
            }
            response.headers[.date] = clock.wallTime.httpDate
            response.headers[.server] = "lanyard-\(name)"
            try await writer.write(response: response.head, body: response.body)
        }
        return Server(
            childChannelSetup: setup, configuration: .init(address: .hostname(address.host, port: address.port)),
            onServerRunning: { channel in
                // With port 0 this is the only place that says which one was taken.
                logger.info(
                    "listening",
                    metadata: [
                        "server": "\(name)", "port": .stringConvertible(channel.localAddress?.port ?? address.port),
                    ])
            },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: quiet)
    }
}
