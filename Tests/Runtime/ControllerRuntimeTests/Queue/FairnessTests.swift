import KubernetesModel
import KubernetesTesting
import Synchronization
import Testing

@testable import ControllerRuntime

/// Threat T35: one tenant's thousands of objects must not starve another's.
@Suite("Fairness of the work queue among groups")
struct FairnessTests {
    private typealias State = WorkQueueState<ObjectKey>

    private func make(inFlightPerGroup limit: Int? = nil) -> State {
        var settings = WorkQueueSettings()
        settings.backoffJitter = 0
        settings.inFlightPerGroup = limit
        return State(settings: settings, now: .zero, group: { $0.namespace })
    }

    private func key(_ namespace: String, _ number: Int) -> ObjectKey {
        ObjectKey(namespace: namespace, name: "o\(number)")
    }

    private func handOut(_ count: Int, of state: inout State) -> [String] {
        (0..<count).compactMap { _ in
            guard let key = state.next()?.key else { return nil }
            state.done(key)
            return key.namespace
        }
    }

    @Test("a tenant with 5 000 objects delays another's by one pass, not by 5 000")
    func flood() {
        var state = make()
        for number in 0..<5_000 { state.add(key("flood", number), priority: .normal) }
        #expect(handOut(100, of: &state) == Array(repeating: "flood", count: 100))
        state.add(key("quiet", 0), priority: .normal)
        #expect(handOut(2, of: &state).contains("quiet"))
        // Nor does a flood that goes on while it is worked off.
        for number in 0..<50 {
            state.add(key("flood", 10_000 + number), priority: .normal)
            state.add(key("quiet", number), priority: .normal)
            #expect(handOut(2, of: &state).sorted() == ["flood", "quiet"])
        }
    }

    @Test("a tenant whose passes hang has its share of the workers, and its keys keep their turn")
    func share() {
        var state = make(inFlightPerGroup: 8)
        for number in 0..<100 { state.add(key("hangs", number), priority: .normal) }
        var inFlight: [ObjectKey] = []
        while let item = state.next() { inFlight.append(item.key) }
        #expect(inFlight.count == 8)
        state.add(key("quiet", 0), priority: .low)
        #expect(state.next()?.key.namespace == "quiet")
        #expect(state.next() == nil)
        #expect(state.depth == 92)
        // One ends, and the next of the same tenant has its turn, in the order of arrival.
        state.done(inFlight.removeFirst())
        #expect(state.next()?.key == key("hangs", 8))
        #expect(state.next() == nil)
        // What is added while it is in flight, and its urgency, change nothing of that.
        state.add(inFlight[0], priority: .normal)
        state.add(key("hangs", 50), priority: WorkPriority(level: 1))
        #expect(state.next() == nil)
        state.done(inFlight.removeFirst())
        #expect(state.next()?.key == key("hangs", 50))
        #expect(state.next() == nil)
    }

    @Test("what costs the API server much takes more of its tenant's share, and gives back what it took")
    func weight() {
        var settings = WorkQueueSettings()
        settings.inFlightPerGroup = 8
        let weights = Mutex(5)
        var state = State(
            settings: settings, now: .zero, group: { $0.namespace }, weight: { _ in weights.withLock { $0 } })
        for number in 0..<20 { state.add(key("large", number), priority: .normal) }
        #expect(state.next() != nil && state.next() != nil)
        #expect(state.next() == nil)
        // What it took counts, whatever it has become meanwhile.
        weights.withLock { $0 = 1 }
        state.done(key("large", 0))
        var count = 0
        while state.next() != nil { count += 1 }
        #expect(count == 3)
    }

    @Test("all keys of a tenant with a share are worked off, and none of it is remembered")
    func shareEnds() {
        var state = make(inFlightPerGroup: 2)
        for number in 0..<20 {
            state.add(key("a", number), priority: number.isMultiple(of: 2) ? .normal : .low)
            state.add(key("b", number), priority: .normal)
        }
        var seen = 0
        var inFlight: [ObjectKey] = []
        while true {
            while let item = state.next() { inFlight.append(item.key) }
            guard let last = inFlight.popLast() else { break }
            seen += 1
            state.done(last)
        }
        #expect(seen == 40)
        #expect(state.isEmpty)
    }

