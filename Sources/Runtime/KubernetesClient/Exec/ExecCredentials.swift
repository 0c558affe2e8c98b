import FoundationEssentials
import KubernetesModel
import Logging
import Metrics
import Synchronization

/// The credentials of a plugin, asked for again a minute before they expire, or a tenth of their life if that is shorter, and
/// when the server refuses them.
final class ExecCredentials: Sendable {
    private let plugin: ExecPlugin
    private let cluster: ExecClusterInfo
    private let environment: Environment
    private let processes: ProcessRunner
    private let metrics: any MetricsFactory
    private let logger: Logger
    private let known = Mutex<Known?>(nil)
    private let trouble = Mutex<Trouble?>(nil)
    private let flight = SingleFlight<ExecCredential>()

    private static let earliness: Int64 = 60
    private static let timeout: Duration = .seconds(30)
    /// The longest time for which a plugin that fails is not run again.
    private static let longestPause: Duration = .seconds(10)

    private struct Known {
        let credential: ExecCredential
        /// By the civil clock, as expiry is.
        let issuedAt: Int64
    }

    /// A plugin that gave nothing: every request would start it otherwise.
    private struct Trouble {
        let error: any Error
        let pause: Duration
        let until: Duration
    }

    /// Runs nothing yet.
    init(
        _ plugin: ExecPlugin, cluster: ExecClusterInfo, environment: Environment, processes: ProcessRunner,
        metrics: any MetricsFactory, logger: Logger
    ) {
        self.plugin = plugin
        self.cluster = cluster
        self.environment = environment
        self.processes = processes
        self.metrics = metrics
        self.logger = logger
    }

    /// The credentials of now. However many requests ask at a time, the plugin runs once.
    ///
    /// - Throws: `KubernetesError.unauthorized`, `CancellationError`.
    func credentials() async throws -> RequestCredentials {
        if let valid { return valid.requestCredentials }
        let credential = try await flight.run {
            // Another flight may have landed since.
            if let valid { return valid }
            if let trouble = trouble.withLock({ $0 }), environment.clock.now < trouble.until { throw trouble.error }
            do {
                let credential = try await ask()
                let issuedAt = environment.clock.wallTime.secondsSince1970
                known.withLock { $0 = Known(credential: credential, issuedAt: issuedAt) }
                trouble.withLock { $0 = nil }
                return credential
            } catch let error as KubernetesError {
                note(error)
                throw error
            }
        }
        return credential.requestCredentials
    }

    /// Notes that the server refused credentials.
    ///
    /// - Returns: whether others may be had; true unless this plugin gave none at all.
    func invalidate(_ refused: RequestCredentials) -> Bool {
        known.withLock { known in
            if known?.credential.requestCredentials == refused { known = nil }
        }
        return true
    }

    private var valid: ExecCredential? {
        let now = environment.clock.wallTime.secondsSince1970
        return known.withLock { $0 }.flatMap { known in
            guard let end = known.credential.expiresAt?.secondsSince1970 else { return known.credential }
            let earliness = min(Self.earliness, max(end - known.issuedAt, 0) / 10)
            return now < end - earliness ? known.credential : nil
        }
    }

    private func note(_ error: KubernetesError) {
        let now = environment.clock.now
        trouble.withLock { trouble in
            let pause = min((trouble?.pause ?? .milliseconds(500)) * 2, Self.longestPause)
            trouble = Trouble(error: error, pause: pause, until: now + pause)
        }
    }

    private func ask() async throws -> ExecCredential {
        let outcome = try await run()
        relay(outcome)
        guard outcome.exitCode == 0 else {
            count(exitCode: outcome.exitCode, "plugin_execution_error")
            throw failure("exit code \(outcome.exitCode)")
        }
        let credential: ExecCredential
        do {
            credential = try ExecCredential(outcome.output, version: plugin.version)
        } catch let error as ExecCredential.Malformed {
            count(exitCode: 0, "client_internal_error")
            throw failure(error.problem)
        }
        count(exitCode: 0, "no_error")
        let now = environment.clock.wallTime.secondsSince1970
        Gauge(label: "rest_client_exec_plugin_ttl_seconds", factory: metrics)
            .record(credential.expiresAt.map { Double($0.secondsSince1970 - now) } ?? .infinity)
        return credential
    }

    private func run() async throws -> ProcessRunner.Outcome {
        var variables = plugin.variables.mapValues(\.revealed)
        variables["KUBERNETES_EXEC_INFO"] = try information
        let invocation = ProcessRunner.Invocation(
            command: plugin.command, arguments: plugin.arguments, variables: variables)
        do {
            return try await Deadline.run(within: Self.timeout, clock: environment.clock) { [processes] in
                try await processes.run(invocation)
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch let error as KubernetesError where error.code == .timeout {
            count(exitCode: 1, "plugin_execution_error")
            throw failure("it did not end within \(KubernetesDuration.format(Self.timeout))")
        } catch {
            if Task.isCancelled { throw CancellationError() }
            count(exitCode: 1, "plugin_not_found_error")
            throw failure("it cannot be run" + (plugin.installHint.map { ". \($0)" } ?? ""))
        }
    }

    /// The `ExecCredential` that the plugin is given. Nobody is there to answer questions.
    private var information: String {
        get throws {
            var spec: JSONValue = ["interactive": false]
            if plugin.providesClusterInfo { spec["cluster"] = cluster.json(extension: plugin.clusterExtension) }
            let object: JSONValue = [
                "apiVersion": .string(plugin.version.rawValue), "kind": "ExecCredential", "spec": spec,
            ]
            return String(decoding: try JSON.encode(object), as: UTF8.self)
        }
    }

    /// What the plugin says to people goes to them, without what may be a token: plugins that are told to be talkative
    /// print theirs.
    private func relay(_ outcome: ProcessRunner.Outcome) {
        let text = outcome.complaints.split(whereSeparator: \.isNewline).prefix(20).map(Complaint.redacted)
            .joined(separator: "\n")
        guard !text.isEmpty else { return }
        logger.log(
            level: outcome.exitCode == 0 ? .debug : .warning, "the credential plugin says",
            metadata: ["exec.command": "\(plugin.command)", "exec.stderr": "\(text.prefix(4096))"])
    }

    private func failure(_ problem: String) -> KubernetesError {
        KubernetesError(.unauthorized, "the credential plugin \(plugin.command) gave no credentials: \(problem)")
    }

    private func count(exitCode: Int, _ status: String) {
        Counter(
            label: "rest_client_exec_plugin_call_total",
            dimensions: [("code", String(exitCode)), ("call_status", status)], factory: metrics
        ).increment()
    }
}
