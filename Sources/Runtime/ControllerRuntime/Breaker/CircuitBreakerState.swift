import KubernetesModel

/// The decisions of a circuit breaker. Pure: time is passed in.
struct CircuitBreakerState<Key: Hashable & Sendable>: Sendable {
    private var openedAt: Duration?
    private var waiting: [Key] = []
    private var isWaiting: Set<Key> = []
    private var failedProbes = 0

    var isOpen: Bool { openedAt != nil }

    /// A call found the system unavailable: nobody else needs to try.
    ///
    /// - Returns: whether this opened the breaker.
    mutating func failed(waiting key: Key?, at now: Duration) -> Bool {
        if let key, isWaiting.insert(key).inserted { waiting.append(key) }
        guard openedAt == nil else { return false }
        openedAt = now
        return true
    }

    /// The system answered.
    ///
    /// - Returns: the keys that waited, first come first, and for how long the breaker was open; nil when it was closed.
    mutating func succeeded(at now: Duration) -> (waiting: [Key], lasted: Duration)? {
        guard let openedAt else { return nil }
        defer { self = CircuitBreakerState() }
        return (waiting, now - openedAt)
    }

    /// How long to wait before the next probe: 1 s doubling to 5 s, less up to a fifth so that many clients spread.
    ///
    /// - Parameter unit: a random number in `0 ..< 1`.
    mutating func nextProbeDelay(unit: Double) -> Duration {
        defer { failedProbes = min(failedProbes + 1, 16) }
        return Backoff.exponential(base: .seconds(1), cap: .seconds(5), attempt: failedProbes) * (1 - 0.2 * unit)
    }
}
