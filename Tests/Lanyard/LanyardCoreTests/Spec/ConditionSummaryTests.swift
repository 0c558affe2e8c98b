import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("ConditionSummary")
struct ConditionSummaryTests {
    private static let before = "2026-01-01T00:00:00Z"
    private static let now = "2026-01-02T00:00:00Z"

    private func conditions(
        _ parts: [(type: String, outcome: ConditionOutcome)], generation: Int64? = 3, previous: [Condition] = [],
        now: String = Self.now
    ) -> [Condition] {
        ConditionSummary.conditions(
            parts: parts, readyMessage: "usable", generation: generation, previous: previous, now: now)
    }

    private func part(_ type: String, _ reason: Reason?) -> (type: String, outcome: ConditionOutcome) {
        (type, reason.map { .fails($0, "\(type) fails") } ?? .holds(.synced, "\(type) holds"))
    }

    @Test("Ready holds when all parts do, and then nothing is abnormal")
    func ready() {
        let made = conditions([part("A", nil), part("B", nil)])
        #expect(made.map(\.type) == ["Ready", "A", "B"])
        #expect(made.allSatisfy { $0.status == .yes && $0.observedGeneration == 3 })
        #expect(made.condition("Ready")?.reason == "Ready")
        #expect(made.condition("Ready")?.message == "usable")
    }

    @Test("Ready says what the first part says that does not hold", arguments: [0, 1, 2])
    func firstFailing(index: Int) {
        let reasons: [Reason?] = [.conflict, .rejected, .noLiveAgents]
        let types = ["A", "B", "C"]
        let parts = types.indices.map { part(types[$0], $0 < index ? nil : reasons[$0]) }
        let ready = conditions(parts).condition("Ready")
        #expect(ready?.status == .no)
        #expect(ready?.reason == reasons[index]?.rawValue)
        #expect(ready?.message == "\(types[index]) fails")
    }

    @Test("a part of which nothing is known makes Ready false, too")
    func unknownPart() {
        let made = conditions([part("A", nil), ("B", ConditionOutcome(.unknown, .unknown, "not looked at yet"))])
        #expect(made.condition("B")?.status == .unknown)
        #expect(made.condition("Ready")?.status == .no)
        #expect(made.condition("Ready")?.reason == "Unknown")
    }

    @Test("trouble is either Stalled or Reconciling, never both, after the parts", arguments: Reason.allCases)
    func abnormal(reason: Reason) throws {
        let made = conditions([part("A", reason)])
        #expect(made.count == 3)
        let abnormal = try #require(made.last)
        #expect(abnormal.type == (reason.needsIntervention ? "Stalled" : "Reconciling"))
        #expect(abnormal.status == .yes)
        #expect(abnormal.reason == (reason.needsIntervention ? reason.rawValue : "Retrying"))
        #expect(abnormal.message == "A fails")
        #expect(abnormal.observedGeneration == 3)
    }

    @Test("the first part that fails decides whether a human is needed")
    func firstFailingDecides() {
        let healing = conditions([part("A", .vaultSealed), part("B", .conflict)])
        #expect(healing.condition("Reconciling") != nil)
        #expect(healing.condition("Stalled") == nil)
        let stuck = conditions([part("A", .conflict), part("B", .vaultSealed)])
        #expect(stuck.condition("Stalled") != nil)
        #expect(stuck.condition("Reconciling") == nil)
    }

    @Test("abnormal conditions of earlier passes go when they are over, and change into each other")
    func abnormalEnds() {
        let stuck = conditions([part("A", .conflict)], now: Self.before)
        #expect(conditions([part("A", nil)], previous: stuck).map(\.type) == ["Ready", "A"])
        let healing = conditions([part("A", .vaultSealed)], previous: stuck)
        #expect(healing.map(\.type) == ["Ready", "A", "Reconciling"])
        #expect(healing.condition("Reconciling")?.lastTransitionTime == Self.now)
    }

