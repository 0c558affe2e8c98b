import ArgumentParser
import LanyardOperator
import Yams

/// `lanyard version`
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version.",
        discussion: """
            Examples:

              lanyard version
              lanyard version -o json
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json, yaml
    }

    @Option(name: [.short, .long], help: "How to print.")
    var output: Format = .text

    func run() throws {
        print(try text())
    }

    /// What is printed.
    func text() throws -> String {
        switch output {
        case .text: Lanyard.versionText
        case .json: try Printable.json(Report())
        case .yaml: try YAMLEncoder().encode(Report())
        }
    }

    /// What JSON and YAML say.
    private struct Report: Encodable {
        var platform = Operator.platform
        var version = Operator.version
    }
}
