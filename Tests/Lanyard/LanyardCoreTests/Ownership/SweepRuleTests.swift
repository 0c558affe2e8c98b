import LanyardCore
import Testing

@Suite("SweepRule")
struct SweepRuleTests {
    /// `shop/0`, `shop/1` … for each namespace, and with what begins.
    private static func ids(_ counts: [String: Int], _ prefix: String = "") -> [String: String] {
        var ids: [String: String] = [:]
        for (namespace, count) in counts {
            for number in 0..<count { ids["\(prefix)\(namespace)/\(number)"] = namespace }
        }
        return ids
    }

    /// So many looks in succession at the same state.
    private static func looks(_ number: Int, lost: [String: Int], all: [String: Int]) -> [SweepRule.Judgement<String>] {
        var judgements: [SweepRule.Judgement<String>] = []
        for _ in 0..<number {
            judgements.append(
                SweepRule.judge(ownerless: ids(lost), among: all, after: judgements.last?.seen ?? [:]))
        }
        return judgements
    }

    /// So many namespaces with one each.
    private static func small(_ count: Int) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: (0..<count).map { ("small-\($0)", 1) })
    }

    private static func healthy(_ count: Int) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: (0..<count).map { ("healthy-\($0)", 5) })
    }

    /// How many a few namespaces have lost and have had, beside healthy ones; which of them are held. None: all stops.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let lost: [String: Int]
        let all: [String: Int]
        var healthy = 0
        var held: [String] = []
    }

    @Test(
        "a few namespaces with too many keep theirs, however often it is looked at, and stop nobody",
        arguments: [
            Case(testDescription: "one among ten", lost: ["a": 6], all: ["a": 6], healthy: 9, held: ["a"]),
            Case(testDescription: "one of two", lost: ["a": 6], all: ["a": 6], healthy: 1, held: ["a"]),
            Case(
                testDescription: "one of two with most records", lost: ["a": 300], all: ["a": 300], healthy: 1,
                held: ["a"]),
            Case(
                testDescription: "one, and leftovers of others", lost: ["a": 6, "b": 1, "c": 1],
                all: ["a": 6, "b": 1, "c": 9], healthy: 1, held: ["a"]),
            Case(
                testDescription: "two of four", lost: ["a": 6, "b": 6], all: ["a": 6, "b": 6], healthy: 2,
                held: ["a", "b"]),
            Case(
                testDescription: "three that stay small", lost: ["a": 3, "b": 3, "c": 3],
                all: ["a": 3, "b": 3, "c": 3], healthy: 6, held: ["a", "b"]),
            Case(testDescription: "a part of the only one", lost: ["a": 6], all: ["a": 40], held: ["a"]),
        ])
    func crowd(_ example: Case) {
        let all = example.all.merging(Self.healthy(example.healthy)) { $1 }
        let lost = Self.ids(example.lost)
        let judgements = Self.looks(5, lost: example.lost, all: all)
        #expect(judgements[0].gone == [] && judgements[0].excess == nil)
        for judgement in judgements.dropFirst() {
            #expect(judgement.excess?.crowded == example.held)
            #expect(judgement.gone == Set(lost.filter { !example.held.contains($0.value) }.keys))
        }
    }

    @Test(
        "a disaster stops all, however often it is looked at",
        arguments: [
            Case(testDescription: "all of the only one", lost: ["a": 60], all: ["a": 60]),
            Case(testDescription: "most of the only one", lost: ["a": 6], all: ["a": 10]),
            Case(
                testDescription: "all, most of it in one", lost: ["a": 90, "b": 1, "c": 1],
                all: ["a": 90, "b": 1, "c": 1]),
            Case(
                testDescription: "three of four", lost: ["a": 6, "b": 6, "c": 6], all: ["a": 6, "b": 6, "c": 6],
                healthy: 1),
            Case(
                testDescription: "a part in each", lost: ["a": 4, "b": 4, "c": 4], all: ["a": 10, "b": 10, "c": 10]),
            Case(
                testDescription: "one in each of many",
                lost: ["a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1],
                all: ["a": 2, "b": 2, "c": 2, "d": 2, "e": 2, "f": 2], healthy: 6),
            Case(
                testDescription: "all of many small ones, beside one large namespace that has lost nothing",
                lost: Self.small(6), all: Self.small(6).merging(["large": 5_000]) { $1 }),
            Case(testDescription: "what has no namespace", lost: ["": 6], all: ["": 6], healthy: 6),
            Case(testDescription: "nor does that vouch", lost: ["a": 6], all: ["a": 6, "": 9]),
        ])
    func disaster(_ example: Case) {
        let all = example.all.merging(Self.healthy(example.healthy)) { $1 }
        for judgement in Self.looks(5, lost: example.lost, all: all).dropFirst() {
            #expect(judgement.gone == [] && judgement.excess?.isStop == true)
        }
    }

    @Test("namespaces that have lost all are too many by the limit for namespaces, and the message says so")
    func emptied() throws {
        let large = ["large": 5_000]
        let few = Self.looks(2, lost: Self.small(5), all: Self.small(5).merging(large) { $1 })[1]
        #expect(few.gone.count == 5 && few.excess == nil)
        // What is left of each shows that its objects are not lost.
        let parts = Self.looks(2, lost: Self.small(6), all: Self.small(6).mapValues { $0 + 1 }.merging(large) { $1 })[1]
        #expect(parts.gone.count == 6 && parts.excess == nil)
        let many = Self.looks(2, lost: Self.small(6), all: Self.small(6).merging(large) { $1 })[1]
        #expect(try #require(many.excess).reason == "all that 6 namespaces had among them")
    }

    @Test("what is held is counted: all of it, or what is of the crowded namespaces")
    func held() throws {
        let some = Self.looks(2, lost: ["a": 6, "b": 1], all: ["a": 6, "b": 9, "c": 9])[1]
        #expect(try #require(some.excess).held == 6)
        let all = Self.looks(2, lost: ["a": 60, "b": 1], all: ["a": 60, "b": 1])[1]
        #expect(try #require(all.excess).held == 61)
    }

    @Test("whoever abandons new ones before each look keeps theirs, and nothing that others left behind")
    func churn() {
        let all = ["shop": 18, "other": 20]
        var seen: [String: Int] = [:]
        var gone: [Set<String>] = []
        for look in 0..<4 {
            // What was abandoned at this look and before, unless it is gone.
            var ownerless = ["left": "other"]
            for batch in 0...look { ownerless.merge(Self.ids(["shop": 6], "\(batch)-")) { $1 } }
            for id in gone.joined() { ownerless[id] = nil }
            let judgement = SweepRule.judge(ownerless: ownerless, among: all, after: seen)
            seen = judgement.seen
            gone.append(judgement.gone)
        }
        #expect(gone == [[], ["left"], [], []])
    }

    @Test(
        "what was held goes when two looks in succession have found few enough",
        arguments: [["a": 6], ["a": 6, "b": 6, "c": 6]])
    func afterHold(lost: [String: Int]) {
        let all = ["a": 6, "b": 6, "c": 6]
        let held = Self.looks(4, lost: lost, all: all)[3]
        #expect(held.gone == [] && held.excess?.count == lost.values.reduce(0, +))
        let few = Self.ids(["a": 5])
        let first = SweepRule.judge(ownerless: few, among: all, after: held.seen)
        #expect(first.gone == [] && first.excess == nil)
        #expect(SweepRule.judge(ownerless: few, among: all, after: first.seen).gone == Set(few.keys))
    }
}
