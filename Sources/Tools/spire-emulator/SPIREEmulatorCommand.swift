import ArgumentParser

/// The command `spire-emulator`.
@main
struct SPIREEmulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spire-emulator",
        abstract: "A SPIRE server for tests and demonstrations, and a client for any SPIRE server.",
        discussion: """
            Without a subcommand it serves the Entry, Agent, Bundle, TrustDomain and health services of a SPIRE server on \
            a Unix socket and, where asked for, with mutual TLS, and the Workload API of an agent. It attests nobody.
            """,
        subcommands: [
            ServeCommand.self, EntryCommand.self, AgentsCommand.self, BundleCommand.self, RotateCommand.self,
            AttestCommand.self, TokenCommand.self,
        ], defaultSubcommand: ServeCommand.self)
}
