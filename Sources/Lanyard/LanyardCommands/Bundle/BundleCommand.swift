import ArgumentParser
import KubernetesClient
import KubernetesModel
import LanyardCore
import Yams

/// `lanyard bundle`
struct BundleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle", abstract: "Collect what a bug report needs, with secrets taken out.",
        discussion: """
            Reads from the API server, as whoever runs it: versions, definitions, the operator's pods with configuration, \
            readiness, metrics and the last lines of their logs, who leads, conditions of all resources, and events. It \
            reads no Secret, and tells no spec. What looks like a secret or is called one is taken out of every text; read \
            it all the same before you hand it on. What could not be read stands in its notes. Exits with 2 if the API \
            server does not answer.

            Examples:

              lanyard bundle > lanyard-bundle.json
              lanyard bundle --namespace lanyard-system --lines 200 -o yaml
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case json, yaml
    }

    @Option(name: [.short, .long], help: "The operator's own namespace.")
    var namespace: String = "lanyard-system"

    @Option(name: .long, help: "How many lines of each log.")
    var lines: Int = 500

    @Option(name: .long, help: ArgumentHelp("Kubeconfig file.", valueName: "file"), completion: .file())
    var kubeconfig: String?

    @Option(name: [.short, .long], help: "How to print.")
    var output: Format = .json

    func validate() throws {
        if !KubernetesName.isDNSLabel(namespace) { throw ValidationError("--namespace: must be a namespace") }
        if !(1...100_000).contains(lines) { throw ValidationError("--lines: must be from 1 to 100000") }
    }

    func run() async throws {
        let environment = Environment.system
        let client = try CommandClient.make(
            for: "bundle", kubeconfig: kubeconfig, environment: environment, tell: Terminal.note)
        let gatherer = BundleGatherer(api: client, namespace: namespace, lines: lines)
        let bundle = await Terminal.system(environment).during("reading the cluster", clock: environment.clock) {
            await gatherer.bundle(at: environment.clock.wallTime)
        }
        try? await client.shutdown()
        print(try text(of: bundle))
        if bundle.kubernetes == nil { throw ExitCode(ValidateCommand.Failure.unreadable.rawValue) }
    }

    /// What is printed, without secrets.
    ///
    /// - Throws: never in practice; encoders say so.
    func text(of bundle: DiagnosticBundle) throws -> String {
        let tree = try bundle.redacted()
        switch output {
        case .json:
            return try Printable.json(tree)
        case .yaml:
            let encoder = YAMLEncoder()
            encoder.options.sortKeys = true
            return try encoder.encode(tree)
        }
    }
}
