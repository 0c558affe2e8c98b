import ArgumentParser
import Metrics
import PrometheusExposition
import ServiceLifecycle

/// Takes objects from their watch events to their statuses, for whoever counts the instructions that this takes: two runs with
/// the same preparation, of more objects and of fewer, differ by what the objects take.
struct PassCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pass", abstract: "Take objects from watch events to entries, Vault and statuses, on stand-ins.",
        discussion: """
            Everything is done on one thread, in an order that does not depend on time or chance; with the environment \
            variable SWIFT_DETERMINISTIC_HASHING=1 it is the same every time. hack/instructions counts with it.
            """)

    /// What there is to work on.
    enum Kind: String, CaseIterable, ExpressibleByArgument {
        case identity
        case binding
    }

    @Argument(help: "The kind of the objects.")
    var kind: Kind

    @Option(name: .long, help: "How many objects are created.")
    var objects = 100

    @Option(name: .long, help: "Of how many that are made ready. (default: as many)")
    var of: Int?

    /// How often it is looked for more to do, which comes at the second time.
    private static let patience = 400

    func validate() throws {
        guard objects > 0, objects <= of ?? objects else {
            throw ValidationError("--objects must be 1 or more, and not more than --of")
        }
    }

    func run() async throws {
        // The operator counts in metrics what it does.
        MetricsSystem.bootstrap(PrometheusRegistry())
        let prepared = of ?? objects
        let passes =
            switch kind {
            case .identity: try Passes.identities(objects, of: prepared)
            case .binding: try Passes.bindings(objects, of: prepared)
            }
        let turns = TurnExecutor()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in passes.services {
                group.addTask(executorPreference: turns) { try await service.run() }
            }
            for _ in 0..<Self.patience {
                if turns.runAll(), passes.finished() == objects { break }
                // What waits for readiness is woken by a task that knows no executor, and runs elsewhere.
                try await Task.sleep(for: .milliseconds(5))
            }
            let finished = passes.finished()
            print("\(finished) of \(objects) objects are as they should be")
            // To end the services in order would be counted as well.
            Self.exit(withError: finished == objects ? nil : ExitCode.failure)
        }
    }
}
