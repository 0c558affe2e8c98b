/// What each group of keys gets of a queue: its turns, and its budget of retries. Pure.
///
/// Keys of different groups take turns, however many there are of each, so that a tenant with thousands of objects makes
/// no other one wait. Without groups keys come in the order in which they became ready.
struct FairShares<Key: Hashable & Sendable>: Sendable {
    private let group: (@Sendable (Key) -> String?)?
    private let settings: WorkQueueSettings
    /// The last turn of each group that is ahead of what was handed out.
    private var lastTurns: [String?: UInt64] = [:]
    private var budgets: [String?: TokenBucket] = [:]
    private var lastServed: UInt64 = 0

    /// - Parameter group: nil where all keys are one group.
    init(group: (@Sendable (Key) -> String?)?, settings: WorkQueueSettings) {
        self.group = group
        self.settings = settings
    }

    /// The turn of a key that has become ready: the one after its group's last, or after what was handed out last.
    mutating func nextTurn(of key: Key) -> UInt64 {
        let group = group?(key)
        let turn = max(lastServed, lastTurns[group] ?? 0) + 1
        lastTurns[group] = turn
        return turn
    }

    /// A key was handed out.
    mutating func served(_ turn: UInt64) {
        lastServed = max(lastServed, turn)
        // Only groups that are ahead differ from new ones.
        if lastTurns.count > Self.kept { lastTurns = lastTurns.filter { $0.value > lastServed } }
    }

    /// How long a retry of a key has to wait for its group's budget.
    mutating func reserveRetry(of key: Key, now: Duration) -> Duration {
        let group = group?(key)
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
    var groupCount: Int { max(lastTurns.count, budgets.count) }

    /// Above this many, groups that are like new ones are forgotten.
    private static var kept: Int { 64 }
}
