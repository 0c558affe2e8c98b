import ArgumentParser
import Subprocess
import SystemPackage

/// Measures everything; the memory of each store in a process of its own, or it would contain what was freed before.
struct AllCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "all", abstract: "Measure speed and memory.")

    @Option(name: .long, help: "How many objects of each kind, for the speed.")
    var objects = 10_000

    func run() async throws {
        try await SpeedCommand.measure(objects)
        print()
        print(Table.head(["objects", "list", "before", "after", "at most", "for each object"]))
        for count in ["10000", "50000"] {
            for form in [[], ["--one-answer"]] {
                let result = try await Subprocess.run(
                    .path("/proc/self/exe"), arguments: Arguments(["memory", "--objects", count] + form),
                    output: .string(limit: 4_096))
                guard result.terminationStatus.isSuccess else { throw ExitCode.failure }
                print(result.standardOutput, terminator: "")
            }
        }
    }
}
