import KubernetesModel

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
