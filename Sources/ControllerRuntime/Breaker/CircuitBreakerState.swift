/// The decisions of a circuit breaker. Pure.
struct CircuitBreakerState<Key: Hashable & Sendable>: Sendable {
    private(set) var isOpen = false
    private var waiting: [Key] = []
    private var isWaiting: Set<Key> = []
    private var failedProbes = 0

    /// A call found the system unavailable: nobody else needs to try.
    ///
    /// - Returns: whether this opened the breaker.
    mutating func failed(waiting key: Key?) -> Bool {
        if let key, isWaiting.insert(key).inserted { waiting.append(key) }
        defer { isOpen = true }
        return !isOpen
    }

    /// The system answered.
    ///
    /// - Returns: the keys that waited, first come first; nil when the breaker was closed.
    mutating func succeeded() -> [Key]? {
        guard isOpen else { return nil }
        defer { self = CircuitBreakerState() }
        return waiting
    }

    /// How long to wait before the next probe: 1 s doubling to 5 s, less up to a fifth so that many clients spread.
    ///
    /// - Parameter unit: a random number in `0 ..< 1`.
    mutating func nextProbeDelay(unit: Double) -> Duration {
        defer { failedProbes = min(failedProbes + 1, 16) }
        return RetryBackoff.exponential(base: .seconds(1), cap: .seconds(5), attempt: failedProbes) * (1 - 0.2 * unit)
    }
}
