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

    static func with(_ body: (EmulatorFixture) async throws -> Void) async throws {
        let directory = URL(filePath: "/tmp/se-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let trustDomain = try #require(TrustDomain("example.org"))
        let datastore = EntryDatastore(trustDomain: trustDomain) { UUID().uuidString.lowercased() }
        let state = EmulatorState(
            datastore: datastore, agents: AgentDirectory(trustDomain: trustDomain),
            log: try CallLog(path: directory.appending(path: "calls.log").path))
        try await body(EmulatorFixture(directory: directory, state: state))
    }

    /// Runs the server while the body runs, which gets the port of TCP.
    func serving(
        _ listeners: EmulatedServer.Listeners = .init(), _ body: @escaping @Sendable (Int?) async throws -> Void
    ) async throws {
        let server = EmulatedServer(socketPath: socket, listeners: listeners, state: state)
        let (ready, listening) = AsyncStream.makeStream(of: Int?.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { listening.finish() }
                try await server.run { listening.yield($0) }
            }
            var port: Int?
            for await listened in ready {
                port = listened
                break
            }
            do {
                try await body(port)
            } catch {
                group.cancelAll()
                throw error
            }
            server.beginGracefulShutdown()
            try await group.waitForAll()
        }
    }
}
