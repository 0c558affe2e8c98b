import KubernetesModel
import KubernetesTesting
import Testing

@testable import ControllerRuntime

/// Threat T35: one tenant's thousands of objects must not starve another's.
@Suite("Fairness of the work queue among groups")
struct FairnessTests {
    private typealias State = WorkQueueState<ObjectKey>

    private func make() -> State {
        var settings = WorkQueueSettings()
        settings.backoffJitter = 0
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
        var shares = FairShares<ObjectKey>(group: { $0.namespace }, settings: WorkQueueSettings())
        for number in 0..<10_000 {
            shares.served(shares.nextTurn(of: key("n\(number)", 0)))
            _ = shares.reserveRetry(of: key("n\(number)", 0), now: .seconds(number))
        }
        #expect(shares.groupCount <= 200)
    }
}
