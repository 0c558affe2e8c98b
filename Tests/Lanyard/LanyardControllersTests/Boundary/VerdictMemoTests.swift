import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import Testing

@Suite("VerdictMemo")
struct VerdictMemoTests {
    private let memo = VerdictMemo<Int, String>()
    private let store = Store<WorkloadIdentity>(indices: IdentityIndex.all)

    private func identity(_ version: String?, uid: String = "u") -> WorkloadIdentity {
        WorkloadIdentity(
            metadata: ObjectMeta(
                name: "web", namespace: "shop", uid: uid, resourceVersion: version.map { ResourceVersion($0) },
                generation: 1),
            spec: WorkloadIdentitySpec())
    }

    private func verdict(_ identity: WorkloadIdentity, on grounds: Int = 0, _ answer: String) async -> String {
        await memo.verdict(on: identity, given: grounds, in: store) { answer }
    }

    @Test("one verdict for an object, a version of it and grounds")
    func once() async {
        store.apply(.upsert(identity("1")))
        #expect(await verdict(identity("1"), "first") == "first")
        #expect(await verdict(identity("1"), "again") == "first")
        #expect(await verdict(identity("2"), "version") == "version")
        #expect(await verdict(identity("2"), on: 1, "grounds") == "grounds")
        #expect(await verdict(identity("2", uid: "v"), on: 1, "namesake") == "namesake")
        #expect(memo.timesDecided == 4 && memo.count == 1)
        memo.forget(ObjectKey(namespace: "shop", name: "web"))
        #expect(memo.count == 0)
    }

    @Test("nothing is remembered of what is gone, nor of what has no version")
    func nothing() async {
        #expect(await verdict(identity("1"), "gone") == "gone")
        #expect(memo.count == 0)
        store.apply(.upsert(identity("1")))
        #expect(await verdict(identity(nil), "a") == "a")
        #expect(await verdict(identity(nil), "b") == "b")
    }
}
