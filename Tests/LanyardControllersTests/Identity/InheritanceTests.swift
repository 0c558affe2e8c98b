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

/// What an identity inherits of a namesake whose finalizer was taken off.
@Suite("Entries of a predecessor")
struct InheritanceTests {
    private static let entryID = "lanyard.sim.shop.web"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func exists() async throws -> Bool {
        try await lanyard.world.registry.entry(id: Self.entryID) != nil
    }

    /// A converged identity that is gone without a trace in the API server.
    private func lose() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        _ = try await lanyard.world.api.patch(
            WorkloadIdentity.self, lanyard.key("web"),
            JSONPatch([.replace(path: "/metadata/finalizers", value: [])]))
        try await lanyard.delete(identity: "web")
        #expect(try await exists())
    }

    @Test("a refused namesake does not keep them, known to this process or only listed", arguments: [false, true])
    func refused(afterRestart: Bool) async throws {
        try await lose()
        lanyard.clock.advance(by: .seconds(60))
        try await lanyard.create(identity: "web") { $0.spiffeID = "/not/allowed/here" }
        let process = afterRestart ? try await TestOperator(in: lanyard.world) : lanyard
        try await process.reconcile(identity: "web")
        #expect(try await process.condition("Accepted", ofIdentity: "web").reason == "OutsideBoundary")
        #expect(try await !exists())
        #expect(process.notes("CleanedUp") == ["deleted registration entry \(Self.entryID)"])
    }

    @Test("a finalizer that its author wrote keeps them for five minutes at most")
    func forgedFinalizer() async throws {
        try await lose()
        lanyard.clock.advance(by: .seconds(301))
        try await lanyard.create(identity: "web") { $0.spiffeID = "/not/allowed/here" }
        _ = try await lanyard.world.api.patch(
            WorkloadIdentity.self, lanyard.key("web"),
            JSONPatch([.add(path: "/metadata/finalizers", value: ["lanyard.dev/cleanup"])]))
        try await lanyard.reconcile(identity: "web")
        #expect(try await !exists())
    }

    @Test("an accepted namesake takes them over")
    func accepted() async throws {
        try await lose()
        lanyard.clock.advance(by: .seconds(600))
        lanyard.journal.clear()
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.journal.writes(to: "spire") == [])
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").status == .yes)
    }

    @Test("what was made for the very object stays when it is refused, with its finalizer or without")
    func own() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        lanyard.clock.advance(by: .seconds(3_600))
        try await lanyard.edit(identity: "web") { $0.spiffeID = "/not/allowed/here" }
        try await lanyard.reconcile(identity: "web")
        #expect(try await exists())
        _ = try await lanyard.world.api.patch(
            WorkloadIdentity.self, lanyard.key("web"),
            JSONPatch([.replace(path: "/metadata/finalizers", value: [])]))
        try await lanyard.reconcile(identity: "web")
        #expect(try await exists())
    }

    @Test("while SPIRE cannot be read nothing is deleted, and it is tried again")
    func unreadable() async throws {
        try await lose()
        lanyard.clock.advance(by: .seconds(60))
        try await lanyard.create(identity: "web") { $0.spiffeID = "/not/allowed/here" }
        lanyard.journal.fail("spire", with: SPIREError(.unavailable, "away"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(try await exists())
        lanyard.journal.heal()
        try await lanyard.reconcile(identity: "web")
        #expect(try await !exists())
    }

    @Test("nothing is remembered of identities that vanish without their finalizer")
    func memory() async throws {
        try lanyard.world.registerAgents([])
        for name in ["one", "two", "three"] {
            try await lanyard.create(identity: name)
            try await lanyard.reconcile(identity: name)
        }
        #expect(lanyard.parts.reconciler.rememberedCount == 6)
        #expect(lanyard.parts.reconciler.awaitedParents.count == 3)
        for name in ["one", "two", "three"] {
            _ = try await lanyard.world.api.patch(
                WorkloadIdentity.self, lanyard.key(name),
                JSONPatch([.replace(path: "/metadata/finalizers", value: [])]))
            try await lanyard.delete(identity: name)
            #expect(try await lanyard.reconcile(identity: name) == .done)
        }
        #expect(lanyard.parts.reconciler.rememberedCount == 0)
        #expect(lanyard.parts.reconciler.awaitedParents.isEmpty)
        // Their entries are found gone one day.
        for id in lanyard.parts.inventory.ids { try await lanyard.world.registry.delete(id: id) }
        try await lanyard.verify()
        #expect(lanyard.parts.inventory.rememberedCount == 0)
    }

    @Test("an identity that is refused, paused or deleted waits for no agent", arguments: ["refused", "deleted"])
    func waiting(how: String) async throws {
        try lanyard.world.registerAgents([])
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.parts.reconciler.awaitedParents.keys.map(\.name) == ["web"])
        if how == "refused" {
            try await lanyard.edit(identity: "web") { $0.hint = "\n" }
        } else {
            try await lanyard.delete(identity: "web")
        }
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.parts.reconciler.awaitedParents.isEmpty)
    }
}
