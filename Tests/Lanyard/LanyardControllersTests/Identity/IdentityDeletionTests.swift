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

@Suite("IdentityReconciler: deletion, stale caches and the fence")
struct IdentityDeletionTests {
    private static let entryID = "lanyard.sim.shop.web"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func entry() async throws -> RegistrationEntry? {
        try await lanyard.world.registry.entry(id: Self.entryID)
    }

    private func exists() async throws -> Bool {
        try await lanyard.world.api.get(WorkloadIdentity.self, lanyard.key("web")) != nil
    }

    private func createConverged(_ fill: (inout WorkloadIdentitySpec) -> Void = { _ in }) async throws {
        try await lanyard.create(identity: "web", fill)
        try await lanyard.reconcile(identity: "web")
        lanyard.journal.clear()
    }

    // MARK: - Deletion

    @Test("a deleted identity loses its entry first and is let go then")
    func deletion() async throws {
        try await createConverged()
        try await lanyard.delete(identity: "web")
        #expect(try await lanyard.reconcile(identity: "web") == .done)
        #expect(
            lanyard.journal.writes == [
                "spire delete \(Self.entryID)", "kube patch namespaces/shop/workloadidentities/web",
            ])
        #expect(try await entry() == nil)
        #expect(try await !exists())
        #expect(lanyard.notes("CleanedUp") == ["deleted registration entry \(Self.entryID)"])
    }

    @Test("with deletionPolicy Orphan the entry stays, marked, and an event says so")
    func orphan() async throws {
        try await createConverged { $0.deletionPolicy = .orphan }
        try await lanyard.delete(identity: "web")
        try await lanyard.reconcile(identity: "web")
        let left = try #require(try await entry())
        #expect(OrphanMark.isOn(left))
        #expect(lanyard.journal.writes(to: "spire") == ["spire update \(Self.entryID) expiresAt"])
        #expect(try await !exists())
        #expect(lanyard.notes("Orphaned").count == 1)
        #expect(lanyard.notes("CleanedUp").isEmpty)
    }

    @Test("a namesake of an orphaned identity finds its entry, and takes the mark away")
    func orphanAdopted() async throws {
        try await createConverged { $0.deletionPolicy = .orphan }
        try await lanyard.delete(identity: "web")
        try await lanyard.reconcile(identity: "web")
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        #expect(try await entry().map(OrphanMark.isOn) == false)
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").status == .yes)
    }

    @Test("before the entries were listed nothing is deleted, since it is not known what there is")
    func notListed() async throws {
        try await createConverged()
        try await lanyard.delete(identity: "web")
        let successor = try await TestOperator(in: lanyard.world, listsEntries: false)
        await #expect(throws: ConvergenceError.self) { try await successor.reconcile(identity: "web") }
        #expect(successor.journal.writes(to: "spire").isEmpty)
        #expect(try await exists())
        try await successor.verify()
        try await successor.reconcile(identity: "web")
        #expect(try await !exists())
        #expect(try await entry() == nil)
    }

    @Test("while SPIRE is away the finalizer stays, and the status says how to let go")
    func unavailable() async throws {
        try await createConverged()
        try await lanyard.delete(identity: "web")
        lanyard.journal.fail("spire", with: SPIREError(.unavailable, "no connection"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        let identity = try await lanyard.identity("web")
        #expect(identity.metadata.finalizers == ["lanyard.dev/cleanup"])
        let synced = try #require(identity.status?.conditions?.condition("EntriesSynced"))
        #expect(synced.reason == "SPIREUnavailable")
        #expect(synced.message.contains("spec.deletionPolicy to Orphan"))
        // It stays the same while it lasts, and ends by itself.
        lanyard.journal.clear()
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(lanyard.journal.writes(to: "kube").isEmpty)
        lanyard.journal.heal()
        try await lanyard.reconcile(identity: "web")
        #expect(try await !exists())
        #expect(try await entry() == nil)
    }

    @Test("an author who lets go of it while SPIRE is away is rid of it")
    func letGo() async throws {
        try await createConverged()
        try await lanyard.delete(identity: "web")
        lanyard.journal.fail("spire", with: SPIREError(.unavailable, "no connection"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        try await lanyard.edit(identity: "web") { $0.deletionPolicy = .orphan }
        try await lanyard.reconcile(identity: "web")
        #expect(try await !exists())
        #expect(try await entry() != nil)
    }

    @Test("an entry that is gone already is no obstacle")
    func entryGone() async throws {
        try await createConverged()
        try await lanyard.world.registry.delete(id: Self.entryID)
        try await lanyard.delete(identity: "web")
        try await lanyard.reconcile(identity: "web")
        #expect(try await !exists())
    }

    private func setFinalizers(_ names: [String]) async throws {
        let value = JSONValue.array(names.map { .string($0) })
        _ = try await lanyard.world.api.patch(
            WorkloadIdentity.self, lanyard.key("web"), JSONPatch([.add(path: "/metadata/finalizers", value: value)]))
    }

    /// Ours is among so many that none is read.
    private static let manyFinalizers =
        ["lanyard.dev/cleanup"] + (0..<300).map { "example.org/\(String(repeating: "x", count: 30))-\($0)" }

    @Test(
        "whoever took our finalizer off, or hides it, what was made goes with a deletion",
        arguments: [["example.org/other"], manyFinalizers])
    func withoutOurFinalizer(finalizers: [String]) async throws {
        try await createConverged()
        try await setFinalizers(finalizers)
        try await lanyard.delete(identity: "web")
        #expect(try await lanyard.reconcile(identity: "web") == .done)
        #expect(lanyard.journal.writes == ["spire delete \(Self.entryID)"])
        #expect(try await entry() == nil)
        #expect(try await exists())
        // Then nothing is left to ask for.
        lanyard.journal.clear()
        #expect(try await lanyard.reconcile(identity: "web") == .done)
        #expect(lanyard.journal.calls == [])
    }

    @Test("what its author leaves behind stays, however long somebody else's finalizer holds the identity")
    func heldOrphan() async throws {
        try await createConverged { $0.deletionPolicy = .orphan }
        try await setFinalizers(["lanyard.dev/cleanup", "example.org/other"])
        try await lanyard.delete(identity: "web")
        try await lanyard.reconcile(identity: "web")
        for _ in 0..<3 { try await lanyard.verifyAndReconcile() }
        let left = try #require(try await entry())
        #expect(OrphanMark.isOn(left))
        #expect(try await exists())
    }

    @Test("what an earlier identity of the name had is not this one's to leave behind")
    func inheritedOrphan() async throws {
        try await createConverged()
        try await setFinalizers([])
        try await lanyard.delete(identity: "web")
        try await lanyard.create(identity: "web") { spec in
            spec.spiffeID = "/not/allowed/here"
            spec.deletionPolicy = .orphan
        }
        try await setFinalizers(["example.org/other"])
        try await lanyard.delete(identity: "web")
        try await lanyard.reconcile(identity: "web")
        let left = try #require(try await entry())
        #expect(!OrphanMark.isOn(left))
        try await lanyard.verify(rounds: 2)
        #expect(try await entry() == nil)
    }

    // MARK: - The cache of a new leader

    @Test("nothing is created for an object that is only in the cache of a new leader")
    func goneBehindCache() async throws {
        try await createConverged()
        let stale = try await lanyard.world.view()
        try await lanyard.delete(identity: "web")
        try await lanyard.reconcile(identity: "web")
        let successor = try await TestOperator(in: lanyard.world)
        await #expect(throws: StaleObject.self) { try await successor.reconcile(identity: "web", seeing: stale) }
        #expect(successor.journal.writes.isEmpty)
        #expect(try await entry() == nil)
    }

    @Test("a spec that is out of date in the cache of a new leader is not written over the newer one")
    func changedBehindCache() async throws {
        try await createConverged()
        let stale = try await lanyard.world.view()
        try await lanyard.edit(identity: "web") { $0.hint = "new" }
        try await lanyard.reconcile(identity: "web")
        let successor = try await TestOperator(in: lanyard.world)
        await #expect(throws: StaleObject.self) { try await successor.reconcile(identity: "web", seeing: stale) }
        #expect(successor.journal.writes.isEmpty)
        #expect(try await entry()?.hint == "new")
    }

    @Test("the entry of a namesake that was created since is not deleted for the one in the cache")
    func recreatedBehindCache() async throws {
        try await createConverged()
        try await lanyard.delete(identity: "web")
        let stale = try await lanyard.world.view()
        try await lanyard.reconcile(identity: "web")
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        let successor = try await TestOperator(in: lanyard.world)
        #expect(try await successor.reconcile(identity: "web", seeing: stale) == .done)
        #expect(successor.journal.writes.isEmpty)
        #expect(try await entry() != nil)
        #expect(try await lanyard.identity("web").metadata.finalizers == ["lanyard.dev/cleanup"])
    }

    @Test("when the API server cannot be asked whether the object lives, nothing is written")
    func livenessUnknown() async throws {
        try await createConverged()
        try await lanyard.world.registry.delete(id: Self.entryID)
        let successor = try await TestOperator(in: lanyard.world)
        successor.journal.fail("kube get", with: SPIREError(.cancelled, "no answer"))
        await #expect(throws: (any Error).self) { try await successor.reconcile(identity: "web") }
        #expect(successor.journal.writes(to: "spire").isEmpty)
        try await lanyard.delete(identity: "web")
        await #expect(throws: (any Error).self) { try await successor.reconcile(identity: "web") }
        #expect(successor.journal.writes(to: "spire").isEmpty)
    }

    // MARK: - The fence

    @Test("a process that does not lead writes no entry, and leaves the status to the one that leads")
    func fencedCreation() async throws {
        try await lanyard.create(identity: "web")
        lanyard.journal.isFenced = true
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(try await entry() == nil)
        #expect(try await lanyard.identity("web").status == nil)
        #expect(lanyard.events.all.isEmpty)
    }

    @Test("a process that does not lead deletes nothing, keeps the finalizer and says nothing")
    func fencedDeletion() async throws {
        try await createConverged()
        try await lanyard.delete(identity: "web")
        let before = try await lanyard.identity("web")
        let events = lanyard.events.all.count
        lanyard.journal.isFenced = true
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(lanyard.journal.writes.isEmpty)
        #expect(try await lanyard.identity("web") == before)
        #expect(lanyard.events.all.count == events)
        #expect(try await entry() != nil)
    }
}
