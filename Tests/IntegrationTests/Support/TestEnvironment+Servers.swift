import FoundationEssentials
import KubernetesModel
import Subprocess
import Testing

/// The servers as their administrator starts and stops them.
extension TestEnvironment {
    /// Runs `hack/env`.
    func control(_ arguments: String...) async throws {
        try await Self.run("bash", ["\(Self.repository)/hack/env"] + arguments)
    }

    /// Runs kubectl with the administrator's rights, which the environment gives it.
    func kubectl(_ arguments: String...) async throws {
        try await Self.run("env", [Self.variable("KUBECTL") ?? "kubectl"] + arguments)
    }

    /// Runs statements in the database, as its superuser.
    func sql(_ statements: String) async throws {
        try await Self.run("env", [variable("PSQL"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statements])
    }

    private static func run(_ command: String, _ arguments: [String]) async throws {
        let result = try await Subprocess.run(
            .name(command), arguments: Arguments(arguments), input: .none, output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        try #require(result.terminationStatus.isSuccess, "\(command) \(arguments): \(result.standardError)")
    }
}
