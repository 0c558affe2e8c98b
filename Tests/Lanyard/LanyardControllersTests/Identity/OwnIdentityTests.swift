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
import VaultTesting

/// The operator's own SPIFFE ID is everything that the operator may do, in SPIRE and in Vault.
@Suite("The operator's own SPIFFE ID")
struct OwnIdentityTests {
    private let lanyard: TestOperator

    init() async throws {
        lanyard = try await TestOperator(ownID: try SPIFFEID("spiffe://sim.example/shared/lanyard"))
        lanyard.placement.add(node: "node-1")
    }

    private func refused() async throws -> Bool {
        try await lanyard.reconcile(identity: "web")
        let accepted = try await lanyard.condition("Accepted", ofIdentity: "web")
        #expect(lanyard.world.registry.withDatastore { $0.entries.count } == 0)
        return accepted.reason == "InvalidSpec" && accepted.message.contains("SPIFFE ID of the operator")
    }

    @Test(
        "no identity may have it, in whatever way it is written",
        arguments: [
            "/shared/lanyard", "spiffe://sim.example/shared/lanyard", "/shared/{serviceAccount}",
        ])
    func literal(text: String) async throws {
        try await lanyard.create(identity: "web") {
            $0.serviceAccountName = "lanyard"
            $0.spiffeID = text
        }
        #expect(try await refused())
    }

    @Test("no pod's name or label can make it")
    func pod() async throws {
        lanyard.placement.add(pod: "lanyard", on: "node-1")
        lanyard.placement.add(pod: "other", on: "node-1")
        try await lanyard.create(identity: "web") {
            $0.placement = .pod
            $0.spiffeID = "/shared/{pod}"
        }
        try await lanyard.reconcile(identity: "web")
        let ids = lanyard.world.registry.withDatastore { $0.entries.map(\.spiffeID) }
        #expect(ids == ["spiffe://sim.example/shared/other"])
        let synced = try await lanyard.condition("EntriesSynced", ofIdentity: "web")
        #expect(synced.reason == "Rejected" && synced.message.contains("pod lanyard"))
    }

    // MARK: - Known late

    private static func operatorID() throws -> SPIFFEID { try SPIFFEID("spiffe://sim.example/shared/lanyard") }

    private func ids(in lanyard: TestOperator) -> [String] {
        lanyard.world.registry.withDatastore { $0.entries.map(\.spiffeID).sorted() }
    }

