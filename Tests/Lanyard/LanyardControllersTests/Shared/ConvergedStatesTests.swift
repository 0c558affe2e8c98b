import KubernetesModel
import LanyardControllers
import Testing

@Suite("ConvergedStates")
struct ConvergedStatesTests {
    private let states = ConvergedStates<Int>()

    private func object(_ name: String, uid: String?) -> ObjectMeta { ObjectMeta(name: name, uid: uid) }

    @Test("an object is known to be converged to its last state alone")
    func lastState() {
        let (first, second) = (object("a", uid: "1"), object("b", uid: "2"))
        #expect(!states.contains(1, of: first))
        states.insert(1, of: first)
        #expect(states.contains(1, of: first))
        #expect(!states.contains(2, of: first))
        #expect(!states.contains(1, of: second))
        states.insert(2, of: first)
        #expect(states.contains(2, of: first))
        #expect(!states.contains(1, of: first))
    }

    @Test("a namesake inherits nothing, and takes the place of the one before it")
    func namesake() {
        states.insert(1, of: object("a", uid: "1"))
        #expect(!states.contains(1, of: object("a", uid: "2")))
        states.insert(1, of: object("a", uid: "2"))
        #expect(!states.contains(1, of: object("a", uid: "1")))
        #expect(states.count == 1)
    }

    @Test("an object that is gone is forgotten, and others are not")
    func removal() {
        states.insert(1, of: object("a", uid: "1"))
        states.insert(1, of: object("b", uid: "2"))
        states.remove(ObjectKey(namespace: nil, name: "a"))
        #expect(!states.contains(1, of: object("a", uid: "1")))
        #expect(states.contains(1, of: object("b", uid: "2")))
        #expect(states.count == 1)
    }

    @Test("an object without UID is never known")
    func withoutUID() {
        states.insert(1, of: object("a", uid: nil))
        #expect(!states.contains(1, of: object("a", uid: nil)))
        #expect(!states.contains(1, of: object("a", uid: "")))
        #expect(states.count == 0)
    }
}
