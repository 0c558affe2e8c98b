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
