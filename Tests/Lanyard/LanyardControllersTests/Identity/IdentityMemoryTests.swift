import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@testable import LanyardControllers

@Suite("IdentityMemory")
struct IdentityMemoryTests {
    private let memory = IdentityMemory()
    private let parent: SPIFFEID

    init() throws {
        parent = try SPIFFEID("spiffe://example.org/agents")
    }

    private func metadata(_ name: String, uid: String) -> ObjectMeta {
        ObjectMeta(name: name, namespace: "shop", uid: uid)
    }

    private func awaits(_ name: String, uid: String) {
        memory.with(metadata(name, uid: uid)) {
            $0.awaitedParents = [parent: .fails(.noLiveAgents, "no live agent")]
        }
    }

    private var waiting: [String] { memory.awaitedParents.keys.map(\.name).sorted() }

    @Test("those that wait for parents are known, until they do not, are another's, or gone")
    func waitingForParents() {
        for name in ["a", "b", "c", "d"] { awaits(name, uid: "1") }
        memory.with(metadata("e", uid: "1")) { $0.convergedGeneration = 1 }
        #expect(waiting == ["a", "b", "c", "d"])
        #expect(memory.awaitedParents.values.allSatisfy { $0[parent]?.reason == .noLiveAgents })
        memory.with(metadata("a", uid: "1")) { $0.awaitedParents = [:] }
        memory.stopWaiting(ObjectKey(namespace: "shop", name: "b"))
        memory.with(metadata("c", uid: "2")) { $0.convergedGeneration = 1 }
        #expect(waiting == ["d"])
        memory.remove(ObjectKey(namespace: "shop", name: "d"))
        memory.stopWaiting(ObjectKey(namespace: "shop", name: "d"))
        #expect(waiting.isEmpty)
        #expect(memory.count == 4)
        awaits("b", uid: "1")
        #expect(waiting == ["b"])
    }
}