    @Test("tenants take turns, each in the order of its own objects, and nothing is lost")
    func turns() {
        var state = make()
        for namespace in ["a", "b", "c"] {
            for number in 0..<20 { state.add(key(namespace, number), priority: .normal) }
        }
        var seen: [String: [String]] = [:]
        for _ in 0..<20 {
            var round: [String] = []
            for _ in 0..<3 {
                guard let item = state.next() else { break }
                round.append(item.key.namespace ?? "")
                seen[item.key.namespace ?? "", default: []].append(item.key.name)
                state.done(item.key)
            }
            #expect(round.sorted() == ["a", "b", "c"])
        }
        for names in seen.values { #expect(names == (0..<20).map { "o\($0)" }) }
        #expect(state.next() == nil && state.isEmpty)
    }

    @Test("priority goes before turns")
    func priority() {
        var state = make()
        for number in 0..<10 { state.add(key("flood", number), priority: .normal) }
        state.add(key("quiet", 0), priority: .low)
        #expect(handOut(11, of: &state).last == "quiet")
    }

    @Test("a tenant's backlog of one priority does not go before another's key of that priority after one urgent edit")
    func backlog() {
        var state = make()
        for number in 0..<5_000 { state.add(key("flood", number), priority: .low) }
        state.add(key("flood", 9_999), priority: .normal)
        #expect(handOut(1, of: &state) == ["flood"])
        state.add(key("quiet", 0), priority: .low)
        #expect(handOut(2, of: &state).contains("quiet"))
        // Nor after one of the backlog became urgent.
        state.add(key("flood", 4_999), priority: .normal)
        #expect(handOut(1, of: &state) == ["flood"])
        state.add(key("quiet", 1), priority: .low)
        #expect(handOut(2, of: &state).contains("quiet"))
    }

    @Test("a backlog that has become urgent with time delays another tenant's edit by one pass")
    func agedBacklog() {
        var state = make()
        for number in 0..<5_000 { state.add(key("flood", number), priority: .low) }
        state.add(key("flood", 9_999), priority: .normal)
        #expect(handOut(100, of: &state).count == 100)
        for number in 0..<50 {
            state.advance(to: .seconds(31 + number))
            state.add(key("quiet", number), priority: .normal)
            #expect(handOut(2, of: &state).sorted() == ["flood", "quiet"])
        }
    }

    @Test("who had a backlog and has none any more starts where everybody does")
    func recovered() {
        var state = make()
        for number in 0..<5_000 { state.add(key("flood", number), priority: .low) }
        // All of it becomes urgent, and is done.
        state.advance(to: .seconds(31))
        #expect(handOut(5_000, of: &state).count == 5_000)
        for number in 0..<10 { state.add(key("quiet", number), priority: .low) }
        state.add(key("flood", 0), priority: .low)
        #expect(handOut(2, of: &state).contains("flood"))
    }

    @Test("a tenant whose objects all fail uses up its own budget of retries, not another's")
    func retries() {
        var state = make()
        for number in 0..<5_000 { state.addRateLimited(key("flood", number), priority: .normal, unit: 0.5) }
        state.addRateLimited(key("quiet", 0), priority: .normal, unit: 0.5)
        state.advance(to: .milliseconds(10))
        var namespaces: Set<String> = []
        while let item = state.next() { namespaces.insert(item.key.namespace ?? "") }
        #expect(namespaces == ["flood", "quiet"])
        #expect(state.failureCount(key("quiet", 0)) == 1)
        // The budget of the flood is used up: most of it waits for minutes.
        state.advance(to: .seconds(10))
        var count = 0
        while state.next() != nil { count += 1 }
        #expect(count < 200)
    }

    @Test("groups that have nothing to do are forgotten")
    func memory() {
        var ready = ReadyKeys<ObjectKey>()
        var budgets = RetryBudgets(settings: WorkQueueSettings())
        for number in 0..<10_000 {
            let name = "n\(number)"
            ready.insert(.init(sequence: 2, key: key(name, 0), generation: 1), of: name, at: .low)
            ready.insert(.init(sequence: 1, key: key(name, 1), generation: 1), of: name, at: .low)
            ready.remove(of: name, at: .low)
            #expect(ready.popFirst(where: { $0.sequence == 2 })?.key == key(name, 0))
            _ = budgets.reserve(for: name, now: .seconds(number))
        }
        #expect(ready.groupCount == 0)
        #expect(ready.elementCount == 0)
        #expect(budgets.count <= 200)
    }

    @Test("a key that is raised over and over while nobody works leaves nothing behind")
    func restless() {
        var state = make()
        state.add(key("a", 0), priority: .low)
        for number in 0..<5_000 {
            state.add(key("b", number), priority: .low)
            state.add(key("b", number), priority: .normal)
            #expect(state.next()?.key == key("b", number))
            state.done(key("b", number))
        }
        #expect(state.heapElementCount < 300)
        #expect(handOut(9, of: &state) == ["a"])
        #expect(state.isEmpty)
    }
}