    @Test("a transition time moves only when the status changes, not with reason, message or generation")
    func transitionTimes() {
        let first = conditions([part("A", .conflict), part("B", nil)], generation: 1, now: Self.before)
        #expect(first.allSatisfy { $0.lastTransitionTime == Self.before })
        let second = conditions([part("A", .rejected), part("B", .pending)], generation: 2, previous: first)
        #expect(second.condition("Ready")?.lastTransitionTime == Self.before)
        #expect(second.condition("A")?.lastTransitionTime == Self.before)
        #expect(second.condition("A")?.reason == "Rejected")
        #expect(second.condition("Stalled")?.lastTransitionTime == Self.before)
        #expect(second.condition("B")?.lastTransitionTime == Self.now)
    }

    @Test("the same parts again change nothing, however much later")
    func constant() {
        let parts = [part("A", .conflict), part("B", nil)]
        let first = conditions(parts, now: Self.before)
        #expect(conditions(parts, previous: first, now: Self.now) == first)
    }

    @Test("the order in which conditions are stored is kept, so that an unchanged status is equal to the stored one")
    func storedOrder() {
        let stored = Array(conditions([part("A", .conflict), part("B", nil)], now: Self.before).reversed())
        #expect(conditions([part("B", nil), part("A", .conflict)], previous: stored) == stored)
        let grown = conditions([part("C", nil), part("A", .conflict)], previous: stored)
        #expect(grown.map(\.type) == ["Stalled", "B", "A", "Ready", "C"])
    }

    @Test("a paused object is not Ready as if somebody watched it, and claims no generation that nobody looked at")
    func paused() throws {
        let before = conditions([part("A", nil), part("B", .conflict)], generation: 2, now: Self.before)
        let made = ConditionSummary.paused(isBeingDeleted: false, previous: before, now: Self.now)
        let ready = try #require(made.condition("Ready"))
        #expect(ready.status == .unknown && ready.reason == "Paused" && ready.observedGeneration == 2)
        #expect(ready.message.contains("lanyard.dev/paused"))
        #expect(ready.lastTransitionTime == Self.now)
        // What was seen last stays; nothing is tried, and nothing is stuck.
        #expect(made.map(\.type) == ["Ready", "A", "B"])
        #expect(made.condition("A") == before.condition("A"))
        #expect(ConditionSummary.paused(isBeingDeleted: false, previous: made, now: "later") == made)
        let deleted = ConditionSummary.paused(isBeingDeleted: true, previous: made, now: "later")
        #expect(deleted.condition("Ready")?.message.contains("the deletion waits") == true)
        #expect(deleted.condition("Ready")?.lastTransitionTime == Self.now)
        let new = ConditionSummary.paused(isBeingDeleted: false, previous: [], now: Self.now)
        #expect(new.map(\.type) == ["Ready"] && new.first?.observedGeneration == nil)
    }

    @Test("what was not looked at in this pass stays, with the generation at which it was found")
    func kept() {
        let first = conditions([part("A", nil), part("B", .conflict)], generation: 1, now: Self.before)
        let second = conditions([part("A", .invalidSpec)], generation: 2, previous: first)
        #expect(second.condition("B") == first.condition("B"))
        #expect(second.map(\.type) == ["Ready", "A", "B", "Stalled"])
        #expect(Set(second.map(\.type)).count == second.count)
    }

    @Test("a message that is too long is cut, also where one character is made of thousands")
    func bounded() {
        let messages = [
            String(repeating: "x", count: 40_000), String(repeating: "ü", count: 40_000),
            "e" + String(repeating: "\u{301}", count: 40_000), String(repeating: "👩‍👩‍👧‍👦", count: 4_000),
        ]
        for message in messages {
            for condition in conditions([("A", .fails(.rejected, message))]) {
                // Kubernetes counts code points.
                #expect(condition.message.unicodeScalars.count <= 1024)
                #expect(condition.message.hasSuffix("…"))
                #expect(condition.message.unicodeScalars.first == message.unicodeScalars.first)
            }
        }
        let fitting = String(repeating: "x", count: 1024)
        #expect(conditions([("A", .fails(.rejected, fitting))]).condition("A")?.message == fitting)
    }
}
