import HeapModule
import KubernetesModel

/// The decisions of a work queue: which key is handed out next, and when. Pure: time and randomness are passed in.
///
/// Heap elements are never searched: an entry that changes gets a new generation, and elements of older generations
/// are skipped when they surface.
struct WorkQueueState<Key: Hashable & Sendable>: Sendable {
    /// A key that waits for a worker, for its time, or (while in flight) for the worker that has it.
    private struct Entry: Sendable {
        var priority: WorkPriority
        var isAged = false
        /// When the key may be handed out.
        var readyAt: Duration
        /// Set when the key became ready.
        var arrival: Arrival?
        /// The priority at which it is among the ready keys; nil while it is not.
        var readyAs: WorkPriority?
        var generation: UInt64

        var effectivePriority: WorkPriority { isAged ? max(priority, .normal) : priority }
    }

    private struct Arrival: Sendable {
        /// FIFO order within a priority and a group.
        let sequence: UInt64
        /// Since when a worker could have taken the key.
        let at: Duration
    }

    private struct TimedElement: Comparable {
        let at: Duration
        let key: Key
        let generation: UInt64

        static func < (left: Self, right: Self) -> Bool {
            left.at == right.at ? left.generation < right.generation : left.at < right.at
        }
        static func == (left: Self, right: Self) -> Bool { left.at == right.at && left.generation == right.generation }
    }

    private let settings: WorkQueueSettings
    private let group: (@Sendable (Key) -> String?)?
    private let weight: (@Sendable (Key) -> Int)?
    private var now: Duration
    private var entries: [Key: Entry] = [:]
    private var ready = ReadyKeys<Key>()
    private var waiting: Heap<TimedElement> = []
    private var ageing: Heap<TimedElement> = []
    private var inFlight: [Key: (since: Duration, weight: Int)] = [:]
    /// What the keys of each group that are in flight weigh; only where that is limited.
    private var inFlightByGroup: [String: Int] = [:]
    private var failures: [Key: Int] = [:]
    private var budgets: RetryBudgets
    private var lastSequence: UInt64 = 0
    private var lastGeneration: UInt64 = 0
    private(set) var isShutDown = false

    /// - Parameters:
    ///   - group: what keys belong to; those of different groups take turns. Nil where all are one group.
    ///   - weight: how much of what a group may have in flight a key takes, at least 1. Nil where each takes 1.
    init(
        settings: WorkQueueSettings, now: Duration, group: (@Sendable (Key) -> String?)? = nil,
        weight: (@Sendable (Key) -> Int)? = nil
    ) {
        self.settings = settings
        self.now = now
        self.group = group
        self.weight = weight
        budgets = RetryBudgets(settings: settings)
    }

    // MARK: Adding

    /// Moves time on: keys whose time has come become ready, keys that waited too long become urgent.
    mutating func advance(to time: Duration) {
        now = max(now, time)
        while let element = waiting.min, element.at <= now {
            waiting.removeMin()
            guard let entry = entries[element.key], entry.generation == element.generation else { continue }
            makeReady(element.key, entry, since: entry.readyAt)
        }
        while let element = ageing.min, element.at <= now {
            ageing.removeMin()
            guard var entry = entries[element.key], entry.generation == element.generation else { continue }
            entry.isAged = true
            entry.generation = nextGeneration()
            makeReady(element.key, entry, since: now)
        }
    }

    /// Adds a key, or merges with the addition that is there: highest priority, earliest time.
    ///
    /// - Returns: whether anything changed.
    @discardableResult
    mutating func add(_ key: Key, priority: WorkPriority, after delay: Duration = .zero) -> Bool {
        guard !isShutDown else { return false }
        let readyAt = now + min(max(delay, .zero), .seconds(365 * 86_400))
        var entry: Entry
        if let existing = entries[key] {
            entry = existing
            entry.priority = max(existing.priority, priority)
            entry.readyAt = min(existing.readyAt, readyAt)
            if entry.priority == existing.priority, entry.readyAt == existing.readyAt { return false }
            entry.generation = nextGeneration()
        } else {
            entry = Entry(priority: priority, readyAt: readyAt, generation: nextGeneration())
        }
        // A key in flight stays out of the heaps until its worker is done: never two workers on one key.
        if inFlight[key] == nil { schedule(key, entry) } else { entries[key] = entry }
        compactHeaps()
        return true
    }

    /// Adds a key after a failure: its own jittered backoff or the turn of its group's budget, whichever is later.
    ///
    /// - Parameters:
    ///   - unit: a random number in `0 ..< 1`.
    ///   - least: the least pause, whatever the backoff is.
    /// - Returns: whether anything changed.
    @discardableResult
    mutating func addRateLimited(
        _ key: Key, priority: WorkPriority, unit: Double, least: Duration = .zero
    ) -> Bool {
        guard !isShutDown else { return false }
        let attempt = failures[key, default: 0]
        failures[key] = attempt == Int.max ? attempt : attempt + 1
        let backoff = Backoff.exponential(base: settings.baseBackoff, cap: settings.maximumBackoff, attempt: attempt)
            .jittered(by: settings.backoffJitter, unit: unit)
        return add(key, priority: priority, after: max(backoff, least, budgets.reserve(for: group?(key), now: now)))
    }

