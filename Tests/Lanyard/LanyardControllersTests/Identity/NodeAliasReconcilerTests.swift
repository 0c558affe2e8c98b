import ControllerRuntime
import LanyardAPI
import LanyardControllers
import LanyardCore
import Logging
import SPIREClient
import SPIREEmulator
import Testing

@Suite("NodeAliasReconciler")
struct NodeAliasReconcilerTests {
    private static let entryID = "lanyard.sim.node-alias"

    private let world: SimulatedWorld
    private let journal = Journal()
    private let inventory = EntryInventory(cluster: "sim")

    init() throws { world = try SimulatedWorld(seed: 1) }

    private func reconciler(alias: NodeAlias? = nil, breaker: CircuitBreaker? = nil) throws -> NodeAliasReconciler? {
        try NodeAliasReconciler(
            registry: RecordingRegistry(base: world.registry, journal: journal), inventory: inventory,
            alias: alias ?? world.alias, gate: DependencyGate(breaker: breaker),
            environment: world.environment, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @discardableResult
    private func pass() async throws -> ReconcileResult {
        try await #require(try reconciler()).reconcile(NodeAliasReconciler.key)
    }

    @Test("the alias is created under the server with the configured selectors, once")
    func create() async throws {
        try await pass()
        let entry = try #require(try await world.registry.entry(id: Self.entryID))
        #expect(entry.spiffeID == world.alias.id)
        #expect(entry.parentID.description == "spiffe://sim.example/spire/server")
        #expect(entry.selectors == world.alias.managedSelectors)
        journal.clear()
        let result = try await pass()
        #expect(journal.calls == ["spire read \(Self.entryID)"])
        // The shared listing looks after it from now on.
        #expect(result == .done)
        #expect(inventory.exists(Self.entryID))
    }

    @Test("an alias that was changed by hand is put back in place")
    func drift() async throws {
        try await pass()
        var changed = try #require(try await world.registry.entry(id: Self.entryID))
        changed.selectors = Set([WorkloadSelector("k8s_psat:cluster:elsewhere")].compactMap { $0 })
        _ = try await world.registry.update(changed, fields: [.selectors])
        journal.clear()
        try await pass()
        #expect(journal.writes == ["spire update \(Self.entryID) selectors"])
        #expect(try await world.registry.entry(id: Self.entryID)?.selectors == world.alias.managedSelectors)
    }

    @Test("an alias that was deleted by hand is made again")
    func deleted() async throws {
        try await pass()
        try await world.registry.delete(id: Self.entryID)
        try await pass()
        #expect(try await world.registry.entry(id: Self.entryID) != nil)
    }

    @Test("an alias that somebody else keeps is left alone, and is no error")
    func foreignAlias() async throws {
        let selectors = try #require(world.alias.managedSelectors)
        let foreign = RegistrationEntry(
            id: "by-hand", spiffeID: world.alias.id,
            parentID: try SPIFFEID(trustDomain: world.alias.id.trustDomain, path: "/spire/server"),
            selectors: selectors)
        _ = try await world.registry.create(foreign)
        let before = try await world.registry.entry(id: "by-hand")
        let result = try await pass()
        // The listing does not see when it goes, so it is looked at again.
        #expect(result.requeueAfter != nil)
        #expect(try await world.registry.entry(id: "by-hand") == before)
        #expect(try await world.registry.entry(id: Self.entryID) == nil)
    }

    @Test("an alias that is somebody else's by configuration has no reconciler")
    func unmanaged() throws {
        #expect(try reconciler(alias: NodeAlias(id: world.alias.id, managedSelectors: nil)) == nil)
    }

    @Test("a server that cannot be read is no server without an alias: nothing is written, and the outage is known")
    func unavailable() async throws {
        let breaker = CircuitBreaker(name: "SPIRE", environment: world.environment, probe: {}, onClose: { _ in })
        let reconciler = try #require(try reconciler(breaker: breaker))
        journal.fail("spire read", with: SPIREError(.unavailable, "away"))
        await #expect(throws: SPIREError.self) { try await reconciler.reconcile(NodeAliasReconciler.key) }
        #expect(journal.writes.isEmpty)
        #expect(breaker.isOpen)
        journal.clear()
        await #expect(throws: SPIREError.self) { try await reconciler.reconcile(NodeAliasReconciler.key) }
        #expect(journal.calls.isEmpty)
    }

    @Test("a failure of one call does not count as an outage")
    func denied() async throws {
        let breaker = CircuitBreaker(name: "SPIRE", environment: world.environment, probe: {}, onClose: { _ in })
        let reconciler = try #require(try reconciler(breaker: breaker))
        journal.fail("spire create", with: SPIREError(.permissionDenied, "no"))
        await #expect(throws: SPIREError.self) { try await reconciler.reconcile(NodeAliasReconciler.key) }
        #expect(!breaker.isOpen)
    }
}
