import FoundationEssentials
import KubernetesModel
import Subprocess
import Testing

/// The operator as a process of its own, with the rights of its ServiceAccount and its Vault role.
struct OperatorProcess: Sendable {
    let environment: TestEnvironment
    let log: String

    /// Runs the operator while `body` runs, then stops it by SIGTERM.
    ///
    /// - Parameters:
    ///   - resyncInterval: how often everything is verified.
    ///   - settings: values of `--set` beside the usual ones.
    ///   - body: may kill the process; it gets a closure for that.
    static func run<Result: Sendable>(
        in environment: TestEnvironment, resyncInterval: String = "3s", settings: [String] = [],
        _ body: (OperatorProcess, _ kill: () throws -> Void) async throws -> Result
    ) async throws -> Result {
        let log = "\(environment.directory)/logs/operator-\(UUID().uuidString.prefix(8)).log"
        let process = OperatorProcess(environment: environment, log: log)
        let directory = "\(environment.directory)/operator"
        let command =
            [
                TestEnvironment.binary("lanyard"), "controller", "--config", "\(directory)/config.yaml", "--kubeconfig",
                "\(directory)/kubeconfig", "--set", "reconcile.resyncInterval=\(resyncInterval)",
                "--set", "leaderElection.leaseDuration=4s", "--set", "leaderElection.renewDeadline=3s",
                "--set", "leaderElection.retryPeriod=1s",
            ] + settings.flatMap { ["--set", $0] }
        // `exec`, so that signals reach the operator.
        let outcome: ExecutionResult<Swift.Result<Result, any Error>, DiscardedOutput, DiscardedOutput> =
            try await Subprocess.run(
                .name("sh"), arguments: Arguments(["-c", "exec \"$@\" >\"$0\" 2>&1", log] + command), input: .none,
                output: .discarded, error: .discarded
            ) { execution in
                var result: Swift.Result<Result, any Error>
                do {
                    try await process.waitUntilWorking()
                    result = .success(try await body(process) { try execution.send(signal: .kill) })
                } catch {
                    result = .failure(error)
                }
                // It may have been killed by the body.
                try? execution.send(signal: .terminate)
                return result
            }
        if case .failure(let error) = outcome.closureResult {
            Issue.record("the operator's log is \(log)")
            throw error
        }
        return try outcome.closureResult.get()
    }

    /// Waits until the workers run.
    private func waitUntilWorking() async throws {
        try await eventually("the operator leads and its workers run") {
            let lines = try? String(contentsOf: URL(filePath: log), encoding: .utf8)
            let starts = (lines ?? "").split(separator: "\n").filter { $0.contains("controller starts") }
            let all = OperatorRun.controllers
            return starts.count >= all ? nil : "\(starts.count) of \(all) controllers run"
        }
    }
}