    /// Ends a key's backoff.
    mutating func forget(_ key: Key) {
        failures[key] = nil
    }

    /// How often the key has failed since it was last forgotten.
    func failureCount(_ key: Key) -> Int {
        failures[key, default: 0]
    }

    // MARK: Handing out

    /// Hands out the most urgent ready key; nil when there is none.
    mutating func next() -> WorkItem<Key>? {
        guard !isShutDown else { return nil }
        guard let element = popReady(), let entry = entries.removeValue(forKey: element.key) else { return nil }
        let weight = max(weight?(element.key) ?? 1, 1)
        inFlight[element.key] = (now, weight)
        count(element.key, weight)
        return WorkItem(
            key: element.key, priority: entry.priority, waited: now - (entry.arrival?.at ?? entry.readyAt))
    }

    /// Takes a key back from its worker; what was added meanwhile is queued once.
    ///
    /// - Returns: how long the worker had it.
    @discardableResult
    mutating func done(_ key: Key) -> Duration {
        let work = inFlight.removeValue(forKey: key)
        if let work { count(key, -work.weight) }
        if let entry = entries[key] { schedule(key, entry) }
        return now - (work?.since ?? now)
    }

    private mutating func count(_ key: Key, _ change: Int) {
        guard settings.inFlightPerGroup != nil, let group = group?(key) else { return }
        let count = inFlightByGroup[group, default: 0] + change
        inFlightByGroup[group] = count > 0 ? count : nil
    }

    /// Drops what waits and every later addition; what is in flight may finish.
    mutating func shutDown() {
        isShutDown = true
        entries = [:]
        failures = [:]
        ready = ReadyKeys()
        waiting = []
        ageing = []
    }

    // MARK: Looking

    /// When the next delayed key becomes ready, or something that only looks like one: a key that was delayed and re-added
    /// leaves an element behind, for which a worker wakes in vain once.
    var nextReadyAt: Duration? { waiting.min?.at }

    /// The number of keys that wait for a worker, by priority. Delayed keys and keys in flight do not count.
    var depths: [WorkPriority: Int] { ready.depths }

    /// The number of keys that wait for a worker.
    var depth: Int { depths.values.reduce(0, +) }

    /// How long each key in flight has been with its worker.
    var workDurations: [Duration] { inFlight.values.map { now - $0.since } }

    /// Whether nothing at all is remembered; the heaps may still hold skipped elements, bounded by `compactHeaps`.
    var isEmpty: Bool { entries.isEmpty && inFlight.isEmpty && failures.isEmpty && depth == 0 }

    /// The number of heap elements, for the bound on skipped ones.
    var heapElementCount: Int { ready.elementCount + waiting.count + ageing.count }

    // MARK: Internals

    private mutating func schedule(_ key: Key, _ entry: Entry) {
        if entry.readyAt <= now {
            makeReady(key, entry, since: now)
        } else {
            entries[key] = entry
            waiting.insert(TimedElement(at: entry.readyAt, key: key, generation: entry.generation))
        }
    }

    private mutating func makeReady(_ key: Key, _ entry: Entry, since time: Duration) {
        var entry = entry
        let (group, priority) = (group?(key), entry.effectivePriority)
        let arrival = entry.arrival ?? nextArrival(at: time)
        if let former = entry.readyAs { ready.remove(of: group, at: former) }
        entry.arrival = arrival
        entry.readyAs = priority
        entries[key] = entry
        ready.insert(
            .init(sequence: arrival.sequence, key: key, generation: entry.generation), of: group, at: priority)
        if priority < .normal {
            ageing.insert(
                TimedElement(
                    at: entry.readyAt + settings.ageingThreshold, key: key, generation: entry.generation))
        }
    }

    /// A function of its own, so that nobody shares the entries any more when they change.
    private mutating func popReady() -> ReadyKeys<Key>.Element? {
        let entries = entries
        let (limit, taken) = (settings.inFlightPerGroup ?? .max, inFlightByGroup)
        return ready.popFirst(
            where: { entries[$0.key]?.generation == $0.generation },
            ofGroups: { group in group.map { taken[$0, default: 0] < limit } ?? true })
    }

    private mutating func nextArrival(at time: Duration) -> Arrival {
        lastSequence += 1
        return Arrival(sequence: lastSequence, at: time)
    }

    private mutating func nextGeneration() -> UInt64 {
        lastGeneration += 1
        return lastGeneration
    }

    /// Drops skipped elements once they outnumber the live ones, so that a key which is delayed and re-added all day
    /// costs no memory.
    private mutating func compactHeaps() {
        let bound = 2 * entries.count + 64
        if waiting.count > bound { waiting = Heap(waiting.unordered.filter(isCurrent)) }
        if ageing.count > bound { ageing = Heap(ageing.unordered.filter(isCurrent)) }
        if ready.elementCount > bound {
            let entries = entries
            ready.compact { entries[$0.key]?.generation == $0.generation }
        }
    }

    private func isCurrent(_ element: TimedElement) -> Bool {
        entries[element.key]?.generation == element.generation
    }
}
