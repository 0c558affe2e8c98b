import FoundationEssentials
import KubernetesModel
import KubernetesTesting
import Testing

@testable import KubernetesClient

@Suite("ProcessRunner", .timeLimit(.minutes(1)))
struct ProcessRunnerTests {
    @Test("runs programs with arguments and variables, and gives what they write")
    func runs() async throws {
        let outcome = try await ProcessRunner.system.run(
            .init(
                command: "sh", arguments: ["-c", "printf '%s %s' \"$KEY\" \"$1\"; echo no >&2; exit 7", "sh", "arg"],
                variables: ["KEY": "value"]))
        #expect(outcome == .init(exitCode: 7, output: Data("value arg".utf8), complaints: "no\n"))
        let inherited = try await ProcessRunner.system.run(
            .init(command: "/bin/sh", arguments: ["-c", "test -n \"$PATH\""]))
        #expect(inherited.exitCode == 0)
    }

    @Test("says how a signal ended a program")
    func signal() async throws {
        let outcome = try await ProcessRunner.system.run(.init(command: "sh", arguments: ["-c", "kill -9 $$"]))
        #expect(outcome.exitCode == 137)
    }

    @Test("fails for what is no program, and for output without end", arguments: ["/none", "no-such-program"])
    func failures(command: String) async throws {
        await #expect(throws: (any Error).self) { try await ProcessRunner.system.run(.init(command: command)) }
        await #expect(throws: (any Error).self) {
            try await ProcessRunner.system.run(.init(command: "sh", arguments: ["-c", "cat /dev/zero"]))
        }
    }

    @Test("kills a program whose time is up")
    func cancellation() async throws {
        await #expect(throws: KubernetesError.self) {
            try await Deadline.run(within: .milliseconds(200), clock: SystemClock()) {
                try await ProcessRunner.system.run(.init(command: "sh", arguments: ["-c", "exec sleep 600"]))
            }
        }
    }
}
