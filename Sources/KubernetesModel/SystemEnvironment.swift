import FoundationEssentials

extension Environment {
    /// The real surroundings of this process.
    public static var system: Environment {
        Environment(
            clock: SystemClock(), random: SystemRandomSource(),
            makeUUID: { UUID().uuidString.lowercased() },
            variable: { ProcessInfo.processInfo.environment[$0] })
    }
}

/// The machine's clocks.
public struct SystemClock: RuntimeClock {
    private let origin = ContinuousClock.now

    /// Starts counting now.
    public init() {}

    /// Time since this value was made, suspension included.
    public var now: Duration { ContinuousClock.now - origin }

    /// The machine's civil time.
    public var wallTime: WallTime {
        let microseconds = Int64((Date.now.timeIntervalSince1970 * 1_000_000).rounded(.down))
        return WallTime(
            secondsSince1970: microseconds / 1_000_000, microseconds: Int(microseconds % 1_000_000))
    }

    /// Waits in real time.
    public func sleep(for duration: Duration) async throws {
        try await Task.sleep(for: duration, clock: .continuous)
    }
}

/// The operating system's random numbers.
public struct SystemRandomSource: RandomSource {
    /// Uses the system's generator.
    public init() {}

    /// 64 bits of the system's generator.
    public func next() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}
