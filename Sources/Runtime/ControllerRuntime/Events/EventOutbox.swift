import DequeModule
import HeapModule
import KubernetesModel

/// Events that wait to be sent, in one line for each namespace. Pure.
///
/// What keeps one namespace's events from being stored, such as a webhook that hangs or a quota, must cost the others nothing:
/// lines take turns, a line in trouble pauses by itself, and none takes the others' room.
struct EventOutbox: Sendable {
    typealias Write = EventAggregation.Write

    private struct Line: Sendable {
        /// Empty only while a line in trouble pauses, so that its trouble is remembered.
        var items: Deque<Item> = []
        /// Failures since the last write that went through.
        var failures = 0
    }

    private struct Item: Sendable {
        let write: Write
        var tries = 0
    }

    private struct Pause: Comparable, Sendable {
        let until: Duration
        let namespace: String

        static func < (left: Self, right: Self) -> Bool {
            (left.until, left.namespace) < (right.until, right.namespace)
        }
    }

    static let limit = 1_000
    /// How often the server may fail to digest an event before it is dropped. Failures to reach the server do not count.
    static let tries = 5
    static let basePause: Duration = .seconds(10)
    static let longestPause: Duration = .seconds(300)

    private var lines: [String: Line] = [:]
    /// The lines that may send, in the order of their turns.
    private var turns: Deque<String> = []
    private var pauses: Heap<Pause> = []
    /// How many writes wait.
    private(set) var count = 0

    /// Whether a write could be sent now.
    var isReady: Bool { !turns.isEmpty }

    /// How many writes are in memory, for the bound on it.
    var storedWrites: Int { lines.values.reduce(0) { $0 + $1.items.count } }

    /// When the first of the lines that pause goes on.
    var resumesAt: Duration? { pauses.min?.until }

    /// Appends a write to the line of its namespace. When all is full, the longest line gives up its last one for a shorter
    /// one's.
    ///
    /// - Returns: what has no room: this write, another, or nothing.
    mutating func add(_ write: Write) -> Write? {
        let namespace = write.namespace
        var dropped: Write?
        if count >= Self.limit {
            let own = lines[namespace]?.items.count ?? 0
            guard let longest = lines.max(by: { $0.value.items.count < $1.value.items.count }),
                longest.value.items.count > own + 1
            else { return write }
            dropped = lines[longest.key]?.items.popLast()?.write
            count -= 1
        }
        if lines[namespace] == nil { turns.append(namespace) }
        lines[namespace, default: Line()].items.append(Item(write: write))
        count += 1
        return dropped
    }

    /// The next write; it stays where it is until `settled`, `failed` or `yieldTurn` says what became of it.
    mutating func next(now: Duration) -> Write? {
        while let pause = pauses.min, pause.until <= now {
            pauses.removeMin()
            if lines[pause.namespace]?.items.isEmpty == true {
                lines[pause.namespace] = nil
            } else {
                turns.append(pause.namespace)
            }
        }
        return turns.first.flatMap { lines[$0]?.items.first?.write }
    }

    /// The next write was stored, or refused for good: the server deals with this namespace.
    mutating func settled() {
        guard let namespace = turns.popFirst() else { return }
        lines[namespace]?.items.removeFirst()
        lines[namespace]?.failures = 0
        count -= 1
        if lines[namespace]?.items.isEmpty == true { lines[namespace] = nil } else { turns.append(namespace) }
    }

    /// The next write failed: it goes behind the others of its namespace, and they wait.
    ///
    /// - Parameters:
    ///   - isAnswer: whether the server answered, so that the event itself may be the reason.
    ///   - unit: a random number in `0 ..< 1`.
    /// - Returns: whether it was dropped, after too many tries.
    mutating func failed(isAnswer: Bool, now: Duration, unit: Double) -> Bool {
        guard let namespace = turns.popFirst(), var line = lines[namespace], var item = line.items.popFirst() else {
            return false
        }
        if isAnswer { item.tries += 1 }
        let isDropped = item.tries >= Self.tries
        if isDropped { count -= 1 } else { line.items.append(item) }
        let pause = Backoff.exponential(base: Self.basePause, cap: Self.longestPause, attempt: line.failures)
        line.failures += 1
        lines[namespace] = line
        pauses.insert(Pause(until: now + pause.jittered(by: 0.25, unit: unit), namespace: namespace))
        return isDropped
    }

    /// The server is in trouble, whoever asks: the next write stays first in its line, and another line is next.
    mutating func yieldTurn() {
        if let namespace = turns.popFirst() { turns.append(namespace) }
    }

    /// Tries the line of the next write no more, at shutdown: there is no time for pauses.
    mutating func setLineAside() { _ = turns.popFirst() }

    /// Ends all pauses, at shutdown.
    mutating func resumeAll() { _ = next(now: .seconds(Int64.max)) }
}
