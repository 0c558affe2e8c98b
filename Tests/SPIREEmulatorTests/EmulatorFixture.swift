import FoundationEssentials
import LanyardAPI
import SPIREClient
import SPIREEmulator
import Testing

/// An emulator with a directory of its own, which is removed afterwards.
struct EmulatorFixture: Sendable {
    let directory: URL
    let state: EmulatorState
    var socket: String { directory.appending(path: "run/api.sock").path }
    var callLog: URL { directory.appending(path: "calls.log") }

    /// Bundles of `d1` and `d2` are stored.
    static func with(agents: [AgentSeed] = [], _ body: (EmulatorFixture) async throws -> Void) async throws {
        let directory = URL(filePath: "/tmp/se-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let trustDomain = try #require(TrustDomain("example.org"))
        var datastore = EntryDatastore(trustDomain: trustDomain) { UUID().uuidString.lowercased() }
        datastore.federatedBundles = ["d1", "d2"]
        var directoryOfAgents = AgentDirectory(trustDomain: trustDomain)
        try directoryOfAgents.replace(with: agents)
        let state = EmulatorState(
            datastore: datastore, agents: directoryOfAgents,
            log: try CallLog(path: directory.appending(path: "calls.log").path))
        try await body(EmulatorFixture(directory: directory, state: state))
    }

    /// Runs the server while the body runs.
    func serving(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let server = EmulatedServer(socketPath: socket, state: state)
        let (ready, listening) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { listening.finish() }
                try await server.run { listening.yield() }
            }
            for await _ in ready { break }
            do {
                try await body()
            } catch {
                group.cancelAll()
                throw error
            }
            server.beginGracefulShutdown()
            try await group.waitForAll()
        }
    }
}
