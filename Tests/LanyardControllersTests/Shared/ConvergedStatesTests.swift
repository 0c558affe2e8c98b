import LanyardControllers
import Testing

@Suite("ConvergedStates")
struct ConvergedStatesTests {
    private let states = ConvergedStates<Int>()

    @Test("an object is known to be converged to its last state alone")
    func lastState() {
        #expect(!states.contains(1, uid: "a"))
        states.insert(1, uid: "a")
        #expect(states.contains(1, uid: "a"))
        #expect(!states.contains(2, uid: "a"))
        #expect(!states.contains(1, uid: "b"))
        states.insert(2, uid: "a")
        #expect(states.contains(2, uid: "a"))
        #expect(!states.contains(1, uid: "a"))
    }

    @Test("an object that is gone is forgotten, and others are not")
    func removal() {
        states.insert(1, uid: "a")
        states.insert(1, uid: "b")
        states.remove(uid: "a")
        #expect(!states.contains(1, uid: "a"))
        #expect(states.contains(1, uid: "b"))
    }

    @Test("an object without UID is never known")
    func withoutUID() {
        states.insert(1, uid: nil)
        #expect(!states.contains(1, uid: nil))
        #expect(!states.contains(1, uid: ""))
        states.remove(uid: nil)
    }
}
