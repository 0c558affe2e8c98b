import FoundationEssentials
import KubernetesModel
import LanyardAPI
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

/// A SPIRE server of a test's own, with TCP and the Workload API of an agent: real ones where SPIRE_SERVER and SPIRE_AGENT
/// name their programs, otherwise the emulator. Processes of this user are the operator, and an admin.
struct SPIREProcess: Sendable {
    /// Who the operator is.
    static let operatorPath = "/ns/lanyard-system/sa/lanyard"
    /// The entry that says so.
    static let operatorEntry = "operator"
    /// Whether server and agent are real.
    static var isReal: Bool { TestEnvironment.variable("SPIRE_SERVER") != nil }
    /// Seconds after which the emulator ends a TCP connection. A real server does it after three minutes, come what may.
    static let connectionAge = 3
    /// Lifetime of X.509-SVIDs in seconds, the server's own as well. A real agent looks for old ones every few seconds.
    static var lifetime: Int { isReal ? 20 : 8 }

    /// A socket on which everybody is an admin.
    let socket: String
    /// `unix://…`
    let workloadAPI: String
    /// `tcp://…`
    let address: String

    /// Runs it while the body runs.
    static func run<Result: Sendable>(
        in environment: TestEnvironment, _ body: (SPIREProcess) async throws -> Result
    ) async throws -> Result {
        // The path of a socket has hardly more than a hundred characters.
        let directory = "\(environment.directory)/tcp-\(UUID().uuidString.prefix(6))"
        try FileManager.default.createDirectory(
            atPath: "\(directory)/spire", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let log = "\(directory)/log"
        let outcome: ExecutionResult<Swift.Result<Result, any Error>, DiscardedOutput, DiscardedOutput> =
            try await Subprocess.run(
                .name("sh"),
                arguments: Arguments(["-c", "exec \"$@\" >\"$0\" 2>&1", log] + command(in: directory, environment)),
                input: .none, output: .discarded, error: .discarded
            ) { execution in
                let result: Swift.Result<Result, any Error>
                do {
                    let process = SPIREProcess(
                        socket: "\(directory)/spire/api.sock", workloadAPI: "unix://\(directory)/spire/agent.sock",
                        address: try await address(in: log))
                    try await process.registerOperator(of: environment)
                    result = .success(try await body(process))
                } catch {
                    let said = (try? String(contentsOf: URL(filePath: log), encoding: .utf8)) ?? ""
                    Issue.record("SPIRE said: \(said.suffix(2_000))")
                    result = .failure(error)
                }
                try? execution.send(signal: .terminate)
                return result
            }
        return try outcome.closureResult.get()
    }

    private static func command(in directory: String, _ environment: TestEnvironment) throws -> [String] {
        if isReal {
            let script = "\(TestEnvironment.repository)/hack/lib/spire-pair.sh"
            return ["env", "SPIRE_X509_TTL=\(lifetime)", "bash", script, directory, environment.trustDomain]
        }
        let agent = "spiffe://\(environment.trustDomain)/spire/agent/k8s_psat/production/1"
        try agents(agent).write(to: URL(filePath: "\(directory)/agents.json"), atomically: true, encoding: .utf8)
        return [
            TestEnvironment.binary("spire-emulator"), "--socket", "\(directory)/spire/api.sock",
            "--trust-domain", environment.trustDomain, "--agents", "\(directory)/agents.json",
            "--tcp", "127.0.0.1:0", "--max-connection-age", "\(connectionAge)",
            "--workload-socket", "\(directory)/spire/agent.sock", "--workload-agent", agent,
            "--x509-ttl", "\(lifetime)",
        ]
    }

    /// One live agent, which matches the node alias that the operator keeps.
    private static func agents(_ id: String) -> String {
        """
        [{"id": "\(id)", "attestationType": "k8s_psat",
          "selectors": ["k8s_psat:cluster:production", "k8s_psat:agent_ns:spire-system", "k8s_psat:agent_sa:spire-agent"],
          "expiresAt": 4102444800, "banned": false}]
        """
    }

    private static func address(in log: String) async throws -> String {
        var address: String?
        try await eventually("SPIRE listens", within: .seconds(90)) {
            let lines = (try? String(contentsOf: URL(filePath: log), encoding: .utf8)) ?? ""
            guard lines.contains("listening on ") else { return lines }
            address = lines.split(separator: "\n").first { $0.hasPrefix("TCP on ") }.map { String($0.dropFirst(7)) }
            return nil
        }
        return try #require(address)
    }

    /// What the administrator of a server does once, and what an agent has to hear of before the operator can begin.
    private func registerOperator(of environment: TestEnvironment) async throws {
        let id = try SPIFFEID("spiffe://\(environment.trustDomain)\(Self.operatorPath)")
        let user = try #require(WorkloadSelector("unix:uid:\(getuid())"))
        try await administered { registry in
            try await registry.checkHealth()
            let agent = try #require(try await registry.agents(withSelectors: []).first { !$0.isBanned })
            var entry = RegistrationEntry(id: Self.operatorEntry, spiffeID: id, parentID: agent.id, selectors: [user])
            entry.isAdmin = true
            guard case .created = try await registry.create(entry) else {
                throw NotWithinTime(expectation: "the operator has an entry")
            }
        }
        try await eventually("the agent knows the operator") {
            let outcome = try await Self.emulator("token", "--socket", workloadAPI.dropFirst(7), "--audience", "test")
            return outcome.terminationStatus.isSuccess ? nil : outcome.standardError
        }
    }

    /// What an administrator does with the server's authorities: `spire-emulator rotate`.
    func rotate(_ step: String) async throws {
        let outcome = try await Self.emulator("rotate", "--socket", socket[...], step[...])
        try #require(outcome.terminationStatus.isSuccess, "rotate \(step): \(outcome.standardError)")
    }

    private static func emulator(
        _ arguments: Substring...
    ) async throws -> ExecutionResult<Void, DiscardedOutput, StringOutput<UTF8>> {
        try await Subprocess.run(
            .name("env"), arguments: Arguments([TestEnvironment.binary("spire-emulator")] + arguments.map(String.init)),
            output: .discarded, error: .string(limit: 65_536))
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
}
