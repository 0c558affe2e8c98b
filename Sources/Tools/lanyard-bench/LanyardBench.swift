import ArgumentParser
import KubernetesModel

/// Measures what every object costs the operator's own processor and memory, without servers. Meaningful in release
/// builds only.
@main
struct LanyardBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lanyard-bench",
        abstract: "Measure decoding, planning, the store, the work queue, memory, and whole passes.",
        discussion: """
            Build with `swift build -c release --product lanyard-bench`; compare figures of one run only. The tables are \
            markdown.
            """,
        subcommands: [SpeedCommand.self, MemoryCommand.self, AllCommand.self, PassCommand.self],
        defaultSubcommand: AllCommand.self)
}
