import FoundationEssentials
import Testing

@Suite("Non-interference of tenants")
struct NonInterferenceTests {
    /// How many histories are run; `hack/test` runs more.
    private static var histories: UInt64 {
        ProcessInfo.processInfo.environment["LANYARD_INTERFERENCE_HISTORIES"].flatMap(UInt64.init) ?? 200
    }

    @Test(
        "whatever a tenant does with its own resources, others stay as they are and it stays inside its boundary",
        .timeLimit(.minutes(20)))
    func histories() async throws {
        var failures = 0
        for seed in 1...Self.histories where failures < 3 {
            var history = try await NonInterference(seed: seed)
            do {
                try await history.run(steps: 30)
            } catch {
                failures += 1
                Issue.record("seed \(seed): \(error)\n\(history.trace.joined(separator: "\n"))")
            }
        }
    }
}
