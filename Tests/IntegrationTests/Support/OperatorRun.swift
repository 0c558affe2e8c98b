import AsyncHTTPClient
import FoundationEssentials
import KubernetesModel
import LanyardAPI
import NIOCore
import NIOHTTP1
import Subprocess
import Testing

/// The operator as a process, seen from its first moment to its end; `OperatorProcess` is for tests of an operator at work.
struct OperatorRun: Sendable {
    /// The path of its log.
    let log: String
    /// Its process.
    let pid: Int32
    /// Sends it a signal.
    let send: @Sendable (Signal) throws -> Void
    private let lineLog: JSONLog

    /// Describes a process that writes this log.
    init(log: String, pid: Int32, send: @escaping @Sendable (Signal) throws -> Void) {
        self.log = log
        self.pid = pid
        self.send = send
        lineLog = JSONLog(path: log)
    }

    /// Runs the operator while `body` runs, then stops it by SIGTERM and waits for its end.
    ///
    /// - Parameters:
    ///   - settings: values of `--set` beside the usual ones, and over them.
    ///   - kubeconfig: another way to the API server than the usual one.
    /// - Returns: the result of `body`, and how the process ended.
    static func run<Result: Sendable>(
        in environment: TestEnvironment, settings: [String] = [], kubeconfig: String? = nil,
        _ body: (OperatorRun) async throws -> Result
    ) async throws -> (result: Result, end: TerminationStatus) {
        let log = "\(environment.directory)/logs/operator-\(UUID().uuidString.prefix(8)).log"
        let directory = "\(environment.directory)/operator"
        let usual = [
            "reconcile.resyncInterval=1s", "leaderElection.leaseDuration=4s", "leaderElection.renewDeadline=3s",
            "leaderElection.retryPeriod=1s", "log.level=debug",
        ]
        let command =
            [
                TestEnvironment.binary("lanyard"), "controller", "--config", "\(directory)/config.yaml", "--kubeconfig",
                kubeconfig ?? "\(directory)/kubeconfig",
            ] + (usual + settings).flatMap { ["--set", $0] }
        // `exec`, so that signals reach the operator.
        let outcome: ExecutionResult<Swift.Result<Result, any Error>, DiscardedOutput, DiscardedOutput> =
            try await Subprocess.run(
                .name("sh"), arguments: Arguments(["-c", "exec \"$@\" >\"$0\" 2>&1", log] + command), input: .none,
                output: .discarded, error: .discarded
            ) { execution in
                let result: Swift.Result<Result, any Error>
                do {
                    result = .success(
                        try await body(
                            OperatorRun(
                                log: log, pid: execution.processIdentifier.value,
                                send: { try execution.send(signal: $0) })))
                } catch {
                    result = .failure(error)
                }
                // It may have ended already, or stand still.
                try? execution.send(signal: .resume)
                try? execution.send(signal: .terminate)
                return result
            }
        if case .failure(let error) = outcome.closureResult {
            Issue.record("the operator's log is \(log)")
            throw error
        }
        return (try outcome.closureResult.get(), outcome.terminationStatus)
    }

    /// What it has logged, one value for each line.
    func lines() throws -> [JSONValue] { try lineLog.lines() }

    /// Its messages, in order.
    func messages() throws -> [String] { try lines().compactMap { $0["message"]?.string } }

    /// Waits for a line of the log.
    func waitFor(
        _ expectation: String, within limit: Duration = .seconds(30), where matches: (JSONValue) -> Bool
    ) async throws {
        try await eventually("the log says \(expectation)", within: limit) {
            try lines().contains(where: matches) ? nil : "it does not"
        }
    }

    /// Waits until its process is gone.
    func waitUntilEnded(within limit: Duration = .seconds(30)) async throws {
        try await eventually("the process ends", within: limit) {
            // Until it is reaped it is a zombie, which has no memory map any more.
            let status = (try? String(contentsOf: URL(filePath: "/proc/\(pid)/status"), encoding: .utf8)) ?? "State:\tZ"
            return status.contains("State:\tZ") ? nil : "it runs"
        }
    }

    /// How many controllers an operator has: those of the kinds that people write, and of the node alias, the verification of
    /// entries, the sweep and the sources of mounts.
    static let controllers = LanyardKind.declared.count + 4

    /// Waits until all controllers run.
    func waitUntilWorking() async throws {
        try await eventually("the operator leads and its workers run") {
            let starts = try messages().count { $0 == "controller starts" }
            return starts >= Self.controllers ? nil : "\(starts) of \(Self.controllers) controllers run"
        }
    }

    /// Asks one of its servers, `health` or `metrics`.
    func get(_ path: String, from server: String) async throws -> (status: UInt, body: String) {
        var port: String?
        try await eventually("the \(server) server listens") {
            let line = try lines().first { $0["message"] == "listening" && $0["server"]?.string == server }
            port = line?["port"]?.integer.map { "\($0)" }
            return port == nil ? "not yet" : nil
        }
        let response = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: "http://127.0.0.1:\(port ?? "")/\(path)"), timeout: .seconds(5))
        return (response.status.code, String(buffer: try await response.body.collect(upTo: 1 << 24)))
    }

    /// The value of a series, by its whole name with labels; nil when it is not there.
    func metric(_ series: String) async throws -> Double? {
        let text = try await get("metrics", from: "metrics").body
        return text.split(separator: "\n").first { $0.hasPrefix("\(series) ") }.flatMap {
            Double($0.dropFirst(series.count + 1))
        }
    }

    /// Waits for a probe to answer.
    func waitUntilReady(_ isReady: Bool = true) async throws {
        try await eventually("readyz is \(isReady)") {
            let (status, body) = try await get("readyz", from: "health")
            return (status == 200) == isReady ? nil : body
        }
    }
}
