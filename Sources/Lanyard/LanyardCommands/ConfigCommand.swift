import ArgumentParser
import LanyardOperator
import Yams

/// `lanyard config …`
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Work with the operator's configuration.",
        subcommands: [ConfigCheckCommand.self])
}

/// `lanyard config check --config FILE`
struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check the configuration and print what holds, and where it comes from.",
        discussion: """
            Values come from --set, environment variables (LANYARD_…), the file, and defaults, in this order. Exits with \
            1 if anything is wrong.

            Examples:

              lanyard config check --config config.yaml
              lanyard config check --config config.yaml --set log.level=debug
              lanyard config check --config config.yaml -o json
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json, yaml
    }

    @OptionGroup var options: ConfigurationOptions

    @Option(name: [.short, .long], help: "How to print.")
    var output: Format = .text

    func run() throws {
        print(try text())
    }

    /// What is printed.
    ///
    /// - Throws: `ConfigurationProblems` with everything that is wrong.
    func text() throws -> String {
        let report = try options.sources().report()
        return switch output {
        case .text: report.text
        case .json: try Printable.json(report)
        case .yaml: try YAMLEncoder().encode(report)
        }
    }
}
