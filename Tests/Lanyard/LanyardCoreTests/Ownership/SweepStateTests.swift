import LanyardAPI
import LanyardCore
import Testing

@Suite("SweepState")
struct SweepStateTests {
    /// Looks at entries, an interval after one another.
    private struct Looks {
        private var state = SweepState(every: .seconds(600))
        private var now = Duration.zero

        /// Each entry has a namespace of its own.
        ///
        /// - Parameter pause: since the last look.
        mutating func decide(
            ownerless: Set<String>, owned: Int, owners: Int, after pause: Duration = .seconds(600)
        ) -> SweepState.Decision {
            var all: [String: Int] = [:]
            for id in ownerless { all["ns-\(id)"] = 1 }
            for number in ownerless.count..<owned { all["kept-\(number)"] = 1 }
            let namespaces = Dictionary(uniqueKeysWithValues: ownerless.map { ($0, "ns-\($0)") })
            return decide(ownerless: namespaces, among: all, owners: owners, after: pause)
        }

        mutating func decide(
            ownerless: [String: String], among all: [String: Int], owners: Int, after pause: Duration = .seconds(600)
        ) -> SweepState.Decision {
            now += pause
            return state.decide(ownerless: ownerless, among: all, owners: owners, at: now)
        }

        mutating func forget() { state.forget() }
    }

    @Test("only what two looks in succession found without an owner is deleted")
    func twoLooks() {
        var state = Looks()
        #expect(state.decide(ownerless: ["b", "a"], owned: 100, owners: 1) == .keep)
        #expect(state.decide(ownerless: ["a", "b", "c"], owned: 100, owners: 1) == .delete(["a", "b"]))
        #expect(state.decide(ownerless: ["c"], owned: 98, owners: 1) == .delete(["c"]))
        #expect(state.decide(ownerless: [], owned: 97, owners: 1) == .keep)
    }

    @Test("what had an owner in between starts anew")
    func interrupted() {
        var state = Looks()
        #expect(state.decide(ownerless: ["a"], owned: 100, owners: 1) == .keep)
        #expect(state.decide(ownerless: [], owned: 100, owners: 1) == .keep)
        #expect(state.decide(ownerless: ["a"], owned: 100, owners: 1) == .keep)
    }

    @Test(
        "a sweep that would delete more than a tenth, at least five, stops",
        arguments: [
            (5, 10, true), (6, 10, false), (6, 59, false), (6, 60, true), (100, 1_000, true), (101, 1_000, false),
        ])
    func limit(ownerless: Int, owned: Int, passes: Bool) {
        let ids = Set((0..<ownerless).map { "e\($0)" })
        var state = Looks()
        #expect(state.decide(ownerless: ids, owned: owned, owners: 1) == .keep)
        let limit = max(5, owned / 10)
        let expected: SweepState.Decision = passes ? .delete(ids.sorted()) : .stop(count: ownerless, limit: limit)
        #expect(state.decide(ownerless: ids, owned: owned, owners: 1) == expected)
        // It stays stopped, and says so each time.
        if !passes { #expect(state.decide(ownerless: ids, owned: owned, owners: 1) == expected) }
    }

    @Test("a disaster is not carried out in parts: what is new counts as well")
    func parts() {
        var state = Looks()
        #expect(state.decide(ownerless: ["a"], owned: 20, owners: 1) == .keep)
        let many = Set(["a"] + (0..<10).map { "e\($0)" })
        #expect(state.decide(ownerless: many, owned: 20, owners: 1) == .stop(count: 11, limit: 5))
    }

    @Test("where there is no owner of anything, more than a single leftover is a definition that vanished, and stays")
    func noOwners() {
        var state = Looks()
        #expect(state.decide(ownerless: ["a", "b"], owned: 2, owners: 0) == .keep)
        #expect(state.decide(ownerless: ["a", "b"], owned: 2, owners: 0) == .stop(count: 2, limit: 1))
        #expect(state.decide(ownerless: ["a"], owned: 1, owners: 0) == .delete(["a"]))
        #expect(state.decide(ownerless: ["b"], owned: 2, owners: 1) == .keep)
        #expect(state.decide(ownerless: ["b"], owned: 2, owners: 1) == .delete(["b"]))
    }

    @Test("a look that fails is no look, and what was seen before it counts no more")
    func failed() {
        var state = Looks()
        #expect(state.decide(ownerless: ["a"], owned: 100, owners: 1) == .keep)
        state.forget()
        #expect(state.decide(ownerless: ["a"], owned: 100, owners: 1) == .keep)
        #expect(state.decide(ownerless: ["a"], owned: 100, owners: 1) == .delete(["a"]))
    }

    @Test("a look that is tried again in moments works from what was counted; half an interval later one counts again")
    func retries() {
        var state = Looks()
        #expect(state.decide(ownerless: ["a"], owned: 100, owners: 1) == .keep)
        for _ in 0..<3 {
            #expect(state.decide(ownerless: ["a", "b"], owned: 100, owners: 1, after: .seconds(1)) == .keep)
        }
        #expect(state.decide(ownerless: ["a", "b"], owned: 100, owners: 1, after: .seconds(297)) == .delete(["a"]))
        #expect(state.decide(ownerless: ["a", "b"], owned: 100, owners: 1, after: .zero) == .delete(["a"]))
        #expect(state.decide(ownerless: ["b"], owned: 99, owners: 1) == .delete(["b"]))
        // One that failed in between does not count.
        #expect(state.decide(ownerless: ["c"], owned: 98, owners: 1) == .keep)
        state.forget()
        #expect(state.decide(ownerless: ["c"], owned: 98, owners: 1, after: .seconds(1)) == .keep)
        #expect(state.decide(ownerless: ["c"], owned: 98, owners: 1) == .delete(["c"]))
    }

    @Test("one namespace with too many keeps them until few are left; all is kept where nothing has an owner")
    func oneNamespace() {
        let ids = (0..<6).map { "e\($0)" }
        let lost = Dictionary(uniqueKeysWithValues: ids.map { ($0, "shop") })
        let all = ["shop": 6, "other": 20]
        var state = Looks()
        #expect(state.decide(ownerless: lost, among: all, owners: 20) == .keep)
        guard case .deleteSome(let early, let excess) = state.decide(ownerless: lost, among: all, owners: 20) else {
            Issue.record("not told")
            return
        }
        #expect(early == [] && excess.count == 6 && excess.limit == 5 && excess.crowded == ["shop"])
        var abandoned = state
        #expect(abandoned.decide(ownerless: lost, among: all, owners: 0) == .stop(count: 6, limit: 1))
        for _ in 0..<3 {
            #expect(state.decide(ownerless: lost, among: all, owners: 20) == .deleteSome([], excess))
        }
        let few = lost.filter { $0.key != "e5" }
        #expect(state.decide(ownerless: few, among: all, owners: 20) == .keep)
        #expect(state.decide(ownerless: few, among: all, owners: 20) == .delete(Array(ids.dropLast())))
    }
}
