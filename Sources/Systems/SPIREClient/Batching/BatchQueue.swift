/// Decides when writes that come one by one go out together. Pure: it neither sends nor reads a clock.
///
/// A call goes out at once while none is in flight; what arrives meanwhile forms the next batch. A second call goes beside
/// the first only when it is full. While many items arrive one after the other, the next call waits a moment for more of
/// them. So there is no delay when there is little to do, and few large calls when there is much.
package struct BatchQueue<Group: Hashable & Sendable, Item: Sendable>: Sendable {
    /// Names an item; unique within its queue.
    package typealias Ticket = UInt64

    /// One call to send.
    package struct Batch: Sendable {
        /// What all items of the call have in common.
        package let group: Group
        /// The items in the order of their arrival.
        package let items: [(ticket: Ticket, item: Item)]
    }

    /// Bounds of one queue.
    package struct Limits: Sendable {
        /// How many calls may be in flight; all but the first one are full.
        package var calls = 2
        /// How many items one call carries.
        package var items = 200
        /// How many bytes the items of one call have in all; a larger item travels alone.
        package var bytes = 1 << 20
        /// So many items that arrive within `crowdTime` are a crowd, for which calls wait.
        package var crowd = 32
        /// How long a call waits for a crowd, counted from its first item.
        package var crowdTime = Duration.milliseconds(600)
        /// When so long nothing has arrived, nothing more is waited for.
        package var lull = Duration.milliseconds(100)
        /// How many items are enough to wait for.
        package var enough = 64
        /// How long an item may wait for its turn.
        package var wait = Duration.seconds(5)
        /// How long a call may be in flight, whatever became of its own deadline.
        package var call = Duration.seconds(15)
        /// How often to look for what is late.
        package var look = Duration.seconds(1)

        /// The defaults; the server takes messages of 4 MiB.
        package init() {}
    }

    private struct Waiting: Sendable {
        let ticket: Ticket
        let group: Group
        let item: Item
        let bytes: Int
        let arrival: Duration
    }

    private let limits: Limits
    private var waiting: [Waiting] = []
    /// When the last items arrived, as many as make a crowd.
    private var arrivals: [Duration] = []
    private var inFlight = 0

    /// An empty queue.
    package init(limits: Limits = .init()) {
        self.limits = limits
    }

    /// How many items wait for their turn.
    package var waitingCount: Int { waiting.count }

    /// Adds an item at the end.
    ///
    /// - Parameters:
    ///   - ticket: What the item is known by from now on.
    ///   - group: Only items of equal groups share a call.
    ///   - bytes: Size of the item on the wire.
    ///   - now: Monotonic time.
    package mutating func enqueue(_ item: Item, ticket: Ticket, group: Group, bytes: Int, now: Duration) {
        waiting.append(Waiting(ticket: ticket, group: group, item: item, bytes: bytes, arrival: now))
        if arrivals.count >= limits.crowd { arrivals.removeFirst() }
        arrivals.append(now)
    }

    /// Removes an item that still waits; false when it is in flight or gone.
    package mutating func remove(_ ticket: Ticket) -> Bool {
        guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return false }
        waiting.remove(at: index)
        return true
    }

    /// Takes the items that have waited too long.
    package mutating func takeExpired(now: Duration) -> [Ticket] {
        let expired = waiting.prefix { now - $0.arrival >= limits.wait }.map(\.ticket)
        waiting.removeFirst(expired.count)
        return expired
    }

    /// Until when the next call waits for more items, although none is in flight; nil when it does not wait.
    package func hold(now: Duration) -> Duration? {
        guard inFlight == 0, waiting.count < limits.enough, let first = waiting.first, let last = arrivals.last,
            arrivals.count >= limits.crowd, now - arrivals[0] < limits.crowdTime
        else { return nil }
        let end = min(first.arrival + limits.crowdTime, last + limits.lull)
        return end > now && !mayFillBatch ? end : nil
    }

    /// Takes the next batch, if there is one and a call may go out; the caller must report its end with `finish()`.
    ///
    /// - Parameter isHolding: Whether a call may wait for more items.
    package mutating func next(now: Duration, isHolding: Bool = true) -> Batch? {
        guard inFlight < limits.calls, inFlight == 0 || mayFillBatch, let first = waiting.first else { return nil }
        guard !isHolding || hold(now: now) == nil else { return nil }
        var taken: [(ticket: Ticket, item: Item)] = []
        var rest: [Waiting] = []
        var bytes = 0
        var isFull = false
        for candidate in waiting {
            guard !isFull, candidate.group == first.group else {
                rest.append(candidate)
                continue
            }
            guard taken.isEmpty || candidate.bytes <= limits.bytes - bytes else {
                isFull = true
                rest.append(candidate)
                continue
            }
            taken.append((candidate.ticket, candidate.item))
            bytes = min(limits.bytes, bytes + min(limits.bytes, candidate.bytes))
            isFull = taken.count >= limits.items || bytes >= limits.bytes
        }
        // Small calls beside one another would be many; what waits shares the call that follows.
        guard inFlight == 0 || isFull else { return nil }
        waiting = rest
        inFlight += 1
        return Batch(group: first.group, items: taken)
    }

    /// Whether what waits is enough for a full batch, were it all of one group.
    private var mayFillBatch: Bool {
        guard waiting.count < limits.items else { return true }
        var rest = limits.bytes
        return waiting.contains { item in
            rest -= min(rest, item.bytes)
            return rest == 0
        }
    }

    /// A call that `next()` gave has ended, however it did.
    package mutating func finish() {
        precondition(inFlight > 0, "finish() without a call in flight")
        inFlight -= 1
    }
}
