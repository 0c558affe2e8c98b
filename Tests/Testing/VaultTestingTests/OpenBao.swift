import FoundationEssentials
import KubernetesModel
import Logging
import Testing

@testable import VaultClient

/// A real OpenBao, named by `BAO_ADDR` and `BAO_TOKEN` (a root token).
struct OpenBao: Sendable {
    let connection: VaultConnection
    private let token: String

    /// Whether the environment names a real server.
    static var isNamed: Bool {
        let variables = ProcessInfo.processInfo.environment
        return ["LANYARD_E2E", "BAO_ADDR", "BAO_TOKEN"].allSatisfy { variables[$0] != nil }
    }

    /// Connects for as long as the body runs.
    static func run(_ body: (OpenBao) async throws -> Void) async throws {
        let variables = ProcessInfo.processInfo.environment
        let address = try #require(variables["BAO_ADDR"])
        let token = try #require(variables["BAO_TOKEN"])
        let file = FileManager.default.temporaryDirectory.appending(path: "lanyard-bao-\(UUID().uuidString)")
        try Data(token.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let connection = try VaultConnection(
            VaultConnectionConfiguration(address: address, authentication: .token(file: file.path)),
            environment: .system, logger: Logger(label: "test"), fence: { .seconds(60) })
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(OpenBao(connection: connection, token: token)))
        } catch {
            result = .failure(error)
        }
        await connection.close()
        try result.get()
    }

    /// Mounts engines with random names for as long as the body runs.
    func withMounts(_ mounts: [(type: String, parent: String)], _ body: (String) async throws -> Void) async throws {
        let run = "run\(UInt32.random(in: 0...UInt32.max))"
        for (type, parent) in mounts {
            try await connection.write("\(parent)/\(run)-\(type)", ["type": .string(type)])
        }
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(run))
        } catch {
            result = .failure(error)
        }
        for (type, parent) in mounts { try await connection.delete("\(parent)/\(run)-\(type)") }
        try result.get()
    }

    /// Sends a request whose answer has data that the port does not show.
    func post(_ path: String, _ body: JSONValue) async throws -> VaultEnvelope {
        var request = VaultRequest(.post, try VaultPath(path), body: body)
        request.token = token
        let response = try await connection.send(request)
        guard response.status == 200 else { throw Refused(path: path, status: response.status) }
        return try #require(response.envelope)
    }

    /// A request that the server refused.
    struct Refused: Error {
        let path: String
        let status: Int
    }
}
