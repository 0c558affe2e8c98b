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

    /// The emulator's calls that write, as it has logged them.
    func writeCalls() throws -> Int {
        let log = try #require(environment.spireCallLog)
        return try String(contentsOf: URL(filePath: log), encoding: .utf8).split(separator: "\n").count {
            $0.contains("BatchCreateEntry") || $0.contains("BatchUpdateEntry") || $0.contains("BatchDeleteEntry")
        }
    }

    func stop() async throws { try await environment.control("stop", "spire") }

    func start() async throws { try await environment.control("start", "spire") }
}
