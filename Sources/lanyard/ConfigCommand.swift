import ArgumentParser

/// `lanyard config …`
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Work with the operator's configuration.",
        subcommands: [ConfigCheckCommand.self])
}
