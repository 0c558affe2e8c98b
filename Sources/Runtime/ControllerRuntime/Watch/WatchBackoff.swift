import KubernetesModel

/// How long to wait before the API server is asked again: 0.8 s doubling up to 30 s, with full jitter, from the start again
/// after two minutes without failure.
struct WatchBackoff: Sendable {
    static let base: Duration = .milliseconds(800)
    static let cap: Duration = .seconds(30)
    static let resetAfter: Duration = .seconds(120)

    private var attempt = 0
    private var lastFailureAt: Duration?

    /// Counts a failure and returns the wait.
    ///
    /// - Parameter unit: a random number in `0 ..< 1`.
    mutating func next(now: Duration, unit: Double) -> Duration {
        if let lastFailureAt, now - lastFailureAt >= Self.resetAfter { attempt = 0 }
        lastFailureAt = now
        defer { attempt = min(attempt + 1, 16) }
        return Backoff.exponential(base: Self.base, cap: Self.cap, attempt: attempt) * unit
    }

    /// Counts a failure that time alone does not cure, and returns a wait near the cap.
    mutating func nextAtCap(now: Duration, unit: Double) -> Duration {
        _ = next(now: now, unit: unit)
        return Self.cap * (0.8 + 0.2 * unit)
    }
}
