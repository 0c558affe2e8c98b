import LanyardCore
import Testing

@Suite("Fight")
struct FightTests {
    @Test("three corrections within half an hour make a fight, and it ends when too few of them count")
    func threshold() {
        var fight = Fight()
        #expect(fight.isForgotten(at: .zero))
        for (minute, isOn) in [(0, false), (10, false), (20, true)] {
            fight.noteCorrection(of: ["ttl"], at: .seconds(60 * minute))
            #expect(fight.isOn(at: .seconds(60 * minute)) == isOn)
        }
        #expect(fight.endsAt(now: .seconds(1_200)) == .seconds(1_800))
        #expect(fight.isOn(at: .seconds(1_799)) && !fight.isOn(at: .seconds(1_800)))
        #expect(fight.endsAt(now: .seconds(1_800)) == nil)
        #expect(!fight.isForgotten(at: .seconds(2_999)) && fight.isForgotten(at: .seconds(3_000)))
    }

    @Test("with more corrections it ends when the last but two does not count any more")
    func end() {
        var fight = Fight()
        for minute in 0..<10 { fight.noteCorrection(at: .seconds(60 * minute)) }
        #expect(fight.endsAt(now: .seconds(540)) == .seconds(7 * 60 + 1_800))
    }

    @Test("the note names the fields and the count, which are those of the last time")
    func note() {
        var fight = Fight()
        for field in ["b", "a", "b"] { fight.noteCorrection(of: [field], at: .zero) }
        let note = fight.note(on: "auth role web")
        #expect(note.contains("auth role web (a, b)") && note.contains("3 times"))
        #expect(fight.note(on: "x") == fight.note(on: "x"))
        // What was long ago is forgotten with the next time.
        fight.noteCorrection(of: ["c"], at: .seconds(9_000))
        #expect(fight.fields == ["c"] && fight.count == 1)
    }

    @Test("rare corrections are no fight")
    func rare() {
        var fight = Fight()
        for hour in 0..<100 { fight.noteCorrection(at: .seconds(hour * 3_600)) }
        #expect(!fight.isOn(at: .seconds(99 * 3_600)) && fight.count == 1)
    }

    @Test("an endless fight is counted to an end")
    func bounded() {
        var fight = Fight()
        for second in 0..<1_000 { fight.noteCorrection(at: .seconds(second)) }
        #expect(fight.count == 99)
        #expect(fight.isOn(at: .seconds(1_000)))
    }
}
