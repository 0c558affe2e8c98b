import KubernetesModel
import KubernetesTesting
import Logging
import Metrics
import PrometheusExposition

@testable import KubernetesClient

/// The error that an operation throws; nil when it throws none.
func thrown(of operation: () async throws -> Void) async throws -> KubernetesError? {
    do {
        try await operation()
        return nil
    } catch let error as KubernetesError {
        return error
    }
}

/// A client before a server of the test's, in virtual time.
struct Harness {
    let clock: VirtualClock
    let files: FileTree
    let logs = RecordedLogs()
    let registry = PrometheusRegistry(help: ClientMetrics.help, buckets: ClientMetrics.buckets)
    var variables: [String: String] = [:]
    var processes = ProcessRunner { _ in throw FileTree.Unreadable() }

    init(clock: VirtualClock = VirtualClock(), files: [String: String?] = [:]) {
        self.clock = clock
        self.files = FileTree(files)
    }

    var logger: Logger { Logger(label: "test") { [logs] _ in RecordingLogHandler(logs: logs) } }

    /// Everything that was counted and measured, as text.
    var metrics: String { registry.render() }

    /// Runs the body with a client, and closes it.
    func withClient<Result>(
        _ configuration: ClusterConfiguration, _ body: (KubernetesClient) async throws -> Result
    ) async throws -> Result {
        let client = try KubernetesClient(
            configuration, userAgent: "test/1 (linux/amd64)",
            environment: .simulated(seed: 1, clock: clock, variables: variables), files: files.reader,
            processes: processes, metrics: registry, logger: logger)
        do {
            let result = try await body(client)
            try await client.shutdown()
            return result
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    /// Runs the body with a client of a scripted server without TLS.
    func withClient(
        _ server: ScriptedServer, credentials: ClusterCredentials = ClusterCredentials(),
        _ body: (KubernetesClient) async throws -> Void
    ) async throws {
        try await withClient(ClusterConfiguration(server: server.url, credentials: credentials), body)
    }

    /// Runs the body while time goes on for it: so many times, it is waited until a request waits for its next try and
    /// another for its deadline, and then the first one's time has come.
    func skippingWaits<Value: Sendable>(
        _ count: Int, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        async let value = body()
        for _ in 0..<count {
            await clock.waitForSleepers(2)
            clock.advanceToNextDeadline()
        }
        return try await value
    }
}
