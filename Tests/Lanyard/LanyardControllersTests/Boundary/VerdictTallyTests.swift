import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@testable import LanyardControllers

@Suite("Counts of verdicts")
struct VerdictTallyTests {
    private func subject(_ namespace: String, _ name: String, kind: String = "A") -> VerdictTally.Subject {
        .init(kind: kind, key: ObjectKey(namespace: namespace, name: name))
    }

    @Test("are kept up with each verdict, by namespace and kind")
    func counts() {
        var tally = VerdictTally()
        _ = tally.note(subject("a", "1"), isOutside: true)
        _ = tally.note(subject("a", "1", kind: "B"), isOutside: false)
        _ = tally.note(subject("b", "1"), isOutside: true)
        var read = [tally.read(["a"]), tally.read(["a", "b", "c"])]
        #expect(read == [.init(resources: 2, violating: 1), .init(resources: 3, violating: 2)])
        _ = tally.note(subject("a", "1"), isOutside: false)
        _ = tally.note(subject("b", "1"), isOutside: nil)
        _ = tally.note(subject("b", "1"), isOutside: nil)
        read = [tally.read(["a", "b"])]
        #expect(read == [.init(resources: 2, violating: 0)])
        #expect(tally.isEmpty(of: "b") && !tally.isEmpty(of: "a"))
    }

    @Test("are told once until somebody reads them")
    func news() {
        var tally = VerdictTally()
        var told = [
            tally.note(subject("a", "1"), isOutside: true), tally.note(subject("a", "1"), isOutside: true),
            tally.note(subject("a", "2"), isOutside: true), tally.note(subject("b", "1"), isOutside: true),
        ]
        #expect(told == [true, false, false, true])
        _ = tally.read(["a"])
        told = [
            tally.note(subject("a", "2"), isOutside: true), tally.note(subject("a", "2"), isOutside: nil),
            tally.note(subject("b", "2"), isOutside: false),
        ]
        #expect(told == [false, true, false])
    }
}
