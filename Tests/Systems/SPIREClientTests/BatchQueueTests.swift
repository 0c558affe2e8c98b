import SPIREClient
import Testing

@Suite("BatchQueue")
struct BatchQueueTests {
    private typealias Queue = BatchQueue<String, Int>

    /// When nothing is waited for any more.
    private static let later = Duration.seconds(1000)

    private static func limits(_ change: (inout Queue.Limits) -> Void = { _ in }) -> Queue.Limits {
        var limits = Queue.Limits()
        change(&limits)
        return limits
    }

    private func queue(_ items: [(group: String, bytes: Int)], limits: Queue.Limits = limits()) -> Queue {
        var queue = Queue(limits: limits)
        for (index, item) in items.enumerated() {
            queue.enqueue(index, ticket: UInt64(index), group: item.group, bytes: item.bytes, now: .seconds(index))
        }
        return queue
    }

    @Test("an item goes out at once while no call is in flight; what arrives meanwhile goes together when it has ended")
    func inFlight() {
        var queue = Queue()
        queue.enqueue(1, ticket: 1, group: "g", bytes: 1, now: .zero)
        #expect(queue.next(now: Self.later)?.items.map(\.item) == [1])
        for item in 2..<5 { queue.enqueue(item, ticket: UInt64(item), group: "g", bytes: 1, now: .zero) }
        #expect(queue.next(now: Self.later)?.items.count == nil)
        queue.finish()
        #expect(queue.next(now: Self.later)?.items.map(\.item) == [2, 3, 4])
        #expect(queue.next(now: Self.later)?.items.count == nil)
        #expect(queue.waitingCount == 0)
    }

    @Test("beside a call in flight only full ones go out, by items or bytes, and no more than are allowed")
    func full() {
        let limits = Self.limits { limits in
            limits.items = 3
            limits.bytes = 10
        }
        for (sizes, expected) in [
            ([1, 1, 1, 1, 1], [3, nil]), ([1, 1, 1, 1, 1, 1], [3, 3]), ([1, 1, 1, 9, 9], [3, 1]),
            ([1, 1, 1, 10], [3, 1]), ([1, 1, 1, 1, 1, 1, 1, 1, 1], [3, 3, nil]),
        ] as [([Int], [Int?])] {
            var queue = queue(sizes.map { ("g", $0) }, limits: limits)
            #expect(expected.map { _ in queue.next(now: Self.later)?.items.count } == expected, "\(sizes)")
        }
    }

    @Test("a batch is bounded by the number of its items")
    func count() {
        var queue = queue(Array(repeating: ("g", 1), count: 450), limits: Self.limits { $0.calls = 9 })
        let counts = (0..<3).map { _ in queue.next(now: Self.later)?.items.count }
        #expect(counts == [200, 200, nil])
        queue.finish()
        queue.finish()
        #expect(queue.next(now: Self.later)?.items.count == 50)
    }

    @Test(
        "a batch is bounded by its bytes, and what is larger than that travels alone",
        arguments: [
            ([600, 400, 1], [[0, 1], [2]]), ([1001, 1, 1], [[0], [1, 2]]), ([1, 5000, 1], [[0], [1], [2]]),
            ([1000, 1], [[0], [1]]), ([.max, .max], [[0], [1]]), ([0, 0, 0], [[0, 1, 2]]),
        ])
    func bytes(_ sizes: [Int], _ expected: [[Int]]) {
        var queue = queue(
            sizes.map { ("g", $0) },
            limits: Self.limits { limits in
                limits.bytes = 1000
                limits.calls = 9
            })
        var batches: [[Int]] = []
        while let batch = queue.next(now: Self.later) {
            batches.append(batch.items.map(\.item))
            queue.finish()
        }
        #expect(batches == expected)
    }

    @Test("items of different groups never share a batch, and none overtakes another of its own group")
    func groups() {
        var queue = queue(
            [("a", 1), ("b", 1), ("a", 1), ("c", 1), ("b", 1)], limits: Self.limits { $0.calls = 9 })
        var batches: [[Int]] = []
        while let batch = queue.next(now: Self.later) {
            batches.append(batch.items.map(\.item))
            queue.finish()
        }
        #expect(batches == [[0, 2], [1, 4], [3]])
    }

