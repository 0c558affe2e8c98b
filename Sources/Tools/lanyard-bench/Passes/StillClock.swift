import KubernetesModel

/// Time that stands still: what is to happen later never does.
struct StillClock: RuntimeClock {
    var now: Duration { .zero }
    var wallTime: WallTime { WallTime(secondsSince1970: 1_767_225_600) }

    /// Waits until the task is cancelled.
    func sleep(for duration: Duration) async throws {
        let silence = AsyncStream<Void> { _ in }
        for await _ in silence {}
        throw CancellationError()
    }
}

extension Environment {
    /// Surroundings in which nothing is left to chance.
    static func still(_ clock: any RuntimeClock) -> Environment {
        Environment(
            clock: clock, random: MiddleSource(), makeUUID: { "00000000-0000-4000-8000-000000000000" },
            variable: { _ in nil })
    }
}

/// Always the middle of what could be: no jitter.
private struct MiddleSource: RandomSource {
    func next() -> UInt64 { 1 << 63 }
}
