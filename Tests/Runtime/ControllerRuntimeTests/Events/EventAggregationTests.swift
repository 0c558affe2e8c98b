import KubernetesModel
import Testing

@testable import ControllerRuntime

@Suite("EventAggregation")
struct EventAggregationTests {
    private func event(_ name: String = "a", reason: String = "Synced", note: String = "done") -> ObjectEvent {
        ObjectEvent(
            regarding: ObjectReference(Widget(name, uid: "uid-\(name)")), kind: .normal, reason: reason,
            action: "Sync", note: note)
    }

    private func made(_ name: String) -> KubernetesEvent {
        KubernetesEvent(metadata: ObjectMeta(name: name, namespace: "ns"))
    }

    private func observe(
        _ aggregation: inout EventAggregation, _ event: ObjectEvent, at seconds: Int64
    ) -> EventAggregation.Write? {
        aggregation.observe(
            event, now: .seconds(seconds), time: WallTime(secondsSince1970: seconds), makeEvent: { made("e\(seconds)") }
        ).write
    }

    @Test("the first occurrence is created, the second makes a series, later ones are counted in memory")
    func series() {
        var aggregation = EventAggregation()
        #expect(observe(&aggregation, event(), at: 0) == .create(made("e0")))
        guard case .updateSeries(let second) = observe(&aggregation, event(), at: 10) else {
            Issue.record("the second occurrence was not reported")
            return
        }
        #expect(second.metadata.name == "e0")
        #expect(second.series == .init(count: 2, lastObservedTime: "1970-01-01T00:00:10.000000Z"))
        for second in 11..<300 { #expect(observe(&aggregation, event(), at: Int64(second)) == nil) }
        #expect(aggregation.due(now: .seconds(300)).isEmpty)
    }

    @Test("a series that goes on is reported every half hour, and when it is over")
    func reports() {
        var aggregation = EventAggregation()
        var writes: [Int] = []
        for second in stride(from: 0, through: 4_000, by: 100) {
            if case .updateSeries(let event) = observe(&aggregation, event(), at: Int64(second)) {
                writes.append(event.series?.count ?? 0)
            }
            writes += aggregation.due(now: .seconds(second)).map { $0.event.series?.count ?? 0 }
        }
        #expect(writes == [2, 20, 38])
        #expect(aggregation.due(now: .seconds(4_359)).isEmpty)
        #expect(aggregation.due(now: .seconds(4_360)).map { $0.event.series?.count } == [41])
        #expect(observe(&aggregation, event(), at: 4_361) == .create(made("e4361")))
    }

    @Test(
        "events differ by object, reason, action, kind and what they say; a new version of the object is no difference")
    func keys() {
        var aggregation = EventAggregation()
        var other = event()
        _ = observe(&aggregation, event(), at: 0)
        other.regarding.resourceVersion = "99"
        guard case .updateSeries = observe(&aggregation, other, at: 1) else {
            Issue.record("the version made a difference")
            return
        }
        let changes: [(inout ObjectEvent) -> Void] = [
            { $0.kind = .warning }, { $0.action = "Other" }, { $0.reason = "Other" }, { $0.regarding.uid = "other" },
            { $0.note = "another one" },
        ]
        for (second, change) in changes.enumerated() {
            var different = event()
            change(&different)
            #expect(observe(&aggregation, different, at: Int64(second + 2)) == .create(made("e\(second + 2)")))
        }
    }

    @Test("one object may write 25 events at once and then one per five minutes; others are not affected")
    func budget() {
        var aggregation = EventAggregation()
        for index in 0..<25 { #expect(observe(&aggregation, event(reason: "R\(index)"), at: 0) != nil) }
        let over = aggregation.observe(
            event(reason: "R25"), now: .zero, time: WallTime(secondsSince1970: 0), makeEvent: { made("x") })
        #expect(over.write == nil)
        #expect(over.isOverBudget)
        #expect(observe(&aggregation, event("b"), at: 0) != nil)
        #expect(observe(&aggregation, event(reason: "R26"), at: 299) == nil)
        #expect(observe(&aggregation, event(reason: "R27"), at: 300) != nil)
        #expect(observe(&aggregation, event(reason: "R28"), at: 301) == nil)
    }

    @Test("notes that vary without end are bounded by the object's budget")
    func varyingNotes() {
        var aggregation = EventAggregation()
        let writes = (0..<1_000).count { observe(&aggregation, event(note: "\($0)"), at: 0) != nil }
        #expect(writes == 25)
        #expect(observe(&aggregation, event("b", note: "1"), at: 0) != nil)
    }

    @Test("memory is bounded by the number of series, and empty when all are over")
    func bounded() {
        var aggregation = EventAggregation()
        for index in 0..<10_000 { _ = observe(&aggregation, event("w\(index)"), at: Int64(index / 100)) }
        #expect(aggregation.size <= 10_000 + EventAggregation.maximumSeries)
        _ = aggregation.due(now: .seconds(100_000))
        #expect(aggregation.size == 0)
    }

    @Test("at the end all counts that were not reported are")
    func finish() {
        var aggregation = EventAggregation()
        for second in 0..<5 { _ = observe(&aggregation, event(), at: Int64(second)) }
        _ = observe(&aggregation, event("single"), at: 5)
        #expect(aggregation.finish(now: .seconds(9)).map { $0.event.series?.count } == [5])
        #expect(aggregation.finish(now: .seconds(9)).isEmpty)
    }
}
