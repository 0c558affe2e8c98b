/// The budget of retries of each group of keys, so that one whose objects all fail uses up its own. Pure.
struct RetryBudgets: Sendable {
    private let settings: WorkQueueSettings
    private var budgets: [String?: TokenBucket] = [:]

    init(settings: WorkQueueSettings) {
        self.settings = settings
    }

    /// How long a retry has to wait for its group's budget.
    mutating func reserve(for group: String?, now: Duration) -> Duration {
        var budget =
            budgets[group]
            ?? TokenBucket(
                rate: settings.retriesPerSecond, burst: settings.retryBurst, maximumWait: settings.maximumBackoff,
                now: now)
        defer {
            budgets[group] = budget
            if budgets.count > Self.kept { budgets = budgets.filter { !$0.value.isFull(at: now) } }
        }
        return budget.reserve(now: now)
    }

    /// How many groups are remembered.
    var count: Int { budgets.count }

    /// Above this many, budgets that are like new ones are forgotten.
    private static var kept: Int { 64 }
}

/// A budget that refills at a steady rate; a reservation beyond it waits for its turn.
struct TokenBucket: Sendable {
    private let rate: Double
    private let burst: Double
    private let maximumWait: Duration
    private var tokens: Double
    private var refilledAt: Duration

    init(rate: Double, burst: Double, maximumWait: Duration, now: Duration) {
        self.rate = rate
        self.burst = burst
        self.maximumWait = maximumWait
        tokens = burst
        refilledAt = now
    }

    /// Whether nothing of it is used.
    func isFull(at now: Duration) -> Bool { tokens + (now - refilledAt) / .seconds(1) * rate >= burst }

    /// Takes one token and tells how long to wait until it is there; the debt is bounded by the longest wait.
    mutating func reserve(now: Duration) -> Duration {
        tokens = min(burst, tokens + (now - refilledAt) / .seconds(1) * rate)
        refilledAt = now
        tokens = max(tokens - 1, -rate * (maximumWait / .seconds(1)))
        return tokens >= 0 ? .zero : .seconds(-tokens / rate)
    }
}
