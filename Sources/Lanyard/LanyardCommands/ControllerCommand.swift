import ArgumentParser
import LanyardOperator
import Logging

/// `lanyard controller --config FILE`
struct ControllerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "controller", abstract: "Run the operator until SIGTERM.",
        discussion: """
            Keeps SPIRE registration entries and Vault policies and roles as WorkloadIdentity and VaultRoleBinding \
            resources declare them. The API server is found by --kubeconfig, KUBECONFIG, the pod's ServiceAccount, or \
            ~/.kube/config, in this order. SIGTERM ends what is under way, releases the lease, and exits with 0.

            Examples:

              lanyard controller --config /etc/lanyard/config.yaml
              lanyard controller --config config.yaml --kubeconfig operator.kubeconfig
              lanyard controller --config config.yaml --set reconcile.workers=4
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(
        name: .long, help: ArgumentHelp("Kubeconfig file of the operator.", valueName: "file"), completion: .file())
    var kubeconfig: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Overrides log.level: trace, debug, info, notice, warning, error or critical.", valueName: "level"),
        completion: .list(Logger.Level.allCases.map(\.rawValue)))
    var logLevel: String?

    func run() async throws {
        let sources = try options.sources()
        var configuration = try OperatorConfiguration(sources)
        guard let level = logLevel.map({ Logger.Level(rawValue: $0) }) ?? configuration.log.level else {
            throw ValidationError("--log-level: there is no level \(logLevel ?? "")")
        }
        configuration.log.level = level
        let process = try Operator(configuration, kubeconfig: kubeconfig, notes: sources.notes)
        do {
            try await process.run()
        } catch {
            // The log has it.
            throw ExitCode.failure
        }
    }
}
