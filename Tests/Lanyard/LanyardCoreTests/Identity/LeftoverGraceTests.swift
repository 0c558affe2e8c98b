import LanyardAPI
import LanyardCore
import Testing

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
