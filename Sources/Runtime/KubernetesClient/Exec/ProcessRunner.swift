public import FoundationEssentials

/// How programs are run, so that tests bring their own.
public struct ProcessRunner: Sendable {
    /// A program to run, without standard input.
    public struct Invocation: Equatable, Sendable {
        /// A path, or a name that is looked for in `PATH`.
        public var command: String
        /// Its arguments.
        public var arguments: [String]
        /// Variables besides those of this process.
        public var variables: [String: String]

        /// Describes a run.
        public init(command: String, arguments: [String] = [], variables: [String: String] = [:]) {
            self.command = command
            self.arguments = arguments
            self.variables = variables
        }
    }

    /// What a program left when it had ended.
    public struct Outcome: Equatable, Sendable {
        /// Its exit code; for a signal, 128 and its number.
        public var exitCode: Int
        /// What it wrote to standard output.
        public var output: Data
        /// What it wrote to standard error.
        public var complaints: String

        /// Describes an end.
        public init(exitCode: Int = 0, output: Data = Data(), complaints: String = "") {
            self.exitCode = exitCode
            self.output = output
            self.complaints = complaints
        }
    }

    /// Runs a program to its end; it is killed when the task is cancelled.
    ///
    /// Throws when the program cannot be started, or writes more than is accepted.
    public var run: @Sendable (Invocation) async throws -> Outcome

    /// Runs with a closure.
    public init(run: @escaping @Sendable (Invocation) async throws -> Outcome) {
        self.run = run
    }
}
