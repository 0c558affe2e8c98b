import FoundationEssentials

/// Everything nondeterministic that a process takes from its surroundings, so that a simulation can replace it as one value.
public struct Environment: Sendable {
    /// Monotonic and wall-clock time, and waiting.
    public var clock: any RuntimeClock
    /// A source of random bits.
    public var random: any RandomSource
    /// Makes identifiers that are unique across processes.
    public var makeUUID: @Sendable () -> String
    /// Reads an environment variable.
    public var variable: @Sendable (String) -> String?

    /// Gathers the sources.
    public init(
        clock: any RuntimeClock, random: any RandomSource, makeUUID: @escaping @Sendable () -> String,
        variable: @escaping @Sendable (String) -> String?
    ) {
        self.clock = clock
        self.random = random
        self.makeUUID = makeUUID
        self.variable = variable
    }

    /// A duration spread evenly by a share in both directions, against herds: 10 min ± 0.2 is between 8 and 12 minutes.
    public func jittered(_ duration: Duration, by share: Double) -> Duration {
        duration.jittered(by: share, unit: random.unit())
    }
}

/// Time as a process sees it.
public protocol RuntimeClock: Sendable {
    /// Monotonic time since an arbitrary origin; counts suspension of the machine.
    var now: Duration { get }
    /// Civil time in UTC, for what people and other systems read.
    var wallTime: WallTime { get }
    /// Waits.
    ///
    /// - Throws: `CancellationError` when the task is cancelled first.
    func sleep(for duration: Duration) async throws
}

/// A source of random bits.
public protocol RandomSource: Sendable {
    /// 64 random bits.
    func next() -> UInt64
}

extension RandomSource {
    /// A number in `0 ..< 1`.
    public func unit() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A random UUID (version 4), in small letters. Foundation's own are all the same where there is no `/dev/urandom`, as in a
    /// container without devices.
    public func uuid() -> String {
        let high = next() & ~0xF000 | 0x4000
        let low = next() & ~(0b11 << 62) | (0b10 << 62)
        var text = ""
        for (index, digit) in (Self.hexadecimal(high) + Self.hexadecimal(low)).enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension Environment {
    /// The real surroundings of this process.
    public static var system: Environment {
        Environment(
            clock: SystemClock(), random: SystemRandomSource(), makeUUID: { SystemRandomSource().uuid() },
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
