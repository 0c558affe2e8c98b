import ArgumentParser

/// The command `spire-emulator`.
@main
struct SPIREEmulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spire-emulator",
        abstract: "A SPIRE server for tests and demonstrations, and a client for any SPIRE server.",
        discussion: """
            Without a subcommand it serves the Entry, Agent, Bundle and health services of a SPIRE server on a Unix \
            socket. It attests nobody and signs nothing.
            """,
        subcommands: [ServeCommand.self, EntryCommand.self], defaultSubcommand: ServeCommand.self)
}
