import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient
import SPIREEmulator
import Testing

@Suite("IdentityReconciler: placements Node and Pod, and federation")
struct PlacementPassTests {
    private static let entryID = "lanyard.sim.shop.web"

    private let lanyard: TestOperator

    init() async throws {
        lanyard = try await TestOperator()
        for node in ["node-1", "node-2"] { lanyard.placement.add(node: node) }
    }

    private func entries() -> [String] {
        lanyard.world.registry.withDatastore { $0.entries.map(\.id).sorted() }
    }

    @Test("pods and nodes are wanted only while an accepted identity needs them")
    func demand() async throws {
        try await lanyard.create(identity: "plain")
        try await lanyard.reconcile(identity: "plain")
        #expect(lanyard.placement.wanted == [])
        try await lanyard.create(identity: "web") { $0.placement = .node }
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.placement.wanted == [lanyard.key("web")])
        try await lanyard.edit(identity: "web") { $0.hint = "\n" }
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.placement.wanted == [])
        try await lanyard.edit(identity: "web") { $0.hint = nil }
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.placement.wanted == [lanyard.key("web")])
        try await lanyard.delete(identity: "web")
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.placement.wanted == [])
    }

    @Test("while many wait, a status is put off once, also if the next pass makes entries for new pods")
    func crowd() async throws {
        lanyard.parts.isCrowded.isOn = true
        try await lanyard.create(identity: "web") { $0.placement = .pod }
        for (before, after) in [(nil, 2), (2, 4)] as [(Int?, Int)] {
            lanyard.placement.add(pod: "first-\(after)", on: "node-1")
            #expect(try await lanyard.reconcile(identity: "web") == .requeue(after: .zero))
            #expect(entries().count == after - 1)
            #expect(try await lanyard.identity("web").status?.entryCount == before)
            lanyard.placement.add(pod: "second-\(after)", on: "node-2")
            #expect(try await lanyard.reconcile(identity: "web") != .requeue(after: .zero))
            #expect(try await lanyard.identity("web").status?.entryCount == after)
        }
    }

    @Test("with placement Node an entry stays until the last pod has left its node, and a minute longer")
    func nodeGrace() async throws {
        lanyard.placement.add(pod: "p1", on: "node-1")
        lanyard.placement.add(pod: "p2", on: "node-1")
        lanyard.placement.add(pod: "p3", on: "node-2")
        try await lanyard.create(identity: "web") { $0.placement = .node }
        #expect(try await lanyard.reconcile(identity: "web").isRest)
        let both = ["\(Self.entryID)_uid-node-1", "\(Self.entryID)_uid-node-2"]
        #expect(entries() == both)
        let status = try #require(try await lanyard.identity("web").status)
        #expect(status.entryCount == 2)
        #expect(status.entries?.map(\.node) == ["node-1", "node-2"])
        lanyard.placement.remove(pod: "p1")
        lanyard.placement.remove(pod: "p3")
        let result = try await lanyard.reconcile(identity: "web")
        #expect(entries() == both)
        #expect(result.requeueAfter == .seconds(60))
        lanyard.clock.advance(by: .seconds(59))
        try await lanyard.reconcile(identity: "web")
        #expect(entries() == both)
        lanyard.clock.advance(by: .seconds(1))
        #expect(try await lanyard.reconcile(identity: "web").isRest)
        #expect(entries() == ["\(Self.entryID)_uid-node-1"])
    }

    @Test("one pod more is one call, whatever the number of pods, and one pod less is one, too")
    func onePodMore() async throws {
        for index in 0..<200 { lanyard.placement.add(pod: "p\(index)", on: "node-\(index % 2 + 1)") }
        try await lanyard.create(identity: "web") { $0.placement = .pod }
        try await lanyard.reconcile(identity: "web")
        #expect(entries().count == 200)
        let status = try #require(try await lanyard.identity("web").status)
        #expect(status.entryCount == 200)
        #expect(status.entries?.count == 20)
        #expect(lanyard.notes("EntryCreated").count == 1)
        #expect(lanyard.notes("EntryCreated").first?.contains("(and 199 more entries)") == true)
        lanyard.journal.clear()
        lanyard.placement.add(pod: "new", on: "node-1")
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.journal.calls.filter { $0.hasPrefix("spire") } == ["spire create \(Self.entryID)_uid-new"])
        lanyard.journal.clear()
        lanyard.placement.remove(pod: "p7")
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.journal.calls.filter { $0.hasPrefix("spire") } == ["spire delete \(Self.entryID)_uid-p7"])
    }

    @Test(
        "entries of many pods are remembered between passes, and not when they are not needed",
        arguments: ["refused", "moved", "deleted", "vanished"])
    func remembered(what: String) async throws {
        for index in 0..<100 { lanyard.placement.add(pod: "p\(index)", on: "node-1") }
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        let before = lanyard.parts.reconciler.rememberedCount
        try await lanyard.edit(identity: "web") { $0.placement = .pod }
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.parts.reconciler.rememberedCount == before + 100)
        switch what {
        case "refused": try await lanyard.edit(identity: "web") { $0.hint = "\n" }
        case "moved": try await lanyard.edit(identity: "web") { $0.placement = .cluster }
        case "vanished":
            _ = try await lanyard.world.api.patch(
                WorkloadIdentity.self, lanyard.key("web"),
                JSONPatch([.replace(path: "/metadata/finalizers", value: [])]))
            try await lanyard.delete(identity: "web")
        default: try await lanyard.delete(identity: "web")
        }
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.parts.reconciler.rememberedCount <= before)
    }

    @Test("another label of a pod changes its entry in place, and is no drift")
    func labelChange() async throws {
        lanyard.placement.add(pod: "p1", on: "node-1", labels: ["team": "red"])
        try await lanyard.create(identity: "web") {
            $0.placement = .pod
            $0.spiffeID = "/{namespace}/{podLabel:team}"
            $0.driftPolicy = .report
        }
        try await lanyard.reconcile(identity: "web")
        lanyard.placement.add(pod: "p1", on: "node-1", labels: ["team": "blue"])
        lanyard.journal.clear()
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.journal.writes(to: "spire") == ["spire update \(Self.entryID)_uid-p1 spiffeID"])
        #expect(lanyard.notes("DriftDetected").isEmpty)
    }

    @Test("an entry that SPIRE is slow with keeps no other one of the identity waiting")
    func slowEntry() async throws {
        lanyard.placement.add(pod: "p1", on: "node-1", labels: ["team": "red"])
        try await lanyard.create(identity: "web") {
            $0.placement = .pod
            $0.spiffeID = "/{namespace}/{podLabel:team}"
        }
        try await lanyard.reconcile(identity: "web")
        lanyard.placement.add(pod: "p1", on: "node-1", labels: ["team": "blue"])
        lanyard.placement.add(pod: "p2", on: "node-2", labels: ["team": "red"])
        lanyard.journal.fail("spire update \(Self.entryID)_uid-p1", with: SPIREError(.slow, "its turn did not come"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(entries() == ["\(Self.entryID)_uid-p1", "\(Self.entryID)_uid-p2"])
        #expect(try await lanyard.condition("EntriesSynced", ofIdentity: "web").reason == "TimedOut")
        #expect(try await lanyard.identity("web").status?.entryCount == 2)
        lanyard.journal.heal()
        #expect(try await lanyard.reconcile(identity: "web").isRest)
    }

    @Test("what a new process does not find a reason for stays for a minute: its cache of pods may be behind")
    func leftovers() async throws {
        lanyard.placement.add(pod: "p1", on: "node-1")
        try await lanyard.create(identity: "web") { $0.placement = .pod }
        try await lanyard.reconcile(identity: "web")
        let successor = try await TestOperator(in: lanyard.world)
        successor.placement.add(node: "node-1")
        let result = try await successor.reconcile(identity: "web")
        #expect(entries() == ["\(Self.entryID)_uid-p1"])
        #expect(result.requeueAfter == .seconds(60))
        // The watch catches up in time.
        successor.placement.add(pod: "p1", on: "node-1")
        successor.clock.advance(by: .seconds(60))
        try await successor.reconcile(identity: "web")
        #expect(successor.journal.writes(to: "spire").isEmpty)
        // Nobody comes: it goes.
        let third = try await TestOperator(in: lanyard.world)
        third.placement.add(node: "node-1")
        try await third.reconcile(identity: "web")
        third.clock.advance(by: .seconds(60))
        try await third.reconcile(identity: "web")
        #expect(entries() == [])
    }

    @Test("what was for pods that are gone goes although another waits, and what a former spec left for others stays")
    func gonePods() async throws {
        lanyard.placement.add(pod: "bare", on: "node-1")
        try await lanyard.create(identity: "web") { spec in
            spec.placement = .pod
            spec.spiffeID = "/{namespace}/{podLabel:team}"
        }
        for index in 0..<5 {
            lanyard.placement.add(pod: "p\(index)", on: "node-1", labels: ["team": "red-\(index)"])
            try await lanyard.reconcile(identity: "web")
            #expect(entries() == ["\(Self.entryID)_uid-p\(index)"])
            if index < 4 { lanyard.placement.remove(pod: "p\(index)") }
        }
        lanyard.placement.add(pod: "bare", on: "node-1", labels: ["kind": "new"])
        try await lanyard.edit(identity: "web") { $0.podSelector = .init(matchLabels: ["kind": "new"]) }
        for _ in 0..<2 { try await lanyard.reconcile(identity: "web") }
        #expect(entries() == ["\(Self.entryID)_uid-p4"])
        lanyard.placement.add(pod: "bare", on: "node-1", labels: ["kind": "new", "team": "blue"])
        try await lanyard.reconcile(identity: "web")
        #expect(entries() == ["\(Self.entryID)_uid-bare"])
    }

    @Test("it goes, too, where the pods went while another spec was refused, or for another ServiceAccount's")
    func gonePodsOfAnotherSpec() async throws {
        for account in ["web", "api"] { lanyard.placement.add(pod: "bare-\(account)", account: account, on: "node-1") }
        try await lanyard.create(identity: "web") { spec in
            spec.placement = .pod
            spec.spiffeID = "/{namespace}/{podLabel:team}"
        }
        for index in 0..<5 {
            lanyard.placement.add(pod: "p\(index)", on: "node-1", labels: ["team": "red-\(index)"])
            try await lanyard.reconcile(identity: "web")
            #expect(entries() == ["\(Self.entryID)_uid-p\(index)"])
            try await lanyard.edit(identity: "web") { $0.hint = "\n" }
            try await lanyard.reconcile(identity: "web")
            if index < 4 { lanyard.placement.remove(pod: "p\(index)") }
            try await lanyard.edit(identity: "web") { $0.hint = nil }
        }
        // Of another ServiceAccount by now, and there.
        try await lanyard.edit(identity: "web") { $0.serviceAccountName = "api" }
        for _ in 0..<2 { try await lanyard.reconcile(identity: "web") }
        #expect(entries() == ["\(Self.entryID)_uid-p4"])
        // Done is as good as gone.
        lanyard.placement.add(pod: "p4", on: "node-1", phase: "Succeeded")
        try await lanyard.reconcile(identity: "web")
        #expect(entries() == [])
    }

    @Test("what serves a node stays until its pods have entries of their own")
    func nodeBeforePods() async throws {
        lanyard.placement.add(pod: "p1", on: "node-1")
        try await lanyard.create(identity: "web") { $0.placement = .node }
        try await lanyard.reconcile(identity: "web")
        try await lanyard.edit(identity: "web") { spec in
            spec.placement = .pod
            spec.spiffeID = "/{namespace}/{podLabel:team}"
        }
        for _ in 0..<2 { try await lanyard.reconcile(identity: "web") }
        #expect(entries() == ["\(Self.entryID)_uid-node-1"])
        lanyard.placement.add(pod: "p1", on: "node-1", labels: ["team": "red"])
        try await lanyard.reconcile(identity: "web")
        #expect(entries() == ["\(Self.entryID)_uid-p1"])
    }

    @Test("a deleted identity loses the entries of all its pods, also those that an earlier process made")
    func deletion() async throws {
        for index in 0..<5 { lanyard.placement.add(pod: "p\(index)", on: "node-1") }
        try await lanyard.create(identity: "web") { $0.placement = .pod }
        try await lanyard.reconcile(identity: "web")
        try await lanyard.delete(identity: "web")
        let successor = try await TestOperator(in: lanyard.world)
        try await successor.reconcile(identity: "web")
        #expect(entries() == [])
        #expect(try await lanyard.world.api.get(WorkloadIdentity.self, lanyard.key("web")) == nil)
    }

    @Test("an identity whose agents are partly away says which, and is not Ready")
    func parents() async throws {
        lanyard.placement.add(node: "node-3")
        for node in 1...3 { lanyard.placement.add(pod: "p\(node)", on: "node-\(node)") }
        try await lanyard.create(identity: "web") { $0.placement = .node }
        try await lanyard.reconcile(identity: "web")
        #expect(entries().count == 3)
        let parent = try await lanyard.condition("ParentResolved", ofIdentity: "web")
        #expect(parent.reason == "ParentNotFound")
        #expect(parent.message.contains("uid-node-3"))
    }

    @Test("missing bundles are left out and named before SPIRE refuses the entry, and completed when they come")
    func federation() async throws {
        try await lanyard.create(identity: "web") { $0.federatesWith = ["b.example", "a.example", "c.example"] }
        lanyard.world.registry.withDatastore { $0.federatedBundles = ["c.example"] }
        let result = try await lanyard.reconcile(identity: "web")
        #expect(try await lanyard.world.registry.entry(id: Self.entryID)?.federatesWith == ["c.example"])
        let synced = try await lanyard.condition("EntriesSynced", ofIdentity: "web")
        #expect(synced.reason == "FederatedBundleMissing")
        #expect(synced.message.contains("a.example, b.example"))
        #expect(try await lanyard.identity("web").status?.entryCount == 1)
        #expect(try #require(result.requeueAfter) <= .seconds(18))
        lanyard.world.registry.withDatastore { $0.federatedBundles = ["a.example", "b.example", "c.example"] }
        lanyard.clock.advance(by: .seconds(15))
        #expect(try await lanyard.reconcile(identity: "web").isRest)
        #expect(
            try await lanyard.world.registry.entry(id: Self.entryID)?.federatesWith
                == ["a.example", "b.example", "c.example"])
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").status == .yes)
        #expect(lanyard.notes("DriftCorrected").isEmpty)
    }

    @Test("when something keeps deleting the entry, the condition says so and what to do, and stops when it is over")
    func fight() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        for _ in 0..<3 {
            try await lanyard.world.registry.delete(id: Self.entryID)
            lanyard.clock.advance(by: .seconds(60))
            try await lanyard.verifyAndReconcile()
        }
        let synced = try await lanyard.condition("EntriesSynced", ofIdentity: "web")
        #expect(synced.status == .yes)
        #expect(synced.message.contains("something keeps deleting it"))
        #expect(synced.message.contains("entryIDPrefix"))
        lanyard.clock.advance(by: .seconds(1_800))
        try await lanyard.reconcile(identity: "web")
        #expect(try await !lanyard.condition("EntriesSynced", ofIdentity: "web").message.contains("keeps deleting"))
    }
}
