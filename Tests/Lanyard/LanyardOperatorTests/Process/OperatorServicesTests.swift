import AsyncHTTPClient
import FoundationEssentials
import KubernetesModel
import NIOCore
import NIOHTTP1
import PrometheusExposition
import ServiceLifecycle
import TestSupport
import Testing

@testable import LanyardOperator

@Suite("The operator's services", .timeLimit(.minutes(1)))
struct OperatorServicesTests {
    private static let kubeconfig = """
        apiVersion: v1
        kind: Config
        current-context: test
        contexts: [{name: test, context: {cluster: test, user: test}}]
        clusters: [{name: test, cluster: {server: "http://127.0.0.1:1"}}]
        users: [{name: test, user: {token: none}}]
        """

    private let lines = RecordedLines()

    /// The operator, with no server that it could reach.
    private func group(kubeconfig: String) throws -> ServiceGroup {
        let configuration = try OperatorConfiguration(
            ConfigurationSample.sources(set: [
                "spire.address=unix:///nowhere/api.sock", "vault.address=http://127.0.0.1:1",
                "server.metrics=127.0.0.1:0", "server.health=127.0.0.1:0",
            ]))
        let services = try OperatorServices(
            configuration: configuration, kubeconfig: kubeconfig, metrics: PrometheusRegistry(), environment: .system,
            logger: lines.logger)
        return ServiceGroup(
            configuration: ServiceGroupConfiguration(services.parts, signals: [], logger: lines.logger))
    }

    private func answer(to path: String, from server: String) async throws -> HTTPClientResponse {
        let line = try #require(lines.all.first { $0.hasPrefix("listening") && $0.hasSuffix("server=\(server)") })
        let port = try #require(line.split(separator: " ").first { $0.hasPrefix("port=") }).dropFirst(5)
        let request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/\(path)")
        return try await HTTPClient.shared.execute(request, timeout: .seconds(5))
    }

    private func status(of path: String, from server: String) async throws -> UInt {
        try await answer(to: path, from: server).status.code
    }

    @Test("probes and metrics answer from the start, whatever controllers wait for; the end is an end")
    func telemetryFirst() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "lanyard-\(UUID().uuidString)")
        try Self.kubeconfig.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let group = try group(kubeconfig: file.path)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await eventually("both servers listen") { lines.all.count { $0.hasPrefix("listening") } == 2 }
            #expect(try await status(of: "livez", from: "health") == 200)
            #expect(try await status(of: "metrics", from: "metrics") == 200)
            // It cannot work, and says so in place of being out of reach.
            #expect(try await status(of: "readyz", from: "health") == 500)
            #expect(try await status(of: "secrets", from: "metrics") == 404)
            let metrics = try await answer(to: "metrics", from: "metrics")
            #expect(metrics.headers["server"] == ["lanyard-metrics"])
            #expect(metrics.headers["date"].map { $0.hasSuffix(" GMT") && $0.utf8.count == 29 } == [true])
            #expect(!lines.all.contains { $0.hasPrefix("controller starts") })
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(!lines.all.contains { $0.hasPrefix("controller starts") })
    }
}