    @Test("an entry with it, made before it was known, goes when it is, whatever the boundary says of violations")
    func late() async throws {
        let lanyard = try await TestOperator()
        try await lanyard.create(identity: "web") { $0.spiffeID = "/shared/lanyard" }
        try await lanyard.reconcile(identity: "web")
        #expect(ids(in: lanyard) == ["spiffe://sim.example/shared/lanyard"])
        lanyard.boundaries.set(ownID: try Self.operatorID())
        try await lanyard.reconcile(identity: "web")
        #expect(ids(in: lanyard) == [])
        #expect(try await lanyard.condition("Accepted", ofIdentity: "web").reason == "InvalidSpec")
        #expect(lanyard.notes("Withdrawn") == ["withdrawn what had the SPIFFE ID of the operator"])
        lanyard.journal.clear()
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.journal.calls.filter { $0.hasPrefix("spire") } == [])
    }

    @Test("it is found, too, when nothing was to be taken away at an earlier refusal")
    func lateAfterRefusal() async throws {
        let lanyard = try await TestOperator()
        try await lanyard.create(identity: "web") { $0.spiffeID = "/shared/lanyard" }
        try await lanyard.reconcile(identity: "web")
        try await lanyard.edit(identity: "web") { $0.hint = "\n" }
        try await lanyard.reconcile(identity: "web")
        #expect(ids(in: lanyard).count == 1)
        lanyard.boundaries.set(ownID: try Self.operatorID())
        try await lanyard.reconcile(identity: "web")
        #expect(ids(in: lanyard) == [])
    }

    @Test("an identity that asks for it later keeps what it has with another ID")
    func otherID() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        try await lanyard.edit(identity: "web") { $0.spiffeID = "/shared/lanyard" }
        try await lanyard.reconcile(identity: "web")
        #expect(try await lanyard.condition("Accepted", ofIdentity: "web").reason == "InvalidSpec")
        #expect(ids(in: lanyard) == ["spiffe://sim.example/ns/shop/sa/web"])
    }

    @Test("so does a pod's, though another pod's entry cannot be made yet")
    func latePod() async throws {
        let lanyard = try await TestOperator()
        lanyard.placement.add(node: "node-1")
        for pod in ["lanyard", "other"] { lanyard.placement.add(pod: pod, on: "node-1") }
        lanyard.placement.add(pod: "early", on: "node-9")
        try await lanyard.create(identity: "web") {
            $0.placement = .pod
            $0.spiffeID = "/shared/{pod}"
        }
        try await lanyard.reconcile(identity: "web")
        #expect(ids(in: lanyard) == ["spiffe://sim.example/shared/lanyard", "spiffe://sim.example/shared/other"])
        lanyard.boundaries.set(ownID: try Self.operatorID())
        try await lanyard.reconcile(identity: "web")
        #expect(ids(in: lanyard) == ["spiffe://sim.example/shared/other"])
        #expect(try await lanyard.condition("EntriesSynced", ofIdentity: "web").message.contains("pod lanyard"))
    }

    // MARK: - Paused

    private func pause(_ lanyard: TestOperator, _ isPaused: Bool = true) async throws {
        var boundary = IdentityBoundary.permissive
        boundary.spec.allowPause = true
        lanyard.boundaries.set([boundary])
        var identity = try await lanyard.identity("web")
        identity.metadata.annotations = isPaused ? ["lanyard.dev/paused": "true"] : [:]
        _ = try await lanyard.world.api.replace(identity)
    }

    private func createPods(in lanyard: TestOperator) async throws {
        lanyard.placement.add(node: "node-1")
        for pod in ["lanyard", "other"] { lanyard.placement.add(pod: pod, on: "node-1") }
        try await lanyard.create(identity: "web") {
            $0.placement = .pod
            $0.spiffeID = "/shared/{pod}"
        }
        try await lanyard.reconcile(identity: "web")
    }

    @Test("a pause keeps no entry with it, and all others, at a deletion, too", arguments: [false, true])
    func latePaused(isDeleted: Bool) async throws {
        let lanyard = try await TestOperator()
        try await createPods(in: lanyard)
        try await pause(lanyard)
        if isDeleted { try await lanyard.delete(identity: "web") }
        try await lanyard.reconcile(identity: "web")
        #expect(ids(in: lanyard) == ["spiffe://sim.example/shared/lanyard", "spiffe://sim.example/shared/other"])
        lanyard.boundaries.set(ownID: try Self.operatorID())
        try await lanyard.reconcile(identity: "web")
        #expect(ids(in: lanyard) == ["spiffe://sim.example/shared/other"])
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").reason == "Paused")
        #expect(lanyard.notes("Withdrawn") == ["withdrawn what had the SPIFFE ID of the operator"])
        try await lanyard.reconcile(identity: "web")
        lanyard.journal.clear()
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.journal.calls.filter { $0.hasPrefix("spire") } == [])
    }

    @Test("nor does a pause at the deletion of an identity that asks for it")
    func literalPaused() async throws {
        let lanyard = try await TestOperator()
        try await lanyard.create(identity: "web") { $0.spiffeID = "/shared/lanyard" }
        try await lanyard.reconcile(identity: "web")
        try await pause(lanyard)
        try await lanyard.delete(identity: "web")
        lanyard.boundaries.set(ownID: try Self.operatorID())
        try await lanyard.reconcile(identity: "web")
        #expect(ids(in: lanyard) == [])
        #expect(try await lanyard.identity("web").metadata.isBeingDeleted)
    }

    @Test("what was made since the last look is looked for again")
    func madeSince() async throws {
        try await createPods(in: lanyard)
        try await pause(lanyard)
        try await lanyard.reconcile(identity: "web")
        lanyard.boundaries.set(ownID: try SPIFFEID("spiffe://sim.example/shared/moved"))
        try await pause(lanyard, false)
        try await lanyard.reconcile(identity: "web")
        #expect(ids(in: lanyard).count == 2)
        lanyard.placement.remove(pod: "lanyard")
        lanyard.boundaries.set(ownID: try Self.operatorID())
        try await pause(lanyard)
        try await lanyard.reconcile(identity: "web")
        #expect(ids(in: lanyard) == ["spiffe://sim.example/shared/other"])
    }

    @Test("a pause keeps what an earlier identity of the name had with another ID")
    func earlier() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        _ = try await lanyard.world.api.patch(
            WorkloadIdentity.self, lanyard.key("web"),
            JSONPatch([.replace(path: "/metadata/finalizers", value: [])]))
        try await lanyard.delete(identity: "web")
        lanyard.clock.advance(by: .seconds(600))
        try await lanyard.create(identity: "web")
        try await pause(lanyard)
        try await lanyard.reconcile(identity: "web")
        #expect(ids(in: lanyard) == ["spiffe://sim.example/ns/shop/sa/web"])
    }

    @Test("the operator's own namespace may give it to the operator")
    func ownNamespace() async throws {
        var identity = WorkloadIdentity(
            metadata: ObjectMeta(name: "lanyard", namespace: SimulatedWorld.operatorNamespace))
        identity.spec.spiffeID = "/shared/lanyard"
        _ = try await lanyard.world.api.create(identity)
        _ = try await lanyard.reconcile(identity: "nobody")
        _ = try await lanyard.parts.reconciler.reconcile(identity.key)
        #expect(lanyard.world.registry.withDatastore { $0.entries.count } == 1)
    }

    @Test("no login is bound to it")
    func binding() async throws {
        try await lanyard.create(identity: "web") { $0.spiffeID = "/shared/lanyard" }
        try await lanyard.create(binding: "web") {
            $0.serviceAccountNames = nil
            $0.workloadIdentityRef = .init(name: "web")
            $0.jwtAuth = .init(audiences: ["vault"])
        }
        #expect(try await refused())
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("IdentityResolved", ofBinding: "web").reason == "IdentityNotReady")
        #expect(lanyard.world.vault.peek("auth/jwt/role/web") == nil)
    }
}
