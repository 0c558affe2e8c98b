import FoundationEssentials
import KubernetesModel
import LanyardAPI
import SPIREClient
import SPIREEmulator
import Synchronization
import Testing

/// An emulated server that can be stopped and started, in a directory of its own.
final class ServerFixture: Sendable {
    let directory: URL
    let state: EmulatorState
    var socket: String { directory.appending(path: "api.sock").path }

    private init() throws {
        directory = URL(filePath: "/tmp/sc-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let trustDomain = try #require(TrustDomain("example.org"))
        var agents = AgentDirectory(trustDomain: trustDomain)
        try agents.replace(
            with: (1...3).map { node in
                AgentSeed(
                    id: "spiffe://example.org/spire/agent/t/\(node)", attestationType: "t",
                    selectors: ["t:cluster:c", "t:node:\(node)"], expiresAt: 9, banned: node == 3)
            })
        state = EmulatorState(
            datastore: EntryDatastore(trustDomain: trustDomain) { UUID().uuidString }, agents: agents,
            log: try CallLog(path: directory.appending(path: "calls.log").path))
    }

    /// The calls that the server has answered, without health checks.
    func calls() throws -> [CallLog.Call] {
        try CallLog.read(directory.appending(path: "calls.log")).filter { $0.method != "Check" }
    }

    static func with(_ body: (ServerFixture) async throws -> Void) async throws {
        let fixture = try ServerFixture()
        defer { try? FileManager.default.removeItem(at: fixture.directory) }
        try await body(fixture)
    }

    /// Runs a server on the socket while the body runs.
    func serving(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await serving(.init()) { _ in try await body() }
    }

    /// Runs a server on the socket and elsewhere while the body runs, which gets the port of TCP.
    func serving(
        _ listeners: EmulatedServer.Listeners, _ body: @escaping @Sendable (Int?) async throws -> Void
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

    /// Runs a connection to the socket while the body runs, and then lets it end or cancels it.
    func connected(
        settings: SPIREServerConnection.Settings = .init(), isCancelled: Bool = false,
        clock: any RuntimeClock = SystemClock(),
        fence: @escaping SPIREServerConnection.Fence = { .seconds(60) },
        _ body: @escaping @Sendable (SPIREServerConnection) async throws -> Void
    ) async throws {
        let connection = try SPIREServerConnection(
            address: .unixSocket(path: socket), settings: settings, clock: clock, fence: fence)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await connection.run() }
            try await body(connection)
            if isCancelled {
                group.cancelAll()
                _ = await group.nextResult()
                return
            }
            connection.beginGracefulShutdown()
            try await group.waitForAll()
        }
    }

    /// A valid entry.
    static func entry(_ name: String, hint: String = "") throws -> RegistrationEntry {
        var entry = RegistrationEntry(
            id: name, spiffeID: try SPIFFEID("spiffe://example.org/\(name)"),
            parentID: try SPIFFEID("spiffe://example.org/spire/server"),
            selectors: [try #require(WorkloadSelector("k8s:ns:a"))])
        entry.hint = hint
        return entry
    }
}
