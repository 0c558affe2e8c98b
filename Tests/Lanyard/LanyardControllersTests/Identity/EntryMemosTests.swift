import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@testable import LanyardControllers

@Suite("EntryMemos")
struct EntryMemosTests {
    private let settings: PlanningSettings

    init() throws {
        let alias = try SPIFFEID("spiffe://sim.example/agents")
        settings = PlanningSettings(
            clusterName: "sim", trustDomain: alias.trustDomain, nodeAlias: alias, mounts: MountNames())
    }

    private func desired(_ name: String) throws -> DesiredIdentity {
        var spec = WorkloadIdentitySpec()
        spec.placement = .pod
        spec.serviceAccountName = "web"
        return try IdentityPlanner.desired(
            for: WorkloadIdentity(metadata: ObjectMeta(name: name, namespace: "shop"), spec: spec),
            boundary: BoundarySet([], settings: settings).effective(inNamespace: "shop", labels: [:]),
            settings: settings
        ).get()
    }

    private func facts(_ count: Int) -> PlacementFacts {
        PlacementFacts(
            pods: (0..<count).map { PodFacts(name: "p\($0)", uid: "u\($0)", nodeName: "n") },
            nodes: ["n": NodeFacts(name: "n", uid: "x")])
    }

    @Test("entries of so many pods are kept and of no more, however many identities are for them, and all have theirs")
    func limit() throws {
        let memos = EntryMemos(limit: 150)
        /// The number that is kept after a pass.
        func kept(_ name: String, _ count: Int) throws -> Int {
            let (desired, facts) = (try desired(name), facts(count))
            let entries = memos.entries(of: desired.blueprint, at: facts)
            #expect(entries == desired.entries(at: facts) && entries.entries.count == count)
            return memos.count
        }
        #expect(try kept("a", 100) == 100)
        #expect(try kept("a", 101) == 101)
        #expect(try kept("b", 100) == 101)
        #expect(try kept("a", 70) == 70)
        #expect(try kept("b", 80) == 150)
        #expect(try kept("b", 81) == 70)
        #expect(try kept("a", 2) == 0)
        #expect(try kept("b", 150) == 150)
        memos.remove(ObjectKey(namespace: "shop", name: "b"))
        #expect(memos.count == 0)
    }
}
