import SPIREClient
import Testing

@Suite("BatchQueue")
struct BatchQueueTests {
    private typealias Queue = BatchQueue<String, Int>

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
        #expect(queue.next()?.items.map(\.item) == [1])
        for item in 2..<5 { queue.enqueue(item, ticket: UInt64(item), group: "g", bytes: 1, now: .zero) }
        #expect(queue.next()?.items.count == nil)
        queue.finish()
        #expect(queue.next()?.items.map(\.item) == [2, 3, 4])
        #expect(queue.next()?.items.count == nil)
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
            #expect(expected.map { _ in queue.next()?.items.count } == expected, "\(sizes)")
        }
    }

    @Test("a batch is bounded by the number of its items")
    func count() {
        var queue = queue(Array(repeating: ("g", 1), count: 450), limits: Self.limits { $0.calls = 9 })
        #expect([queue.next(), queue.next(), queue.next()].map { $0?.items.count } == [200, 200, nil])
        queue.finish()
        queue.finish()
        #expect(queue.next()?.items.count == 50)
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
        while let batch = queue.next() {
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
        while let batch = queue.next() {
            batches.append(batch.items.map(\.item))
            queue.finish()
        }
        #expect(batches == [[0, 2], [1, 4], [3]])
    }

    @Test("an item that waits can be removed, one that is in flight cannot")
    func remove() {
        var queue = queue([("a", 1), ("a", 1), ("a", 1)], limits: Self.limits { $0.items = 1 })
        #expect(queue.next()?.items.map(\.item) == [0])
        let removals = [queue.remove(0), queue.remove(1), queue.remove(1)]
        #expect(removals == [false, true, false])
        #expect(queue.next()?.items.map(\.item) == [2])
    }

    @Test("items that have waited as long as they may are taken out, the others stay")
    func expiry() {
        var queue = queue([("a", 1), ("a", 1), ("a", 1)], limits: Self.limits { $0.wait = .seconds(5) })
        #expect(queue.takeExpired(now: .milliseconds(4999)).isEmpty)
        #expect(queue.takeExpired(now: .seconds(6)) == [0, 1])
        #expect(queue.next()?.items.map(\.item) == [2])
    }
}
