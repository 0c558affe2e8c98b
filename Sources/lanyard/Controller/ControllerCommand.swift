import ArgumentParser
import KubernetesClient
import KubernetesModel
import Logging
import Metrics
import PrometheusExposition
import ServiceLifecycle

/// `lanyard controller --config FILE`
struct ControllerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "controller", abstract: "Run the operator until SIGTERM.",
        discussion: """
            Keeps SPIRE registration entries and Vault policies and roles as WorkloadIdentity and VaultRoleBinding \
            resources declare them. The API server is found by --kubeconfig, KUBECONFIG, the pod's ServiceAccount, or \
            ~/.kube/config, in this order. SIGTERM ends what is under way, releases the lease, and exits with 0.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(name: .long, help: ArgumentHelp("Kubeconfig file of the operator.", valueName: "file"))
    var kubeconfig: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Overrides log.level: trace, debug, info, notice, warning, error.", valueName: "level"))
    var logLevel: String?

    func run() async throws {
        let sources = try options.sources()
        let configuration = try OperatorConfiguration(sources)
        guard let level = logLevel.map({ Logger.Level(rawValue: $0) }) ?? configuration.log.level else {
            throw ValidationError("--log-level: there is no level \(logLevel ?? "")")
        }
        let format = configuration.log.format
        LoggingSystem.bootstrap { label in
            LineLogHandler(label: label, format: format, level: level, clock: SystemClock())
        }
        let metrics = PrometheusRegistry(help: MetricCatalog.help, buckets: MetricCatalog.buckets)
        MetricsSystem.bootstrap(metrics)
        let logger = Logger(label: "lanyard")
        let services = try OperatorServices(
            configuration: configuration, kubeconfig: kubeconfig, metrics: metrics, environment: .system,
            logger: logger)
        logger.info("lanyard starts", metadata: ["version": "\(Lanyard.version)"])
        for note in sources.notes { logger.warning("a setting is ignored", metadata: ["reason": "\(note)"]) }
        do {
            try await ServiceGroup(configuration: ServiceGroupConfiguration(services.parts, logger: logger)).run()
        } catch {
            logger.critical("lanyard ends", metadata: ["error": "\(error)"])
            throw ExitCode.failure
        }
        logger.info("lanyard ended")
    }
}