    /// A queue in which so many items arrived, one each millisecond, the last at `.zero`; all are sent.
    private func crowded(_ count: Int = 32) -> Queue {
        var queue = Queue()
        for item in 0..<count {
            let time = Duration.milliseconds(item - count + 1)
            queue.enqueue(item, ticket: UInt64(item), group: "g", bytes: 1, now: time)
            _ = queue.next(now: time, isHolding: false)
            queue.finish()
        }
        return queue
    }

    @Test("no call waits before so many items have come one after the other as make a crowd", arguments: 1...34)
    func crowd(_ count: Int) {
        var queue = crowded(count)
        queue.enqueue(99, ticket: 99, group: "g", bytes: 1, now: .milliseconds(1))
        let hold = queue.hold(now: .milliseconds(1))
        #expect(hold == (count < 31 ? nil : .milliseconds(101)))
        #expect((queue.next(now: .milliseconds(1)) == nil) == (count >= 31))
    }

    @Test("a crowd of long ago is none", arguments: [(569, false), (570, true)])
    func formerCrowd(_ time: Int, _ isOver: Bool) {
        // The first of the last 32 arrives at -30 ms.
        var queue = crowded()
        let now = Duration.milliseconds(time)
        queue.enqueue(99, ticket: 99, group: "g", bytes: 1, now: now)
        #expect((queue.hold(now: now) == nil) == isOver)
    }

    @Test(
        "a call waits no longer than until enough items are there, or a time from its first one",
        arguments: [(interval: 4, count: 64), (interval: 10, count: 61)])
    func hold(_ interval: Int, _ count: Int) {
        var queue = crowded()
        for item in 1...count {
            let now = Duration.milliseconds(interval * item)
            queue.enqueue(item, ticket: UInt64(1000 + item), group: "g", bytes: 1, now: now)
            let longest = Duration.milliseconds(interval + 600)
            #expect(queue.hold(now: now) == (item < count ? min(now + .milliseconds(100), longest) : nil))
        }
        #expect(queue.next(now: .milliseconds(interval * count))?.items.count == count)
    }

    @Test("a call waits no longer than until nothing has come for a while")
    func lull() {
        var queue = crowded()
        queue.enqueue(1, ticket: 1000, group: "g", bytes: 1, now: .milliseconds(401))
        #expect(queue.next(now: .milliseconds(500)) == nil)
        #expect(queue.next(now: .milliseconds(501))?.items.count == 1)
    }

    @Test("a call that waits goes out when it is full, or when nothing is to be waited for any more")
    func endOfHold() {
        var limits = Self.limits { $0.bytes = 1000 }
        limits.crowd = 1
        var queue = Queue(limits: limits)
        queue.enqueue(1, ticket: 1, group: "g", bytes: 999, now: .zero)
        #expect(queue.next(now: .zero) == nil)
        queue.enqueue(2, ticket: 2, group: "g", bytes: 1, now: .zero)
        #expect(queue.next(now: .zero)?.items.count == 2)
        queue.finish()
        queue.enqueue(3, ticket: 3, group: "g", bytes: 1, now: .zero)
        #expect(queue.next(now: .zero) == nil)
        #expect(queue.next(now: .zero, isHolding: false)?.items.count == 1)
    }

    @Test("an item that waits can be removed, one that is in flight cannot")
    func remove() {
        var queue = queue([("a", 1), ("a", 1), ("a", 1)], limits: Self.limits { $0.items = 1 })
        #expect(queue.next(now: Self.later)?.items.map(\.item) == [0])
        let removals = [queue.remove(0), queue.remove(1), queue.remove(1)]
        #expect(removals == [false, true, false])
        #expect(queue.next(now: Self.later)?.items.map(\.item) == [2])
    }

    @Test("items that have waited as long as they may are taken out, the others stay")
    func expiry() {
        var queue = queue([("a", 1), ("a", 1), ("a", 1)], limits: Self.limits { $0.wait = .seconds(5) })
        #expect(queue.takeExpired(now: .milliseconds(4999)).isEmpty)
        #expect(queue.takeExpired(now: .seconds(6)) == [0, 1])
        #expect(queue.next(now: Self.later)?.items.map(\.item) == [2])
    }
}
