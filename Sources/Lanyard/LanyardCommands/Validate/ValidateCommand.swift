import ArgumentParser
import FoundationEssentials
import KubernetesModel
import LanyardAPI
import LanyardCore
import LanyardOperator

/// `lanyard validate -f PATH…`
struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Check resources offline, as the operator would: schema, rules, boundaries.",
        discussion: """
            Reads files, folders (all .yaml, .yml and .json below them) and standard input (-). IdentityBoundaries among \
            them are the fence; without any, the built-in default holds. Namespace objects give the labels that \
            boundaries may select by. Exits with 1 if a resource would be refused, with 2 if something cannot be read.

            Examples:

              lanyard validate -f resources/ -f boundaries/
              lanyard validate -f resources/ --config config.yaml -o github
              lanyard validate -f - --cluster-name production
            """)

    @Option(
        name: [.customShort("f"), .long], help: ArgumentHelp("What to check; may be repeated.", valueName: "path"),
        completion: .file())
    var filename: [String] = []

    @Option(name: [.short, .long], help: "How to print; github is for annotations.")
    var output: ValidationFormat = .table

    @Option(name: [.short, .long], help: "Namespace of resources that do not say one.")
    var namespace: String?

    @OptionGroup var planning: PlanningOptions

    func validate() throws {
        if filename.isEmpty { throw ValidationError("--filename: nothing to check; lanyard validate -f PATH") }
    }

    func run() throws {
        var failure = Failure.none
        print(try text(failure: &failure, terminal: .system(.system)))
        if failure != .none { throw ExitCode(failure.rawValue) }
    }

    /// How the command ends.
    enum Failure: Int32 {
        case none = 0
        case refused = 1
        case unreadable = 2
    }

    /// What is printed.
    func text(
        failure: inout Failure, files: ManifestFiles = ManifestFiles(), terminal: Terminal = .none
    ) throws -> String {
        failure = .unreadable
        do {
            let validation = Validation(settings: try planning.settings(), defaultNamespace: namespace)
            let report = validation.report(on: try files.documents(at: filename))
            failure = report.refused > 0 ? .refused : .none
            return try report.text(output, on: terminal)
        } catch let problem as ManifestProblem {
            return problem.description
        } catch let problems as ConfigurationProblems {
            return problems.description
        }
    }
}
