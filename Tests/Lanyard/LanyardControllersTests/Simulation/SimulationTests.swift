import FoundationEssentials
import Testing

@Suite("Simulation of both reconcilers")
struct SimulationTests {
    /// How many histories are run; `hack/test` runs more.
    private static var histories: UInt64 {
        ProcessInfo.processInfo.environment["LANYARD_SIMULATION_HISTORIES"].flatMap(UInt64.init) ?? 200
    }

    /// The first seed, to repeat a failure.
    private static var firstSeed: UInt64 {
        ProcessInfo.processInfo.environment["LANYARD_SIMULATION_SEED"].flatMap(UInt64.init) ?? 1
    }

    /// Every fourth seed each, so that all processors have something to do.
    @Test(
        "no seeded history breaks an invariant, and every one comes to rest as declared", .timeLimit(.minutes(120)),
        arguments: UInt64(0)..<4)
    func histories(lane: UInt64) async throws {
        var failures = 0
        let end = Self.firstSeed + Self.histories
        for seed in stride(from: Self.firstSeed + lane, to: end, by: 4) where failures < 3 {
            var history = try await History(seed: seed)
            do {
                try await history.run(steps: 40)
            } catch {
                failures += 1
                Issue.record(
                    """
                    seed \(seed): \(error)
                    repeat with LANYARD_SIMULATION_SEED=\(seed) LANYARD_SIMULATION_HISTORIES=1
                    \(history.trace.joined(separator: "\n"))
                    """)
            }
        }
    }

    @Test("the same seed gives the same history")
    func determinism() async throws {
        for seed: UInt64 in 1...5 {
            var traces: [[String]] = []
            for _ in 0..<2 {
                var history = try await History(seed: seed)
                try await history.run(steps: 40)
                traces.append(history.trace)
            }
            #expect(traces.first == traces.last)
            #expect(traces.first?.isEmpty == false)
        }
    }
}
