import KubernetesModel
import KubernetesTesting
import Testing

@testable import ControllerRuntime

@Suite("WorkQueueState")
struct WorkQueueStateTests {
    private typealias State = WorkQueueState<String>

    private func make(_ change: (inout WorkQueueSettings) -> Void = { _ in }) -> State {
        var settings = WorkQueueSettings()
        settings.backoffJitter = 0
        change(&settings)
        return State(settings: settings, now: .zero)
    }

    @Test("a key that is added twice is handed out once")
    func dedupes() {
        var state = make()
        #expect(state.add("a", priority: .normal) == true)
        #expect(state.add("a", priority: .normal) == false)
        #expect(state.depth == 1)
        #expect(state.next()?.key == "a")
        #expect(state.next() == nil)
    }

    @Test("a key that is added while in flight is handed out again, once, after it is done")
    func dirty() {
        var state = make()
        state.add("a", priority: .normal)
        #expect(state.next()?.key == "a")
        state.add("a", priority: .normal)
        state.add("a", priority: .normal)
        #expect(state.next() == nil)
        #expect(state.depth == 0)
        state.done("a")
        #expect(state.depth == 1)
        #expect(state.next()?.key == "a")
        state.done("a")
        #expect(state.next() == nil)
        #expect(state.isEmpty)
    }

    @Test("the earliest of several delays wins, in either order")
    func earliestDelay() {
        for delays in [[10, 3], [3, 10]] {
            var state = make()
            for delay in delays { state.add("a", priority: .normal, after: .seconds(delay)) }
            state.advance(to: .seconds(2.9))
            #expect(state.next() == nil)
            state.advance(to: .seconds(3))
            #expect(state.next()?.key == "a")
            state.done("a")
            state.advance(to: .seconds(60))
            #expect(state.next() == nil)
        }
    }

    @Test("an immediate addition ends a delay")
    func immediateEndsDelay() {
        var state = make()
        state.add("a", priority: .normal, after: .seconds(10))
        state.add("a", priority: .normal)
        #expect(state.next()?.key == "a")
        state.done("a")
        state.advance(to: .seconds(20))
        #expect(state.next() == nil)
        #expect(state.isEmpty)
    }

    @Test("the wait of a key that was added while in flight counts from when its worker gave it back")
    func waitAfterFlight() {
        var state = make()
        state.add("a", priority: .normal)
        _ = state.next()
        state.advance(to: .seconds(5))
        state.add("a", priority: .normal)
        state.advance(to: .seconds(30))
        state.done("a")
        state.advance(to: .seconds(31))
        #expect(state.next()?.waited == .seconds(1))
        // A delayed key waits from its time on, whenever that is noticed.
        state.add("b", priority: .normal, after: .seconds(10))
        state.advance(to: .seconds(45))
        #expect(state.next()?.waited == .seconds(4))
    }

    @Test("a delay that is asked for while the key is in flight counts from then, and ends with an immediate addition")
    func delayWhileInFlight() {
        var state = make()
        state.add("a", priority: .normal)
        _ = state.next()
        state.add("a", priority: .normal, after: .seconds(5))
        state.advance(to: .seconds(1))
        state.done("a")
        #expect(state.next() == nil)
        state.advance(to: .seconds(5))
        #expect(state.next()?.key == "a")
        state.add("a", priority: .normal, after: .seconds(5))
        state.add("a", priority: .normal)
        state.done("a")
        #expect(state.next()?.key == "a")
    }

    @Test("a steady stream of additions cannot push a key out for ever")
    func noDebounce() {
        var state = make()
        for second in 0..<10 {
            state.advance(to: .seconds(second))
            state.add("a", priority: .normal, after: .seconds(5))
        }
        state.advance(to: .seconds(5))
        #expect(state.next()?.key == "a")
    }

    @Test("urgent keys go first, equal ones in the order in which they became ready")
    func order() {
        var state = make()
        state.add("low", priority: .low)
        state.add("late", priority: .normal, after: .seconds(1))
        state.add("first", priority: .normal)
        state.add("second", priority: .normal)
        state.add("urgent", priority: WorkPriority(level: 5))
        state.advance(to: .seconds(2))
        #expect((0..<5).compactMap { _ in state.next()?.key } == ["urgent", "first", "second", "late", "low"])
    }

    @Test("merging keeps the higher priority and the place in the order")
    func mergePriority() {
        var state = make()
        state.add("a", priority: .low)
        state.add("b", priority: .normal)
        state.add("a", priority: .normal)
        state.add("b", priority: .low)
        #expect(state.depths == [.normal: 2])
        #expect(state.next() == WorkItem(key: "a", priority: .normal, waited: .zero))
        #expect(state.next() == WorkItem(key: "b", priority: .normal, waited: .zero))
    }

    @Test("a key of low priority that waited for 30 s goes before newer ones, and is handed out with its own priority")
    func ageing() {
        var state = make()
        state.add("old", priority: .low)
        state.advance(to: .seconds(29))
        state.add("new", priority: .normal)
        #expect(state.next()?.key == "new")
        state.add("newer", priority: .normal)
        state.advance(to: .seconds(30))
        #expect(state.depths == [.normal: 2])
        #expect(state.next() == WorkItem(key: "old", priority: .low, waited: .seconds(30)))
    }

