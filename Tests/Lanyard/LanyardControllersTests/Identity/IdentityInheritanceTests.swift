import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient
import SPIREEmulator
import Testing

/// An identity that is refused keeps no entries that were made for an earlier one of its name.
@Suite("IdentityReconciler: namesakes")
struct IdentityInheritanceTests {
    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func entry() async throws -> RegistrationEntry? {
        try await lanyard.world.registry.entry(id: "lanyard.sim.shop.web")
    }

    /// An identity in place that goes without the operator, and another one of its name, which asks for somebody else's ID.
    private func succeed() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        var identity = try await lanyard.identity("web")
        identity.metadata.finalizers = []
        _ = try await lanyard.world.api.replace(identity)
        try await lanyard.delete(identity: "web")
        try await lanyard.create(identity: "web") { $0.spiffeID = "/ns/victim/sa/web" }
        lanyard.journal.clear()
    }

    @Test("the entries of a predecessor go at once, and that is told once")
    func refused() async throws {
        try await succeed()
        try await lanyard.reconcile(identity: "web")
        #expect(try await entry() == nil)
        #expect(try await lanyard.condition("Accepted", ofIdentity: "web").reason == "OutsideBoundary")
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.notes("Withdrawn").count == 1)
        #expect(lanyard.journal.writes(to: "spire").count == 1)
    }

    @Test("what is its own stays, as does what a cache that is behind takes for a predecessor's")
    func own() async throws {
        try await lanyard.create(identity: "web")
        let before = try await lanyard.world.view()
        try await lanyard.reconcile(identity: "web")
        var closed = IdentityBoundary.permissive
        closed.spec.identity = nil
        lanyard.boundaries.set([closed])
        try await lanyard.reconcile(identity: "web")
        #expect(try await entry() != nil)
        // Its status is of an older version.
        _ = try? await lanyard.reconcile(identity: "web", seeing: before)
        #expect(try await entry() != nil)
    }

    @Test("a boundary that only the cache has is no reason")
    func staleBoundary() async throws {
        try await succeed()
        var wider = IdentityBoundary.permissive
        wider.spec.identity?.spiffeIDs?.append("/ns/victim/*")
        lanyard.boundaries.truth.set([wider])
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(identity: "web") }
        #expect(try await entry() != nil)
    }
}
