import FoundationEssentials
import Subprocess
import SystemPackage

extension ProcessRunner {
    /// The most bytes of standard output, and of standard error, that are accepted.
    private static let limit = 1024 * 1024

    /// Runs programs of this machine.
    public static var system: ProcessRunner {
        ProcessRunner { invocation in
            let command = invocation.command
            let result = try await Subprocess.run(
                command.contains("/") ? .path(FilePath(command)) : .name(command),
                arguments: Arguments(invocation.arguments),
                environment: .inherit.updating(
                    Dictionary(
                        uniqueKeysWithValues: invocation.variables.map { (Environment.Key(stringLiteral: $0), $1) })),
                output: .bytes(limit: limit), error: .string(limit: limit))
            return Outcome(
                exitCode: result.terminationStatus.exitCode, output: Data(result.standardOutput),
                complaints: result.standardError)
        }
    }
}

extension TerminationStatus {
    /// As a shell has it.
    fileprivate var exitCode: Int {
        switch self {
        case .exited(let code): Int(code)
        case .signaled(let signal): 128 + Int(signal)
        }
    }
}
