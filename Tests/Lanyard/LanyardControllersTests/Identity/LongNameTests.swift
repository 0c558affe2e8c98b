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

@Suite("Identities with names whose entry IDs are shortened")
struct LongNameTests {
    private static let name = String(repeating: "a", count: 253)

    private let lanyard: TestOperator

    init() async throws {
        lanyard = try await TestOperator()
        for node in ["node-1", "node-2"] { lanyard.placement.add(node: node) }
        lanyard.placement.add(pod: "p1", account: "web", on: "node-1")
    }

    private func entries() -> Int { lanyard.world.registry.withDatastore { $0.entries.count } }

    private func createConverged(_ placement: WorkloadIdentitySpec.Placement) async throws {
        try await lanyard.create(identity: Self.name) {
            $0.serviceAccountName = "web"
            $0.placement = placement
        }
        try await lanyard.reconcile(identity: Self.name)
        #expect(entries() == 1)
    }

    /// A process that knows of the entries by a listing alone.
    private func successor() async throws -> TestOperator {
        let successor = try await TestOperator(in: lanyard.world)
        for node in ["node-1", "node-2"] { successor.placement.add(node: node) }
        return successor
    }

    @Test("a withdrawal after a restart deletes them before the status says so", arguments: Placements.all)
    func withdrawal(placement: WorkloadIdentitySpec.Placement) async throws {
        try await createConverged(placement)
        let successor = try await successor()
        var boundary = IdentityBoundary.permissive
        boundary.spec.identity = nil
        boundary.spec.onViolation = .withdraw
        successor.boundaries.set([boundary])
        try await successor.reconcile(identity: Self.name)
        #expect(entries() == 0)
        #expect(try await successor.identity(Self.name).status?.entryCount == 0)
        #expect(successor.notes("Withdrawn").count == 1)
    }

    @Test("a deletion after a restart deletes them before the object goes", arguments: Placements.all)
    func deletion(placement: WorkloadIdentitySpec.Placement) async throws {
        try await createConverged(placement)
        try await lanyard.delete(identity: Self.name)
        let successor = try await successor()
        try await successor.reconcile(identity: Self.name)
        #expect(entries() == 0)
        #expect(try await lanyard.world.api.get(WorkloadIdentity.self, lanyard.key(Self.name)) == nil)
    }

    @Test("of two that begin alike each has its own", arguments: Placements.all)
    func neighbours(placement: WorkloadIdentitySpec.Placement) async throws {
        try await createConverged(placement)
        let other = String(Self.name.dropLast()) + "b"
        try await lanyard.create(identity: other) {
            $0.serviceAccountName = "web"
            $0.spiffeID = "/elsewhere"
            $0.placement = placement
        }
        try await lanyard.reconcile(identity: other)
        #expect(entries() == 2)
        try await lanyard.delete(identity: other)
        try await successor().reconcile(identity: other)
        let left = lanyard.world.registry.withDatastore { $0.entries.map(\.spiffeID) }
        #expect(left == ["spiffe://sim.example/ns/shop/sa/web"])
    }

    @Test("a change by hand is found by the shared verification and corrected")
    func drift() async throws {
        try await createConverged(.cluster)
        let successor = try await successor()
        try await successor.reconcile(identity: Self.name)
        let id = try #require(lanyard.world.registry.withDatastore { $0.entries.first?.id })
        var entry = try #require(try await lanyard.world.registry.entry(id: id))
        entry.hint = "other"
        _ = try await lanyard.world.registry.update(entry, fields: [.hint])
        #expect(try await successor.verify() == [lanyard.key(Self.name)])
        try await successor.reconcile(identity: Self.name)
        #expect(try await lanyard.world.registry.entry(id: id)?.hint == "")
    }

    @Test("without an object they are swept, with one they are not")
    func sweep() async throws {
        try await createConverged(.node)
        try await lanyard.verify(rounds: 3)
        #expect(entries() == 1)
        _ = try await lanyard.world.api.patch(
            WorkloadIdentity.self, lanyard.key(Self.name),
            JSONPatch([.replace(path: "/metadata/finalizers", value: [])]))
        try await lanyard.delete(identity: Self.name)
        try await lanyard.verify(rounds: 2)
        #expect(entries() == 0)
    }

    private enum Placements {
        static let all: [WorkloadIdentitySpec.Placement] = [.cluster, .node, .pod]
    }
}
