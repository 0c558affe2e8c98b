import FoundationEssentials
import KubernetesModel
import SPIREClient
import Subprocess
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A SPIRE server of a test's own, with TCP and the Workload API of an agent: the emulator as a process. Processes of this
/// user are the operator, and an admin.
struct EmulatorProcess: Sendable {
    /// Who the operator is.
    static let operatorPath = "/ns/lanyard-system/sa/lanyard"
    /// Seconds after which the server ends a TCP connection, as a real one does after three minutes.
    static let connectionAge = 3
    /// Lifetime of X.509-SVIDs in seconds, the server's own as well.
    static let lifetime = 8

    /// A socket on which everybody is an admin.
    let socket: String
    /// `unix://…`
    let workloadAPI: String
    /// `tcp://…`
    let address: String

    /// Runs it while the body runs.
    static func run<Result: Sendable>(
        in environment: TestEnvironment, _ body: (EmulatorProcess) async throws -> Result
    ) async throws -> Result {
        // The path of a socket has hardly more than a hundred characters.
        let directory = "\(environment.directory)/tcp-\(UUID().uuidString.prefix(6))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try Data(agents(of: environment.trustDomain).utf8).write(to: URL(filePath: "\(directory)/agents.json"))
        let operatorID = "spiffe://\(environment.trustDomain)\(operatorPath)"
        let command = [
            TestEnvironment.binary("spire-emulator"), "--socket", "\(directory)/api.sock",
            "--trust-domain", environment.trustDomain, "--agents", "\(directory)/agents.json",
            "--tcp", "127.0.0.1:0", "--admin-id", operatorID, "--max-connection-age", "\(connectionAge)",
            "--workload-socket", "\(directory)/agent.sock", "--workload", "\(getuid())=\(operatorID)",
            "--x509-ttl", "\(lifetime)",
        ]
        let log = "\(directory)/log"
        let outcome: ExecutionResult<Swift.Result<Result, any Error>, DiscardedOutput, DiscardedOutput> =
            try await Subprocess.run(
                .name("sh"), arguments: Arguments(["-c", "exec \"$@\" >\"$0\" 2>&1", log] + command), input: .none,
                output: .discarded, error: .discarded
            ) { execution in
                let result: Swift.Result<Result, any Error>
                do {
                    let address = try await address(in: log)
                    result = .success(
                        try await body(
                            EmulatorProcess(
                                socket: "\(directory)/api.sock", workloadAPI: "unix://\(directory)/agent.sock",
                                address: address)))
                } catch {
                    result = .failure(error)
                }
                try? execution.send(signal: .terminate)
                return result
            }
        return try outcome.closureResult.get()
    }

    /// What an administrator of a real server does with its authorities: `spire-emulator rotate`.
    func rotate(_ step: String) async throws {
        let outcome = try await Subprocess.run(
            .name("env"),
            arguments: [TestEnvironment.binary("spire-emulator"), "rotate", "--socket", socket, step],
            output: .discarded,
            error: .string(limit: 65_536))
        try #require(outcome.terminationStatus.isSuccess, "rotate \(step): \(outcome.standardError)")
    }

    /// Runs with a connection of an administrator.
    func administered<Result: Sendable>(_ body: (SPIREServerConnection) async throws -> Result) async throws -> Result {
        let registry = try SPIREServerConnection(address: .unixSocket(path: socket), fence: { .seconds(60) })
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await registry.run() }
            defer { registry.beginGracefulShutdown() }
            return try await body(registry)
        }
    }

    private static func address(in log: String) async throws -> String {
        var address: String?
        try await eventually("the emulator listens") {
            let lines = (try? String(contentsOf: URL(filePath: log), encoding: .utf8)) ?? ""
            guard lines.contains("listening on ") else { return lines }
            address = lines.split(separator: "\n").first { $0.hasPrefix("TCP on ") }.map { String($0.dropFirst(7)) }
            return nil
        }
        return try #require(address)
    }

    /// One live agent, which matches the node alias that the operator keeps.
    private static func agents(of trustDomain: String) -> String {
        """
        [{"id": "spiffe://\(trustDomain)/spire/agent/k8s_psat/production/1", "attestationType": "k8s_psat",
          "selectors": ["k8s_psat:cluster:production", "k8s_psat:agent_ns:spire-system", "k8s_psat:agent_sa:spire-agent"],
          "expiresAt": 4102444800, "banned": false}]
        """
    }
}
