import FoundationEssentials
import KubernetesModel
import LanyardAPI
import SPIREClient
import Testing

/// The SPIRE server as an administrator sees it.
struct Spire: Sendable {
    let environment: TestEnvironment
    let registry: SPIREServerConnection

    /// Runs with a connection that is closed at the end.
    static func run<Result: Sendable>(
        in environment: TestEnvironment, _ body: (Spire) async throws -> Result
    ) async throws -> Result {
        let registry = try SPIREServerConnection(
            address: .unixSocket(path: environment.spireSocket), fence: { .seconds(60) })
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await registry.run() }
            defer { registry.beginGracefulShutdown() }
            return try await body(Spire(environment: environment, registry: registry))
        }
    }

    /// The entry of an identity, by the ID that Lanyard gives it.
    func entry(of key: ObjectKey) async throws -> RegistrationEntry? {
        try await registry.entry(id: "lanyard.production.\(key)".replacing("/", with: "."))
    }

    /// How many entries the server was asked to write, as it has logged that; nil where it tells nobody.
    func writeCount() throws -> Int? {
        guard let log = environment.spireLog else { return nil }
        let lines = try Data(contentsOf: URL(filePath: log.path)).lines(containing: "\"Batch")
        return lines.compactMap { try? JSON.decode(JSONValue.self, from: $0) }.flatMap { log.entryWrites(in: $0) }.count
    }

    func stop() async throws { try await environment.control("stop", "spire") }

    func start() async throws { try await environment.control("start", "spire") }
}
