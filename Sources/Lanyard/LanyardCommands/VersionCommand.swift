import ArgumentParser
import LanyardOperator

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
        case text, json
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
        case .json: try Printable.json(["version": Operator.version, "platform": Operator.platform])
        }
    }
}
