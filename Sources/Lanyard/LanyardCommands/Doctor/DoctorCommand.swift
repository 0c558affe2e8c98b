import ArgumentParser
import KubernetesModel
import LanyardAPI
import LanyardCore
import Logging

/// `lanyard doctor --config FILE`
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Walk the chain that the operator depends on, and say what to fix.",
        discussion: """
            Looks at API server, CRDs, permissions, boundaries, SPIRE, agents, Vault, mounts, and at what the operator's \
            Vault token may do: exactly what lanyard vault-policy prints, nothing missing and nothing beyond. Run it with \
            the operator's configuration and credentials, for example in its pod. Nothing is changed. Exits with 1 if \
            something is to be fixed, with 2 if configuration or files cannot be read.

            Examples:

              lanyard doctor --config /etc/lanyard/config.yaml
              lanyard doctor --config config.yaml -f boundaries/ -o json
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(
        name: .long, help: ArgumentHelp("Kubeconfig file of the operator.", valueName: "file"), completion: .file())
    var kubeconfig: String?

    @OptionGroup var policy: OperatorPolicyOptions

    @Option(name: [.short, .long], help: "How to print; the table tells the first of many findings of a kind.")
    var output: DoctorReport.Format = .table

    func run() async throws {
        let (text, failure) = await diagnose(environment: .system, terminal: .system(.system))
        print(text)
        if failure != .none { throw ExitCode(failure.rawValue) }
    }

    /// What is printed, and how the command ends.
    func diagnose(
        environment: Environment, files: ManifestFiles = ManifestFiles(), terminal: Terminal = .none
    ) async -> (text: String, failure: ValidateCommand.Failure) {
        do {
            let gatherer = try DoctorGatherer(
                configuration: options.load(), kubeconfig: kubeconfig, files: policy.objects(of: files),
                options: policy, environment: environment)
            let diagnosis = await terminal.during(
                "looking at the API server, SPIRE and Vault", clock: environment.clock
            ) {
                await gatherer.diagnosis()
            }
            let report = DoctorReport(findings: diagnosis.findings)
            return (try report.text(output, on: terminal), report.problems > 0 ? .refused : .none)
        } catch {
            return ("\(error)", .unreadable)
        }
    }
}
