import KubernetesModel
import Logging
import Metrics
import PrometheusExposition
import ServiceLifecycle

/// The operator as a process: its log, its metrics, and all that runs.
package struct Operator {
    /// Of the executable and of its images.
    package static let version = "0.1.0"

    /// What the executable was built for, as images name it.
    package static var platform: String {
        #if arch(x86_64)
            "linux/amd64"
        #else
            "linux/arm64"
        #endif
    }

    /// What API servers see in their audit logs.
    package static var userAgent: String { "lanyard/\(version) (\(platform))" }

    private let services: OperatorServices
    private let logger: Logger
    private let notes: [String]

    /// Wires the operator. Log and metrics are the process's own, so there can be one operator in it.
    ///
    /// - Parameters:
    ///   - kubeconfig: file that says where the API server is; nil to look where clients do.
    ///   - notes: what is odd about the configuration, for the log.
    /// - Throws: errors that name the file or key which cannot be used.
    package init(_ configuration: OperatorConfiguration, kubeconfig: String?, notes: [String]) throws {
        let (level, format) = (configuration.log.level, configuration.log.format)
        LoggingSystem.bootstrap { label in
            LineLogHandler(label: label, format: format, level: level, clock: SystemClock())
        }
        let metrics = PrometheusRegistry(help: MetricCatalog.help, buckets: MetricCatalog.buckets)
        MetricsSystem.bootstrap(metrics)
        logger = Logger(label: "lanyard")
        services = try OperatorServices(
            configuration: configuration, kubeconfig: kubeconfig, metrics: metrics, environment: .system,
            logger: logger)
        self.notes = notes
    }

    /// Runs until SIGTERM.
    ///
    /// - Throws: what ended it before, which is in the log.
    package func run() async throws {
        logger.info("lanyard starts", metadata: ["version": "\(Self.version)"])
        for note in notes { logger.warning("a setting is ignored", metadata: ["reason": "\(note)"]) }
        do {
            try await ServiceGroup(configuration: ServiceGroupConfiguration(services.parts, logger: logger)).run()
        } catch {
            logger.critical("lanyard ends", metadata: ["error": "\(error)"])
            throw error
        }
        logger.info("lanyard ended")
    }
}
