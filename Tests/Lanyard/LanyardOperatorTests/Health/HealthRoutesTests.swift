import Hummingbird
import HummingbirdTesting
import Logging
import Synchronization
import Testing

@testable import LanyardOperator

@Suite("Health endpoints")
struct HealthRoutesTests {
    private let isReady = SharedFlag()
    private let lines = RecordedLines()

    private func get(_ path: String) async throws -> (code: Int, body: String) {
        let router = TelemetryServers.healthRouter(
            readiness: [.ping, HealthCheck("sync-widgets") { [isReady] in isReady.value ? nil : "Forbidden" }],
            liveness: [.ping], logger: lines.logger)
        return try await Application(router: router).test(.router) { client in
            let response = try await client.execute(uri: path, method: .get)
            return (response.status.code, String(buffer: response.body))
        }
    }

    @Test(
        "answer as kube-apiserver's do",
        arguments: [
            ("/livez", 200, "ok"), ("/healthz", 200, "ok"),
            ("/healthz?verbose", 200, "[+]ping ok\nhealthz check passed\n"),
            ("/livez?verbose=1", 200, "[+]ping ok\nlivez check passed\n"),
            ("/readyz", 500, "[+]ping ok\n[-]sync-widgets failed: reason withheld\nreadyz check failed\n"),
            ("/readyz?exclude=sync-widgets", 200, "ok"), ("/readyz?exclude=ping&exclude=sync-widgets", 200, "ok"),
            ("/readyz/ping", 200, "ok"), ("/readyz/sync-widgets", 500, "internal server error: reason withheld\n"),
            ("/readyz/vault", 404, ""), ("/", 404, ""),
        ])
    func answers(path: String, code: Int, body: String) async throws {
        let answer = try await get(path)
        #expect(answer.code == code)
        #expect(answer.body == body)
    }

    @Test("log the reason of a failure once, and that it is over")
    func log() async throws {
        let router = TelemetryServers.healthRouter(
            readiness: [HealthCheck("sync-widgets") { [isReady] in isReady.value ? nil : "Forbidden" }], liveness: [],
            logger: lines.logger)
        try await Application(router: router).test(.router) { client in
            for _ in 0..<3 { _ = try await client.execute(uri: "/readyz", method: .get) }
            isReady.value = true
            for _ in 0..<3 { _ = try await client.execute(uri: "/readyz", method: .get) }
        }
        #expect(
            lines.all == [
                "health check fails check=sync-widgets reason=Forbidden", "health check holds again check=sync-widgets",
            ])
    }
}

/// A value that a check looks at while a test changes it.
private final class SharedFlag: Sendable {
    private let state = Atomic(false)

    var value: Bool {
        get { state.load(ordering: .relaxed) }
        set { state.store(newValue, ordering: .relaxed) }
    }
}
