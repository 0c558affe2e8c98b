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

    private func setFinalizers(_ names: [String]) async throws {
        let value = JSONValue.array(names.map { .string($0) })
        _ = try await lanyard.world.api.patch(
            WorkloadIdentity.self, lanyard.key("web"), JSONPatch([.add(path: "/metadata/finalizers", value: value)]))
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

    @Test("an accepted namesake takes them over, in place and once")
    func accepted() async throws {
        try await lose()
        lanyard.clock.advance(by: .seconds(600))
        lanyard.journal.clear()
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.journal.writes(to: "spire") == ["spire update \(Self.entryID) expiresAt"])
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").status == .yes)
        lanyard.journal.clear()
        try await lanyard.verifyAndReconcile()
        try await lanyard.reconcile(identity: "web")
        let successor = try await TestOperator(in: lanyard.world)
        try await successor.reconcile(identity: "web")
        #expect(lanyard.journal.writes(to: "spire") == [] && successor.journal.writes(to: "spire") == [])
    }

    @Test(
        "what it took over is its own: that stays when it is refused later, until the next namesake",
        arguments: [false, true])
    func takenOver(afterRestart: Bool) async throws {
        try await lose()
        lanyard.clock.advance(by: .seconds(600))
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        lanyard.clock.advance(by: .seconds(3_600))
        try await lanyard.edit(identity: "web") { $0.hint = "\n" }
        let process = afterRestart ? try await TestOperator(in: lanyard.world) : lanyard
        try await process.reconcile(identity: "web")
        #expect(try await process.condition("Accepted", ofIdentity: "web").reason == "InvalidSpec")
        #expect(try await exists())
        try await setFinalizers([])
        try await lanyard.delete(identity: "web")
        try await lanyard.create(identity: "web") { $0.hint = "\n" }
        try await process.reconcile(identity: "web")
        #expect(try await !exists())
    }

    private func stripAndRefuse(in lanyard: TestOperator) async throws {
        var web = try await lanyard.identity("web")
        web.metadata.finalizers = []
        web.spec.hint = "\n"
        _ = try await lanyard.world.api.replace(web)
        try await lanyard.reconcile(identity: "web")
        #expect(try await lanyard.condition("Accepted", ofIdentity: "web").reason == "InvalidSpec")
    }

    @Test("what it took over soon after its predecessor stays, too, when it is refused without our finalizer")
    func takenOverSoon() async throws {
        try await lose()
        lanyard.clock.advance(by: .seconds(60))
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        try await stripAndRefuse(in: lanyard)
        #expect(try await exists())
    }

    @Test("so does what was made for it where SPIRE's clock is behind")
    func slowClock() async throws {
        let lanyard = try await TestOperator(in: SimulatedWorld(seed: 1, lag: 3))
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        try await stripAndRefuse(in: lanyard)
        try await lanyard.verify(rounds: 3)
        #expect(try await lanyard.world.registry.entry(id: Self.entryID) != nil)
    }

    @Test("nothing is marked for a namesake that only a cache has")
    func gone() async throws {
        try await lose()
        lanyard.clock.advance(by: .seconds(600))
        try await lanyard.create(identity: "web")
        try await setFinalizers(["lanyard.dev/cleanup"])
        let stale = try await lanyard.world.view()
        try await setFinalizers([])
        try await lanyard.delete(identity: "web")
        let successor = try await TestOperator(in: lanyard.world)
        await #expect(throws: StaleObject.self) { try await successor.reconcile(identity: "web", seeing: stale) }
        #expect(successor.journal.writes(to: "spire") == [])
    }

    @Test("what only a cache takes for a predecessor's stays")
    func staleFinalizer() async throws {
        try await lose()
        lanyard.clock.advance(by: .seconds(60))
        try await lanyard.create(identity: "web") { $0.spiffeID = "/not/allowed/here" }
        let stale = try await lanyard.world.view()
        try await setFinalizers(["lanyard.dev/cleanup"])
        _ = try? await lanyard.reconcile(identity: "web", seeing: stale)
        #expect(try await exists())
    }

    @Test("edits hold nothing off, unless they make it one that may have them", arguments: [true, false])
    func edited(isRefused: Bool) async throws {
        try await lose()
        lanyard.clock.advance(by: .seconds(60))
        try await lanyard.create(identity: "web") { $0.spiffeID = "/not/allowed/here" }
        let lanyard = lanyard
        lanyard.journal.before("kube get namespaces/shop/workloadidentities/web") {
            try await lanyard.edit(identity: "web") { spec in
                spec.hint = "new"
                if !isRefused { spec.spiffeID = nil }
            }
        }
        // Its status is of an older version.
        _ = try? await lanyard.reconcile(identity: "web")
        #expect(try await exists() == !isRefused)
        try await lanyard.reconcile(identity: "web")
        #expect(try await exists() == !isRefused)
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
