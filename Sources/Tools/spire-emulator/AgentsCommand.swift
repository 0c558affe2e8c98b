import ArgumentParser
import FoundationEssentials
import LanyardAPI
import SPIREClient

/// `spire-emulator agents`: who could serve an entry.
struct AgentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agents",
        abstract: "Print the SPIFFE IDs of the live agents of any SPIRE server, one on each line.")

    @OptionGroup var server: EntryCommand.Server

    @Option(help: "Only agents with this selector, type:value. Can be repeated.")
    var selector: [WorkloadSelector] = []

    func run() async throws {
        let selectors = selector
        let agents = try await server.connected { try await $0.agents(withSelectors: selectors) }
        let now = Int64(Date.now.timeIntervalSince1970)
        for agent in agents where !agent.isBanned && agent.expiresAt > now { print(agent.id) }
    }
}
