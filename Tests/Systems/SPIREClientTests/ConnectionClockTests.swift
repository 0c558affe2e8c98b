import KubernetesModel
import SPIREClient
import Synchronization
import TestSupport
import Testing

@Suite("The clock of connections to SPIRE")
struct ConnectionClockTests {
    /// The system's clock, which remembers for how long it was asked to wait.
    private final class RememberingClock: RuntimeClock {
        private let base = SystemClock()
        private let durations = Mutex<Set<Duration>>([])

        var now: Duration { base.now }
        var wallTime: WallTime { base.wallTime }

        func hasWaited(_ duration: Duration) -> Bool { durations.withLock { $0.contains(duration) } }

        func sleep(for duration: Duration) async throws {
            durations.withLock { _ = $0.insert(duration) }
            try await base.sleep(for: duration)
        }
    }

    @Test("what is late is looked for by the clock that the connection was given")
    func lateItems() async throws {
        try await ServerFixture.with { fixture in
            try await fixture.serving {
                let clock = RememberingClock()
                try await fixture.connected(clock: clock) { connection in
                    // Only while something is under way.
                    try await eventually {
                        _ = try? await connection.create(ServerFixture.entry("a"))
                        return clock.hasWaited(.seconds(1))
                    }
                }
            }
        }
    }

    @Test("so is the first SVID")
    func firstSVID() async throws {
        try await TrustFixture.with { fixture in
            let clock = RememberingClock()
            try await fixture.issued(clock: clock) { source, _ in
                try await eventually { source.x509SVID != nil && clock.hasWaited(.seconds(10)) }
            }
        }
    }
}
