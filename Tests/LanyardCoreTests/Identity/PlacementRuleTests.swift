import LanyardAPI
import LanyardCore
import Testing

@Suite("NodeGrace")
struct NodeGraceTests {
    private let one = NodeFacts(name: "n1", uid: "1")
    private let two = NodeFacts(name: "n2", uid: "2")

    @Test("an entry outlives the last pod on its node by a minute")
    func grace() {
        var grace = NodeGrace()
        #expect(grace.observe(occupied: [one, two], at: .seconds(0)) == ([], nil))
        #expect(grace.observe(occupied: [one], at: .seconds(10)) == ([two], .seconds(70)))
        #expect(grace.observe(occupied: [one], at: .seconds(69)) == ([two], .seconds(70)))
        #expect(grace.observe(occupied: [one], at: .seconds(70)) == ([], nil))
        #expect(grace.observe(occupied: [one], at: .seconds(71)) == ([], nil))
    }

    @Test("a pod that comes back in time ends the grace, and the next one is a whole one")
    func churn() {
        var grace = NodeGrace()
        _ = grace.observe(occupied: [one], at: .seconds(0))
        #expect(grace.observe(occupied: [], at: .seconds(5)) == ([one], .seconds(65)))
        #expect(grace.observe(occupied: [one], at: .seconds(30)) == ([], nil))
        #expect(grace.observe(occupied: [], at: .seconds(60)) == ([one], .seconds(120)))
    }
}

@Suite("LeftoverGrace")
struct LeftoverGraceTests {
    @Test("what a process finds unwanted at its first look stays for a minute, and then goes")
    func first() {
        var grace = LeftoverGrace()
        #expect(grace.observe(unwanted: ["a", "b"], at: .seconds(5)) == (["a", "b"], .seconds(65)))
        #expect(grace.observe(unwanted: ["a", "b", "c"], at: .seconds(64)) == (["a", "b"], .seconds(65)))
        #expect(grace.observe(unwanted: ["a", "b", "c"], at: .seconds(65)) == ([], nil))
    }

    @Test("what was wanted in between is no leftover any more")
    func wanted() {
        var grace = LeftoverGrace()
        _ = grace.observe(unwanted: ["a"], at: .seconds(0))
        #expect(grace.observe(unwanted: [], at: .seconds(1)) == ([], nil))
        #expect(grace.observe(unwanted: ["a"], at: .seconds(2)) == ([], nil))
    }

    @Test("what becomes unwanted later goes at once")
    func later() {
        var grace = LeftoverGrace()
        #expect(grace.observe(unwanted: [], at: .seconds(0)) == ([], nil))
        #expect(grace.observe(unwanted: ["a"], at: .seconds(1)) == ([], nil))
    }
}

@Suite("SweepState")
struct SweepStateTests {
    @Test("only what two looks in succession found without an owner is deleted")
    func twoLooks() {
        var state = SweepState()
        #expect(state.decide(ownerless: ["b", "a"], owned: 100, owners: 1) == .keep)
        #expect(state.decide(ownerless: ["a", "b", "c"], owned: 100, owners: 1) == .delete(["a", "b"]))
        #expect(state.decide(ownerless: ["c"], owned: 98, owners: 1) == .delete(["c"]))
        #expect(state.decide(ownerless: [], owned: 97, owners: 1) == .keep)
    }

