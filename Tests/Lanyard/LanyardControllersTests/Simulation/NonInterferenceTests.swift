import FoundationEssentials
import Testing

@Suite("Non-interference of tenants")
struct NonInterferenceTests {
    /// How many histories are run; `hack/test` runs more.
    private static var histories: UInt64 {
        ProcessInfo.processInfo.environment["LANYARD_INTERFERENCE_HISTORIES"].flatMap(UInt64.init) ?? 50
    }

    /// The first seed, to repeat a failure or to go on where an earlier run ended.
    private static var firstSeed: UInt64 {
        ProcessInfo.processInfo.environment["LANYARD_INTERFERENCE_SEED"].flatMap(UInt64.init) ?? 1
    }

    @Test(
        "whatever a tenant does with its own resources, others stay as they are and it stays inside its boundary",
        .timeLimit(.minutes(120)))
    func histories() async throws {
        let count = Self.histories
        let workers = UInt64(max(ProcessInfo.processInfo.activeProcessorCount, 1))
        let tally = try await withThrowingTaskGroup(of: InterferenceTally.self) { group in
            let (first, end) = (Self.firstSeed, Self.firstSeed + count)
            for worker in 0..<workers {
                group.addTask {
                    try await Self.run(Array(stride(from: first + worker, to: end, by: UInt64.Stride(workers))))
                }
            }
            return try await group.reduce(into: InterferenceTally()) { $0.add($1) }
        }
        print("\(count) histories: \(tally.summary)")
        // Each history is to have some of everything.
        #expect(tally.acts > Int(count) * 5)
        #expect(tally.accepted > Int(count))
        #expect(tally.refused["OutsideBoundary", default: 0] > Int(count))
        #expect(tally.refused["InvalidSpec", default: 0] > Int(count))
        #expect(tally.writes > Int(count))
        #expect(tally.passesOverOthers > Int(count))
        #expect(tally.comparisons > Int(count) * 30)
        #expect(tally.disturbed > Int(count))
        #expect(tally.readyLogins > Int(count) / 8)
    }

    private static func run(_ seeds: [UInt64]) async throws -> InterferenceTally {
        var tally = InterferenceTally()
        var failures = 0
        for seed in seeds where failures < 3 {
            var history = try await NonInterference(seed: seed)
            do {
                try await history.run(steps: 24)
            } catch {
                failures += 1
                Issue.record("seed \(seed): \(error)\n\(history.trace.joined(separator: "\n"))")
            }
            tally.add(history.tally)
        }
        return tally
    }
}
