import KubernetesModel
import KubernetesTesting
import Testing

@testable import ControllerRuntime

@Suite("EventAggregation: random histories")
struct EventSeriesPropertyTests {
    /// What a server knows after the writes of a history, and what happened in it.
    private struct History {
        var aggregation = EventAggregation()
        /// The count of each event by name, as the server has it.
        var stored: [String: Int] = [:]
        /// How often each event happened, and how often something happened that nobody was told of for want of budget.
        var happened = 0
        var withheld = 0
        var writes: [String: Int] = [:]
        var now = Duration.zero
        var created = 0

        mutating func observe(_ object: String, _ reason: String) {
            let event = ObjectEvent(
                regarding: ObjectReference(Widget(object, uid: object)), kind: .normal, reason: reason, action: "Sync",
                note: "at \(now)")
            let name = "\(object) \(reason) \(created)"
            let (write, isOverBudget) = aggregation.observe(
                event, now: now, time: WallTime(secondsSince1970: now.components.seconds)
            ) {
                KubernetesEvent(metadata: ObjectMeta(name: name, namespace: "ns"))
            }
            happened += 1
            withheld += isOverBudget ? 1 : 0
            created += 1
            if let write {
                #expect(!isOverBudget)
                send(write, of: object)
            }
        }

        mutating func send(_ write: EventAggregation.Write, of object: String? = nil) {
            let name = write.event.metadata.name
            switch write {
            case .create(let event):
                #expect(stored[name] == nil, "created twice")
                #expect(event.series == nil)
                stored[name] = 1
            case .updateSeries(let event):
                let (before, after) = (stored[name], event.series?.count ?? 0)
                #expect(before != nil, "a series of an event that was never created")
                #expect(after > before ?? 0, "a count that does not grow")
                stored[name] = after
            }
            if let object { writes[object, default: 0] += 1 }
        }
    }

    @Test("no occurrence is lost or counted twice, the budget is kept, and nothing stays", arguments: 0..<50)
    func property(seed: Int) {
        let random = SeededRandomSource(seed: UInt64(seed))
        func below(_ bound: UInt64) -> Int { Int(random.next() % bound) }
        var history = History()
        // From storms to one event an hour.
        let pause = UInt64([1, 30, 400, 3_600][below(4)])
        for _ in 0..<2_000 {
            history.now += .milliseconds(below(pause * 1_000))
            if below(4) == 0 {
                for write in history.aggregation.due(now: history.now) { history.send(write) }
            } else {
                history.observe("w\(below(3))", "R\(below(20))")
            }
        }
        for write in history.aggregation.finish(now: history.now) { history.send(write) }
        #expect(history.stored.values.reduce(0, +) + history.withheld == history.happened)
        let allowed = EventAggregation.budgetBurst + history.now / EventAggregation.budgetRefill
        for (object, writes) in history.writes { #expect(Double(writes) <= allowed + 1, "\(object)") }

        let later = history.now + EventAggregation.budgetRefill * EventAggregation.budgetBurst
        #expect(history.aggregation.due(now: later).isEmpty)
        #expect(history.aggregation.size == 0)
    }
}
