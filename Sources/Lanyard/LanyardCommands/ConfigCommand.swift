import ArgumentParser
import LanyardOperator

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
            """)

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        print(try options.sources().report())
    }
}
