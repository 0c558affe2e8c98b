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

/// What goes wrong in spire-controller-manager, case by case, and does not go wrong here. The one about the process itself
/// is with the tests of the operator's services.
@Suite("Weaknesses that Lanyard does not have")
struct KnownWeaknessTests {
    private static let entryID = "lanyard.sim.shop.web"

    private let lanyard: TestOperator

    init() async throws {
        lanyard = try await TestOperator()
        for node in ["node-1", "node-2"] { lanyard.placement.add(node: node) }
    }

    private func entries() -> [String] {
        lanyard.world.registry.withDatastore { $0.entries.map(\.id).filter { $0.hasPrefix("lanyard.") }.sorted() }
    }

    private func entry(_ id: String = entryID) async throws -> RegistrationEntry? {
        try await lanyard.world.registry.entry(id: id)
    }

    @Test("a template that does not render takes no identity away")
    func badTemplate() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        try await lanyard.edit(identity: "web") { $0.spiffeID = "/ns/{nobody}" }
        try await lanyard.reconcile(identity: "web")
        #expect(entries() == [Self.entryID])
        #expect(try await lanyard.condition("Accepted", ofIdentity: "web").reason == "InvalidSpec")
    }

    @Test("a pod that loses a label which its name needs keeps its entry, and the condition names the pod")
    func missingLabel() async throws {
        lanyard.placement.add(pod: "p1", on: "node-1", labels: ["team": "red"])
        lanyard.placement.add(pod: "p2", on: "node-2", labels: ["team": "blue"])
        try await lanyard.create(identity: "web") {
            $0.placement = .pod
            $0.spiffeID = "/{namespace}/{podLabel:team}"
        }
        try await lanyard.reconcile(identity: "web")
        let before = entries()
        #expect(before == ["\(Self.entryID)_uid-p1", "\(Self.entryID)_uid-p2"])
        lanyard.placement.add(pod: "p1", on: "node-1")
        lanyard.placement.remove(pod: "p2")
        try await lanyard.reconcile(identity: "web")
        #expect(entries() == ["\(Self.entryID)_uid-p1"])
        let synced = try await lanyard.condition("EntriesSynced", ofIdentity: "web")
        #expect(synced.reason == "Rejected")
        #expect(synced.message == "pod p1: spec.spiffeID names the label team, which the pod lacks")
    }

    @Test("while pods cannot be listed nothing is deleted, and the condition says what it waits for")
    func unknownPods() async throws {
        lanyard.placement.add(pod: "p1", on: "node-1")
        try await lanyard.create(identity: "web") { $0.placement = .pod }
        try await lanyard.reconcile(identity: "web")
        lanyard.placement.remove(pod: "p1")
        lanyard.placement.isKnown = false
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(entries() == ["\(Self.entryID)_uid-p1"])
        let synced = try await lanyard.condition("EntriesSynced", ofIdentity: "web")
        #expect(synced.reason == "Pending")
        #expect(synced.message.contains("not listed yet"))
    }

    @Test("a change that comes while its object is worked on is not lost")
    func lostTrigger() async throws {
        let queue = WorkQueue<ObjectKey>(environment: lanyard.world.environment, name: "test")
        try await lanyard.create(identity: "web")
        let lanyard = lanyard
        lanyard.journal.before("spire create") {
            try await lanyard.edit(identity: "web") { $0.x509SVID = .init(ttl: "1h") }
            queue.add(lanyard.key("web"))
        }
        queue.add(lanyard.key("web"))
        var passes = 0
        while await queue.withNextIfReady({ _ in _ = try? await lanyard.reconcile(identity: "web") }) != nil {
            passes += 1
        }
        #expect(passes == 2)
        #expect(try await entry()?.x509SVIDTTL == 3_600)
    }

    @Test("another SPIFFE ID, parent or selector is an update in place, never a deletion")
    func inPlace() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        lanyard.journal.clear()
        try await lanyard.edit(identity: "web") {
            $0.spiffeID = "/elsewhere"
            $0.selectors = ["unix:uid:1"]
        }
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.journal.writes(to: "spire") == ["spire update \(Self.entryID) selectors,spiffeID"])
    }

    @Test("where new entries are needed they are there before the old one goes; if they fail, it stays")
    func makeBeforeBreak() async throws {
        lanyard.placement.add(pod: "p1", on: "node-1")
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        try await lanyard.edit(identity: "web") { $0.placement = .pod }
        lanyard.journal.clear()
        lanyard.journal.fail("spire create", with: SPIREError(.invalidArgument, "no"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(entries() == [Self.entryID])
        lanyard.journal.heal()
        lanyard.journal.clear()
        try await lanyard.reconcile(identity: "web")
        #expect(
            lanyard.journal.writes(to: "spire") == [
                "spire create \(Self.entryID)_uid-p1", "spire delete \(Self.entryID)",
            ])
    }

    @Test(
        "a similar entry of somebody else is a conflict that names it; a later pass does not change what is true"
    )
    func conflictAndStatus() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        let synced = try await lanyard.condition("EntriesSynced", ofIdentity: "web")
        for _ in 0..<3 {
            try await lanyard.verify()
            try await lanyard.reconcile(identity: "web")
        }
        #expect(try await lanyard.condition("EntriesSynced", ofIdentity: "web") == synced)
        #expect(synced.status == .yes)
        var foreign = try #require(try await entry())
        try await lanyard.world.registry.delete(id: Self.entryID)
        foreign.id = "scm.0f2c"
        _ = try await lanyard.world.registry.create(foreign)
        try await lanyard.verifyAndReconcile()
        let conflict = try await lanyard.condition("EntriesSynced", ofIdentity: "web")
        #expect(conflict.reason == "Conflict")
        #expect(conflict.message.contains("\"scm.0f2c\""))
        #expect(try await lanyard.identity("web").status?.entryCount == 0)
        try await lanyard.world.registry.delete(id: "scm.0f2c")
        try await lanyard.reconcile(identity: "web")
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").status == .yes)
    }

    @Test("repeated values and odd durations do not make endless updates")
    func endlessUpdates() async throws {
        lanyard.world.registry.withDatastore { $0.federatedBundles = ["a.example", "b.example"] }
        try await lanyard.create(identity: "web") {
            $0.federatesWith = ["b.example", "a.example", "b.example"]
            $0.selectors = ["unix:uid:1", "unix:uid:1"]
            $0.x509SVID = .init(ttl: "90m")
        }
        try await lanyard.reconcile(identity: "web")
        let revision = try await entry()?.revisionNumber
        for _ in 0..<3 {
            #expect(try await lanyard.verify() == [])
            try await lanyard.reconcile(identity: "web")
        }
        #expect(try await entry()?.revisionNumber == revision)
        try await lanyard.create(identity: "api") { $0.x509SVID = .init(ttl: "1500ms") }
        try await lanyard.reconcile(identity: "api")
        #expect(try await lanyard.condition("Accepted", ofIdentity: "api").message.contains("spec.x509SVID.ttl"))
    }

    @Test("an update sends what differs and nothing else; fields which Lanyard does not know survive")
    func maskedUpdate() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        lanyard.world.registry.withDatastore { store in
            guard var stored = store.entries.first(where: { $0.id == Self.entryID }) else { return }
            stored.additionalAttributes = .init(disableX509SVIDPrefetch: false, jwtSVIDIncludeJTI: true)
            _ = store.delete(ids: [Self.entryID])
            store.insert(stored)
        }
        try await lanyard.edit(identity: "web") { $0.hint = "internal" }
        try await lanyard.reconcile(identity: "web")
        let stored = lanyard.world.registry.withDatastore { $0.entries.first { $0.id == Self.entryID } }
        #expect(stored?.hint == "internal")
        #expect(stored?.additionalAttributes?.jwtSVIDIncludeJTI == true)
    }

    @Test("nothing without our prefix is ever deleted, whatever its ID looks like")
    func foreignEntries() async throws {
        let alias = lanyard.world.alias.id.description
        let ids = [
            "0f2c4a4e-0000-4000-8000-000000000000", "lanyard", "lanyard.other.shop.web", "scm.x", "lanyard.sim2.a.b",
            "x.y.z",
            "lanyard.sim.node-alias",
        ]
        lanyard.world.registry.withDatastore { store in
            for id in ids + ["lanyard.sim.gone.web"] {
                store.insert(
                    StoredEntry(
                        id: id, spiffeID: "spiffe://sim.example/x/\(id)", parentID: alias,
                        selectors: [.init(type: "unix", value: "uid:1")]))
            }
        }
        try await lanyard.verify(rounds: 4)
        let left = lanyard.world.registry.withDatastore { $0.entries.map(\.id) }
        #expect(left.sorted() == ids.sorted())
    }

    @Test("bundles and federation are the server's: nothing of them is written or taken away")
    func federation() async throws {
        lanyard.world.registry.withDatastore { $0.federatedBundles = ["a.example"] }
        try await lanyard.create(identity: "web") { $0.federatesWith = ["a.example"] }
        try await lanyard.reconcile(identity: "web")
        try await lanyard.edit(identity: "web") { $0.federatesWith = nil }
        try await lanyard.reconcile(identity: "web")
        try await lanyard.delete(identity: "web")
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.world.registry.withDatastore { $0.federatedBundles } == ["a.example"])
    }

    @Test(
        "pods that are not bound or are done do not count; one that is terminating does until it is done")
    func phases() async throws {
        lanyard.placement.add(pod: "unbound", on: nil, phase: "Pending")
        lanyard.placement.add(pod: "bound", on: "node-1", phase: "Pending")
        lanyard.placement.add(pod: "done", on: "node-1", phase: "Succeeded")
        lanyard.placement.add(pod: "failed", on: "node-2", phase: "Failed")
        lanyard.placement.add(pod: "terminating", on: "node-2", isTerminating: true)
        try await lanyard.create(identity: "web") { $0.placement = .pod }
        try await lanyard.reconcile(identity: "web")
        #expect(entries() == ["\(Self.entryID)_uid-bound", "\(Self.entryID)_uid-terminating"])
        lanyard.placement.add(pod: "bound", on: "node-1", phase: "Succeeded")
        lanyard.placement.add(pod: "terminating", on: "node-2", phase: "Failed", isTerminating: true)
        try await lanyard.reconcile(identity: "web")
        #expect(entries() == [])
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").status == .yes)
    }

    @Test("a node that appears, or a label that changes, concerns the identities of its pods at once")
    func nodeAndLabelChanges() async throws {
        let cache = lanyard.placement.cache
        lanyard.placement.add(pod: "p1", on: "node-3", labels: ["team": "red"])
        let node = Node(metadata: ObjectMeta(name: "node-3", uid: "uid-node-3"))
        #expect(cache.serviceAccounts(for: Delta(old: nil, new: node)) == ["shop/web"])
        let old = try #require(cache.pods.get(lanyard.key("p1")))
        var labelled = old
        labelled.metadata.labels = ["team": "blue"]
        #expect(PlacementCache.serviceAccounts(for: Delta(old: old, new: labelled)) == ["shop/web"])
        // Heartbeats and changes of status concern nobody.
        var beat = node
        beat.metadata.resourceVersion = ResourceVersion("9")
        #expect(cache.serviceAccounts(for: Delta(old: node, new: beat)) == [])
        var running = old
        running.metadata.resourceVersion = ResourceVersion("9")
        running.status?.phase = "Running"
        #expect(PlacementCache.serviceAccounts(for: Delta(old: old, new: running)) == [])
    }
}
