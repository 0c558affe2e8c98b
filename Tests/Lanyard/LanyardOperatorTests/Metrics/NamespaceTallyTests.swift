import KubernetesModel
import Testing

@testable import LanyardOperator

@Suite("NamespaceTally")
struct NamespaceTallyTests {
    private func label(_ namespace: String, _ status: Condition.Status) -> NamespaceTally.Label {
        let reason = status == .yes ? "Ready" : "Conflict"
        return NamespaceTally.Label(namespace: namespace, kind: "WorkloadIdentity", status: status, reason: reason)
    }

    @Test("what a namespace has no more is forgotten")
    func forgotten() {
        var tally = NamespaceTally()
        tally.count(label("shop", .no), 1)
        tally.count(label("shop", .no), 1)
        tally.count(label("farm", .yes), 1)
        #expect(tally.shown == [label("shop", .no): 2, label("farm", .yes): 1])
        tally.count(label("shop", .no), -1)
        tally.count(label("farm", .yes), -1)
        #expect(tally.shown == [label("shop", .no): 1])
    }

    @Test("of too many namespaces those are shown that have something which is not ready, and the rest together")
    func limit() {
        var tally = NamespaceTally()
        let limit = NamespaceTally.limit
        for number in 0..<limit { tally.count(label("ready-\(number)", .yes), 3) }
        #expect(tally.shown.count == limit)
        #expect(!tally.shown.keys.contains { $0.namespace == NamespaceTally.others })
        for number in 0..<10 {
            tally.count(label("wrong-\(number)", .no), 1)
            tally.count(label("wrong-\(number)", .yes), 5)
        }
        let shown = tally.shown
        #expect(shown.count == limit + 10 + 1)
        // What is ready beside it is shown with it.
        #expect((0..<10).allSatisfy { shown[label("wrong-\($0)", .no)] == 1 && shown[label("wrong-\($0)", .yes)] == 5 })
        #expect(shown[label(NamespaceTally.others, .yes)] == 30)
        #expect(shown.values.reduce(0, +) == limit * 3 + 10 + 50)
    }

    @Test("one namespace takes no room from others, whatever is in it")
    func oneOfMany() {
        var tally = NamespaceTally()
        for number in 1..<NamespaceTally.limit { tally.count(label("quiet-\(number)", .yes), 1) }
        let statuses: [Condition.Status] = [.no, .unknown, .yes]
        for number in 0..<500 {
            var set = label("loud", statuses[number % statuses.count])
            set.reason = "Reason\(number)"
            tally.count(set, 1)
        }
        let shown = tally.shown
        #expect((1..<NamespaceTally.limit).allSatisfy { shown[label("quiet-\($0)", .yes)] == 1 })
        #expect(!shown.keys.contains { $0.namespace == NamespaceTally.others })
        let loud = shown.filter { $0.key.namespace == "loud" }
        #expect(loud.count == NamespaceTally.limitOfOne + 3)
        #expect(loud.values.reduce(0, +) == 500)
        #expect(loud.keys.filter { $0.reason != NamespaceTally.otherReasons }.allSatisfy { $0.status != .yes })
    }

    @Test("however many namespaces there are, and whatever they say, the series are bounded")
    func bound() {
        var tally = NamespaceTally()
        for number in 0..<(3 * NamespaceTally.limit) {
            tally.count(label("n-\(number)", number.isMultiple(of: 2) ? .no : .unknown), 1)
        }
        #expect(tally.shown.count == NamespaceTally.limit + 2)
    }
}