    @Test("what had an owner in between starts anew")
    func interrupted() {
        var state = SweepState()
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
        var state = SweepState()
        #expect(state.decide(ownerless: ids, owned: owned, owners: 1) == .keep)
        let limit = max(5, owned / 10)
        let expected: SweepState.Decision = passes ? .delete(ids.sorted()) : .stop(count: ownerless, limit: limit)
        #expect(state.decide(ownerless: ids, owned: owned, owners: 1) == expected)
        // It stays stopped, and says so each time.
        if !passes { #expect(state.decide(ownerless: ids, owned: owned, owners: 1) == expected) }
    }

    @Test("a disaster is not carried out in parts: what is new counts as well")
    func parts() {
        var state = SweepState()
        #expect(state.decide(ownerless: ["a"], owned: 20, owners: 1) == .keep)
        let many = Set(["a"] + (0..<10).map { "e\($0)" })
        #expect(state.decide(ownerless: many, owned: 20, owners: 1) == .stop(count: 11, limit: 5))
    }

    @Test("where there is no owner of anything, more than a single leftover is a definition that vanished, and stays")
    func noOwners() {
        var state = SweepState()
        #expect(state.decide(ownerless: ["a", "b"], owned: 2, owners: 0) == .keep)
        #expect(state.decide(ownerless: ["a", "b"], owned: 2, owners: 0) == .stop(count: 2, limit: 1))
        #expect(state.decide(ownerless: ["a"], owned: 1, owners: 0) == .delete(["a"]))
        #expect(state.decide(ownerless: ["b"], owned: 2, owners: 1) == .keep)
        #expect(state.decide(ownerless: ["b"], owned: 2, owners: 1) == .delete(["b"]))
    }

    @Test("a look that fails is no look, and what was seen before it counts no more")
    func failed() {
        var state = SweepState()
        #expect(state.decide(ownerless: ["a"], owned: 100, owners: 1) == .keep)
        state.forget()
        #expect(state.decide(ownerless: ["a"], owned: 100, owners: 1) == .keep)
        #expect(state.decide(ownerless: ["a"], owned: 100, owners: 1) == .delete(["a"]))
    }
}

@Suite("ListingPolicy")
struct ListingPolicyTests {
    private let policy = ListingPolicy(interval: .seconds(600))

    @Test(
        "point reads are taken where ours are few among many",
        arguments: [
            (10, 10, 0, ListingPolicy.Round.listing), (19, 100, 0, .pointReads), (20, 100, 0, .listing),
            (1, 6, 4, .pointReads), (1, 6, 5, .listing), (0, 1, 0, .pointReads), (0, 0, 0, .listing),
            (10_000, 10_001, 0, .listing), (50, 300_000, 2, .pointReads),
        ])
    func rounds(owned: Int, total: Int, since: Int, expected: ListingPolicy.Round) {
        #expect(policy.nextRound(owned: owned, total: total, roundsSinceListing: since) == expected)
    }

    @Test("the first round is a listing, whatever there is")
    func first() {
        #expect(policy.nextRound(owned: 0, total: nil, roundsSinceListing: 0) == .listing)
    }

    @Test("parts are spread evenly over the interval; many differences end the pauses")
    func pauses() {
        #expect(policy.pause(parts: 20, differences: 0) == .seconds(30))
        #expect(policy.pause(parts: 20, differences: 9) == .seconds(30))
        #expect(policy.pause(parts: 20, differences: 10) == .zero)
        #expect(policy.pause(parts: 0, differences: 0) == .seconds(600))
    }
}

@Suite("FederationPlan")
struct FederationPlanTests {
    @Test("an entry names the trust domains whose bundles are there, and the others are missing")
    func partial() throws {
        let plan = FederationPlan(wanted: ["b.org", "a.org", "c.org"], stored: ["c.org", "d.org"])
        #expect(plan.missing == ["a.org", "b.org"])
        var entry = RegistrationEntry(
            id: "x", spiffeID: try SPIFFEID("spiffe://o/a"), parentID: try SPIFFEID("spiffe://o/b"), selectors: [])
        entry.federatesWith = ["a.org", "b.org", "c.org"]
        let made = plan.applied(to: DesiredEntries(entries: [DesiredEntry(entry: entry)]))
        #expect(made.entries.first?.entry.federatesWith == ["c.org"])
        #expect(FederationPlan(wanted: ["a.org"], stored: ["a.org"]).missing == [])
    }
}
