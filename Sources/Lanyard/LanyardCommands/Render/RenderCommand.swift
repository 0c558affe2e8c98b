import ArgumentParser
import LanyardCore
import LanyardOperator

/// `lanyard render -f PATH…`
struct RenderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Show offline what resources would become in SPIRE and Vault.",
        discussion: """
            Reads files, folders (all .yaml, .yml and .json below them) and standard input (-), and plans as the operator \
            does: WorkloadIdentities that bindings name, DatabaseRoleTemplates and IdentityBoundaries among the files \
            count. Text leaves out fields that are zero. Exits with 1 if a resource would be refused, with 2 if something \
            cannot be read.

            Examples:

              lanyard render -f resources/ -f boundaries/ --config config.yaml
              lanyard render -f web.yaml --trust-domain example.org -o yaml
            """)

    @Option(
        name: [.customShort("f"), .long], help: ArgumentHelp("What to show; may be repeated.", valueName: "path"),
        completion: .file())
    var filename: [String] = []

    @Option(name: [.short, .long], help: "How to print.")
    var output: RenderReport.Format = .text

    @Option(name: [.short, .long], help: "Namespace of resources that do not say one.")
    var namespace: String?

    @OptionGroup var planning: PlanningOptions

    func validate() throws {
        if filename.isEmpty { throw ValidationError("--filename: nothing to show; lanyard render -f PATH") }
    }

    func run() throws {
        var failure = ValidateCommand.Failure.none
        print(try text(failure: &failure))
        if failure != .none { throw ExitCode(failure.rawValue) }
    }

    /// What is printed.
    func text(failure: inout ValidateCommand.Failure, files: ManifestFiles = ManifestFiles()) throws -> String {
        failure = .unreadable
        do {
            let settings = try planning.settings()
            let documents = try files.documents(at: filename)
            let report = Rendering(settings: settings, defaultNamespace: namespace).report(on: documents)
            failure = report.hasRefusals ? .refused : .none
            return try report.text(output)
        } catch let problem as ManifestProblem {
            return problem.description
        } catch let problems as ConfigurationProblems {
            return problems.description
        }
    }
}