    @Test("a key's backoff doubles from 5 ms to the cap, and begins anew when it is forgotten")
    func backoff() {
        var state = make()
        var delays: [Duration] = []
        for _ in 0..<18 {
            state.addRateLimited("a", priority: .normal, unit: 0.5)
            let before = state.nextReadyAt ?? .zero
            let start = delays.reduce(.zero, +)
            delays.append(before - start)
            state.advance(to: before)
            _ = state.next()
            state.done("a")
        }
        #expect(delays[0] == .milliseconds(5))
        #expect(delays[1] == .milliseconds(10))
        #expect(delays[10] == .milliseconds(5_120))
        #expect(delays[15] == .milliseconds(163_840))
        #expect(delays[16] == .seconds(300))
        #expect(delays[17] == .seconds(300))
        #expect(state.failureCount("a") == 18)
        state.forget("a")
        #expect(state.isEmpty)
        state.addRateLimited("a", priority: .normal, unit: 0.5)
        let end = delays.reduce(.zero, +)
        #expect(state.nextReadyAt == end + .milliseconds(5))
    }

    @Test("a backoff varies by a fifth in both directions", arguments: [(0.0, 4), (0.5, 5), (1.0, 6)])
    func jitter(unit: Double, milliseconds: Int) throws {
        var state = make { $0.backoffJitter = 0.2 }
        state.addRateLimited("a", priority: .normal, unit: unit)
        let readyAt = try #require(state.nextReadyAt)
        let difference = readyAt - .milliseconds(milliseconds)
        #expect(abs(difference / .milliseconds(1)) < 0.000_1)
    }

    @Test("beyond a burst of 100, retries of all keys together come at 10 per second; first additions do not wait")
    func retryBudget() {
        var state = make()
        for index in 0..<150 { state.addRateLimited("\(index)", priority: .normal, unit: 0.5) }
        state.advance(to: .milliseconds(50))
        #expect(state.depth == 100)
        state.advance(to: .seconds(3))
        #expect(state.depth == 130)
        state.add("fresh", priority: .normal)
        #expect(state.depth == 131)
        state.advance(to: .seconds(5))
        #expect(state.depth == 151)
    }

    @Test("the retry budget never makes a key wait longer than the longest backoff")
    func boundedDebt() {
        var state = make()
        for index in 0..<20_000 { state.addRateLimited("\(index)", priority: .normal, unit: 0.5) }
        state.advance(to: .seconds(300))
        #expect(state.depth == 20_000)
    }

    @Test("absurd delays are clamped", arguments: [Duration.seconds(Int64.max), .seconds(-5), .zero])
    func clamps(delay: Duration) {
        var state = make()
        state.add("a", priority: .normal, after: delay)
        state.advance(to: .seconds(366 * 86_400))
        #expect(state.next()?.key == "a")
    }

    @Test("after shutdown nothing is added or handed out, and what is in flight may finish")
    func shutdown() {
        var state = make()
        state.add("a", priority: .normal)
        state.add("b", priority: .normal, after: .seconds(1))
        _ = state.next()
        state.add("c", priority: .normal)
        state.shutDown()
        state.add("d", priority: .normal)
        state.addRateLimited("e", priority: .normal, unit: 0.5)
        #expect(state.next() == nil)
        #expect(state.depth == 0)
        state.done("a")
        state.advance(to: .seconds(2))
        #expect(state.next() == nil)
        #expect(state.isEmpty)
    }

    @Test("a key that is delayed and re-added all day leaves no memory behind")
    func compacts() {
        var state = make()
        for second in 0..<5_000 {
            state.advance(to: .seconds(second))
            state.add("a", priority: .low, after: .seconds(600))
            state.add("a", priority: .low)
            _ = state.next()
            state.done("a")
        }
        #expect(state.heapElementCount < 250)
        #expect(state.isEmpty)
    }

    @Test(
        "random operations: no two workers on one key, exact depth, every addition served, nothing left at rest",
        arguments: 0..<40)
    func property(seed: Int) {
        let random = SeededRandomSource(seed: UInt64(seed))
        func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
        var state = make { $0.ageingThreshold = .seconds(5) }
        var now = Duration.zero
        var inFlight: Set<String> = []
        /// Keys for which somebody still waits: added and not handed out since.
        var owed: Set<String> = []

        func handOut() {
            guard let item = state.next() else { return }
            #expect(!inFlight.contains(item.key), "two workers on \(item.key)")
            #expect(owed.contains(item.key), "\(item.key) was handed out without an addition")
            inFlight.insert(item.key)
            owed.remove(item.key)
        }
        for _ in 0..<2_000 {
            let key = "k\(pick(12))"
            switch pick(8) {
            case 0, 1:
                state.add(key, priority: pick(2) == 0 ? .low : .normal)
                owed.insert(key)
            case 2:
                state.add(key, priority: .low, after: .milliseconds(pick(20_000)))
                owed.insert(key)
            case 3:
                state.addRateLimited(key, priority: .normal, unit: random.unit())
                owed.insert(key)
            case 4: state.forget(key)
            case 5:
                now += .milliseconds(pick(2_000))
                state.advance(to: now)
            case 6:
                if let key = inFlight.sorted().first {
                    state.done(key)
                    inFlight.remove(key)
                }
            default: handOut()
            }
            #expect(state.depth <= owed.count)
            #expect(state.depths.values.allSatisfy { $0 > 0 })
            #expect(state.workDurations.count == inFlight.count)
        }
        now += .seconds(1_000)
        state.advance(to: now)
        while !owed.isEmpty || !inFlight.isEmpty {
            let before = owed.count + inFlight.count
            for key in inFlight.sorted() { state.done(key) }
            inFlight = []
            #expect(state.depth == owed.count)
            handOut()
            if owed.count + inFlight.count >= before, inFlight.isEmpty {
                Issue.record("additions are lost: \(owed.sorted())")
                break
            }
        }
        for index in 0..<12 { state.forget("k\(index)") }
        #expect(state.isEmpty)
    }
}
