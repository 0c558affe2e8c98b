import LanyardAPI
import LanyardCore
import Testing

@testable import LanyardControllers

@Suite("PassPatience")
struct PassPatienceTests {
    private static let slow = ConditionOutcome.fails(.timedOut, "no answer in time")
    private static let refused = ConditionOutcome.fails(.rejected, "no")

    @Test(
        "a back end gets one call until it has answered that, and then as many as there are", arguments: [nil, refused])
    func firstAnswer(outcome: ConditionOutcome?) {
        var patience = PassPatience()
        #expect(patience.hasRoom(behind: "a"))
        patience.begin(behind: "a")
        #expect(!patience.hasRoom(behind: "a") && patience.hasRoom(behind: "b"))
        patience.note(outcome, behind: "a")
        for _ in 0..<3 {
            #expect(patience.hasRoom(behind: "a"))
            patience.begin(behind: "a")
        }
    }

    @Test("no more back ends are waited for at once than may be slow in all; what needs none is never held up")
    func several() {
        var patience = PassPatience()
        for backEnd in ["a", "b"] {
            #expect(patience.hasRoom(behind: backEnd))
            patience.begin(behind: backEnd)
        }
        #expect(!patience.hasRoom(behind: "c") && patience.hasRoom(behind: nil))
        patience.note(Self.slow, behind: "a")
        #expect(!patience.hasRoom(behind: "c"))
        #expect(patience.refusal(of: "x", behind: "a") != nil && patience.refusal(of: "x", behind: "c") == nil)
        patience.note(nil, behind: "b")
        #expect(patience.hasRoom(behind: "c") && patience.room == 1)
        patience.begin(behind: "c")
        patience.note(Self.slow, behind: "c")
        #expect(patience.isOver && patience.room == 0)
        #expect(patience.refusal(of: "x", behind: "b") != nil && patience.refusal(of: "x", behind: nil) == nil)
    }

    @Test("calls that hang behind one back end at the same time count once")
    func together() {
        var patience = PassPatience()
        patience.begin(behind: "a")
        patience.note(nil, behind: "a")
        for _ in 0..<2 { patience.begin(behind: "a") }
        for _ in 0..<2 { patience.note(Self.slow, behind: "a") }
        #expect(!patience.isOver)
        #expect(patience.refusal(of: "x", behind: "a") != nil && patience.refusal(of: "x", behind: "b") == nil)
    }

    @Test("calls of which nobody knows what is behind them count one by one")
    func unknown() {
        var patience = PassPatience()
        for _ in 0..<2 { patience.note(Self.slow, behind: nil) }
        #expect(patience.isOver)
    }
}
