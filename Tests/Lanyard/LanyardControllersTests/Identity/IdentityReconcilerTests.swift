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

@Suite("IdentityReconciler")
struct IdentityReconcilerTests {
    private static let entryID = "lanyard.sim.shop.web"
    private static let statusCall = "kube patch namespaces/shop/workloadidentities/web/status"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func entry(_ id: String = entryID) async throws -> RegistrationEntry? {
        try await lanyard.world.registry.entry(id: id)
    }

    /// Somebody changes our entry by hand.
    private func meddle(_ fields: Set<EntryField>, _ change: (inout RegistrationEntry) -> Void) async throws {
        var changed = try #require(try await entry())
        change(&changed)
        _ = try await lanyard.world.registry.update(changed, fields: fields)
    }

    // MARK: - Convergence

    @Test("a new identity gets its entry and is Ready")
    func create() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        let entry = try #require(try await entry())
        #expect(entry.spiffeID.description == "spiffe://sim.example/ns/shop/sa/web")
        #expect(entry.parentID == lanyard.world.alias.id)
        #expect(entry.selectors == Set(["k8s:ns:shop", "k8s:sa:web"].compactMap(WorkloadSelector.init)))
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").status == .yes)
        #expect(lanyard.notes("EntryCreated").count == 1)
        #expect(lanyard.notes("DriftCorrected").isEmpty)
    }

    @Test("the finalizer is stored before anything is written to SPIRE")
    func finalizerFirst() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        #expect(
            lanyard.journal.writes == [
                "kube patch namespaces/shop/workloadidentities/web", "spire create \(Self.entryID)", Self.statusCall,
            ])
        #expect(try await lanyard.identity("web").metadata.finalizers == ["lanyard.dev/cleanup"])
    }

    @Test("when the finalizer cannot be stored, nothing is written")
    func noFinalizer() async throws {
        try await lanyard.create(identity: "web")
        lanyard.journal.fail("kube patch", with: SPIREError(.cancelled, "not stored"))
        await #expect(throws: (any Error).self) { try await lanyard.reconcile(identity: "web") }
        #expect(lanyard.journal.writes(to: "spire").isEmpty)
    }

    @Test("a second pass makes no call at all, and no other one is due: the shared verification looks after it")
    func secondPass() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        let events = lanyard.events.all.count
        lanyard.journal.clear()
        #expect(try await lanyard.reconcile(identity: "web").isRest)
        #expect(lanyard.journal.calls.isEmpty)
        #expect(lanyard.events.all.count == events)
    }

    @Test("while many wait, a pass that made the entry leaves the status to one that comes after theirs")
    func crowd() async throws {
        lanyard.parts.isCrowded.isOn = true
        try await lanyard.create(identity: "web")
        #expect(try await lanyard.reconcile(identity: "web") == .requeue(after: .zero))
        #expect(try await entry() != nil)
        #expect(!lanyard.journal.calls.contains(Self.statusCall))
        lanyard.journal.clear()
        #expect(try await lanyard.reconcile(identity: "web").isRest)
        #expect(lanyard.journal.calls == [Self.statusCall])
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").status == .yes)
        #expect(lanyard.notes("EntryCreated").count == 1)
    }

    @Test("what fails is said at once, however many wait")
    func failureInCrowd() async throws {
        lanyard.parts.isCrowded.isOn = true
        lanyard.journal.fail("spire create", with: SPIREError(.invalidArgument, "no such selector"))
        try await lanyard.create(identity: "web")
        await #expect(throws: (any Error).self) { try await lanyard.reconcile(identity: "web") }
        #expect(try await lanyard.condition("EntriesSynced", ofIdentity: "web").status == .no)
    }

    @Test("a new process verifies by one listing, without a write or a point read")
    func restart() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        let successor = try await TestOperator(in: lanyard.world)
        try await successor.reconcile(identity: "web")
        #expect(successor.journal.writes.isEmpty)
        #expect(successor.journal.calls.allSatisfy { $0.hasPrefix("spire list agents") })
        #expect(successor.events.all.isEmpty)
    }

    @Test("a process that could not list the entries reads them one by one, and writes nothing either")
    func restartWithoutListing() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        let successor = try await TestOperator(in: lanyard.world, listsEntries: false)
        try await successor.reconcile(identity: "web")
        #expect(successor.journal.writes.isEmpty)
        #expect(successor.journal.calls.first == "spire read \(Self.entryID)")
    }

    @Test("a new identity costs one call to SPIRE, a changed one two")
    func calls() async throws {
        try await lanyard.create(identity: "other")
        try await lanyard.reconcile(identity: "other")
        lanyard.journal.clear()
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.journal.calls.filter { $0.hasPrefix("spire") } == ["spire create \(Self.entryID)"])
        try await lanyard.edit(identity: "web") { $0.x509SVID = .init(ttl: "1h") }
        lanyard.journal.clear()
        try await lanyard.reconcile(identity: "web")
        #expect(
            lanyard.journal.calls.filter { $0.hasPrefix("spire") }
                == ["spire read \(Self.entryID)", "spire update \(Self.entryID) x509SVID.ttl"])
    }

    @Test("a changed spec changes the entry in place, in the changed fields alone, and is no drift")
    func edit() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        try await lanyard.edit(identity: "web") { $0.x509SVID = .init(ttl: "1h") }
        lanyard.journal.clear()
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.journal.writes(to: "spire") == ["spire update \(Self.entryID) x509SVID.ttl"])
        #expect(lanyard.notes("EntryUpdated").count == 1)
        #expect(lanyard.notes("DriftCorrected").isEmpty)
    }

    // MARK: - Refused specs

    @Test("for a refused spec nothing is written but the status, which names the field")
    func refused() async throws {
        try await lanyard.create(identity: "web") { $0.spiffeID = "spiffe://elsewhere.example/x" }
        let result = try await lanyard.reconcile(identity: "web")
        #expect(result == .done)
        #expect(lanyard.journal.calls == [Self.statusCall])
        let accepted = try await lanyard.condition("Accepted", ofIdentity: "web")
        #expect(accepted.status == .no)
        #expect(accepted.message.contains("spec.spiffeID"))
        #expect(try await lanyard.condition("Stalled", ofIdentity: "web").reason == "InvalidSpec")
    }

    @Test("a spec that becomes refused leaves the entry as it is")
    func becomesRefused() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        let before = try await entry()
        try await lanyard.edit(identity: "web") { $0.admin = true }
        lanyard.journal.clear()
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.journal.writes == [Self.statusCall])
        #expect(try await entry() == before)
        #expect(try await lanyard.condition("Accepted", ofIdentity: "web").reason == "OutsideBoundary")
        #expect(try await lanyard.condition("EntriesSynced", ofIdentity: "web").observedGeneration == 1)
    }

    // MARK: - Drift

    @Test("what was changed by hand is put back, and an event names the fields with both values")
    func driftCorrected() async throws {
        try await lanyard.create(identity: "web") { $0.x509SVID = .init(ttl: "1h") }
        try await lanyard.reconcile(identity: "web")
        try await meddle([.x509SVIDTTL, .admin]) {
            $0.x509SVIDTTL = 42
            $0.isAdmin = true
        }
        #expect(try await lanyard.verify() == [lanyard.key("web")])
        lanyard.journal.clear()
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.journal.writes == ["spire update \(Self.entryID) admin,x509SVID.ttl"])
        let note = try #require(lanyard.notes("DriftCorrected").first)
        #expect(note.contains("admin") && note.contains("x509SVID.ttl") && note.contains("42"))
        #expect(try await entry()?.isAdmin == false)
        #expect(lanyard.notes("EntryUpdated").isEmpty)
    }

    @Test("with driftPolicy Report a change by hand is reported by field, and nothing is written")
    func driftReported() async throws {
        try await lanyard.create(identity: "web") { $0.driftPolicy = .report }
        try await lanyard.reconcile(identity: "web")
        try await meddle([.hint]) { $0.hint = "by hand" }
        #expect(try await lanyard.verify() == [lanyard.key("web")])
        lanyard.journal.clear()
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.journal.writes == [Self.statusCall])
        let synced = try await lanyard.condition("EntriesSynced", ofIdentity: "web")
        #expect(synced.reason == "DriftDetected")
        #expect(synced.message.contains("hint"))
        #expect(lanyard.notes("DriftDetected").count == 1)
        #expect(try await entry()?.hint == "by hand")
        // It stays reported, without repeating itself.
        #expect(try await lanyard.verify() == [])
        lanyard.journal.clear()
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.journal.writes.isEmpty)
        #expect(lanyard.notes("DriftDetected").count == 1)
        #expect(try await lanyard.condition("EntriesSynced", ofIdentity: "web") == synced)
    }

    @Test("an entry that was deleted by hand is created again, and the event says that it was drift")
    func deletedByHand() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        try await lanyard.world.registry.delete(id: Self.entryID)
        #expect(try await lanyard.verify() == [lanyard.key("web")])
        try await lanyard.reconcile(identity: "web")
        #expect(try await entry() != nil)
        #expect(lanyard.notes("DriftCorrected") == ["entry \(Self.entryID) had been deleted and was created again"])
        #expect(lanyard.notes("EntryCreated").count == 1)
    }

    @Test("with driftPolicy Report an entry that was deleted by hand is only reported")
    func deletionReported() async throws {
        try await lanyard.create(identity: "web") { $0.driftPolicy = .report }
        try await lanyard.reconcile(identity: "web")
        try await lanyard.world.registry.delete(id: Self.entryID)
        #expect(try await lanyard.verify() == [lanyard.key("web")])
        lanyard.journal.clear()
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.journal.writes == [Self.statusCall])
        let synced = try await lanyard.condition("EntriesSynced", ofIdentity: "web")
        #expect(synced.reason == "DriftDetected")
        #expect(synced.message.contains("it was deleted"))
        #expect(try await lanyard.identity("web").status?.entryCount == 0)
        #expect(try await entry() == nil)
    }

    // MARK: - Conflicts

    @Test("an entry of somebody else for the same workload is left alone and named")
    func foreignEntry() async throws {
        let tuple = RegistrationEntry(
            id: "by-hand", spiffeID: try SPIFFEID("spiffe://sim.example/ns/shop/sa/web"),
            parentID: lanyard.world.alias.id,
            selectors: Set(["k8s:ns:shop", "k8s:sa:web"].compactMap(WorkloadSelector.init)))
        _ = try await lanyard.world.registry.create(tuple)
        let before = try await entry("by-hand")
        try await lanyard.create(identity: "web")
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        let synced = try await lanyard.condition("EntriesSynced", ofIdentity: "web")
        #expect(synced.reason == "Conflict")
        #expect(synced.message.contains("by-hand"))
        #expect(try await entry("by-hand") == before)
        #expect(try await entry() == nil)
        try await lanyard.world.registry.delete(id: "by-hand")
        try await lanyard.reconcile(identity: "web")
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").status == .yes)
    }

    @Test("of two identities that want one entry the older has it; the other takes over when it goes")
    func seniority() async throws {
        try await lanyard.create(identity: "older") { $0.serviceAccountName = "web" }
        try await lanyard.create(identity: "a-younger") { $0.serviceAccountName = "web" }
        // The younger one comes first, and waits nevertheless.
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "a-younger") }
        #expect(lanyard.journal.writes(to: "spire").isEmpty)
        let conflict = try await lanyard.condition("EntriesSynced", ofIdentity: "a-younger")
        #expect(conflict.reason == "Conflict")
        #expect(conflict.message.contains("shop/older"))
        try await lanyard.reconcile(identity: "older")
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "a-younger") }
        try await lanyard.delete(identity: "older")
        try await lanyard.reconcile(identity: "older")
        try await lanyard.reconcile(identity: "a-younger")
        #expect(try await lanyard.condition("Ready", ofIdentity: "a-younger").status == .yes)
        #expect(try await entry("lanyard.sim.shop.a-younger") != nil)
        #expect(try await entry("lanyard.sim.shop.older") == nil)
    }

    // MARK: - Failures

    @Test("SPIRE that is away is said, what is known of the entry stays, and nothing counts as absent")
    func unavailable() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        let before = try await lanyard.identity("web").status
        try await lanyard.edit(identity: "web") { $0.hint = "new" }
        lanyard.journal.clear()
        lanyard.journal.fail("spire", with: SPIREError(.unavailable, "no connection"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(lanyard.journal.writes == [Self.statusCall])
        let status = try #require(try await lanyard.identity("web").status)
        #expect(status.entries == before?.entries)
        #expect(status.conditions?.condition("EntriesSynced")?.reason == "SPIREUnavailable")
        var parent = before?.conditions?.condition("ParentResolved")
        parent?.observedGeneration = 2
        #expect(status.conditions?.condition("ParentResolved") == parent)
        #expect(status.conditions?.condition("Reconciling") != nil)
        // Nothing changes while it lasts.
        lanyard.journal.clear()
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(lanyard.journal.writes.isEmpty)
        #expect(lanyard.notes("SPIREUnavailable").count == 1)
        lanyard.journal.heal()
        try await lanyard.reconcile(identity: "web")
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").status == .yes)
    }

    @Test("while SPIRE is known to be away it is not called")
    func breaker() async throws {
        let world = try SimulatedWorld(seed: 1)
        let breaker = CircuitBreaker(name: "SPIRE", environment: world.environment, probe: {}, onClose: { _ in })
        let lanyard = try await TestOperator(in: world, breaker: breaker)
        try await lanyard.create(identity: "web")
        try await lanyard.create(identity: "api")
        lanyard.journal.fail("spire", with: SPIREError(.unavailable, "no connection"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(breaker.isOpen)
        lanyard.journal.clear()
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "api") }
        #expect(lanyard.journal.calls.allSatisfy { !$0.hasPrefix("spire") })
        #expect(try await lanyard.condition("EntriesSynced", ofIdentity: "api").reason == "SPIREUnavailable")
    }

    @Test("what SPIRE refuses of one entry is no outage")
    func rejected() async throws {
        let world = try SimulatedWorld(seed: 1)
        let breaker = CircuitBreaker(name: "SPIRE", environment: world.environment, probe: {}, onClose: { _ in })
        let lanyard = try await TestOperator(in: world, breaker: breaker)
        try await lanyard.create(identity: "web")
        lanyard.journal.fail("spire create", with: SPIREError(.invalidArgument, "malformed"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(!breaker.isOpen)
        #expect(try await lanyard.condition("EntriesSynced", ofIdentity: "web").reason == "Rejected")
    }

    @Test("an entry whose turn does not come in time is its own affair: no outage, no relisting")
    func slow() async throws {
        let world = try SimulatedWorld(seed: 1)
        let breaker = CircuitBreaker(name: "SPIRE", environment: world.environment, probe: {}, onClose: { _ in })
        let lanyard = try await TestOperator(in: world, breaker: breaker)
        try await lanyard.create(identity: "web")
        lanyard.journal.fail("spire create", with: SPIREError(.slow, "its turn did not come in time"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(!breaker.isOpen)
        let condition = try await lanyard.condition("EntriesSynced", ofIdentity: "web")
        #expect(condition.reason == "TimedOut")
        #expect(try await lanyard.condition("Reconciling", ofIdentity: "web").status == .yes)
        lanyard.journal.heal()
        try await lanyard.reconcile(identity: "web")
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").status == .yes)
    }

    @Test("an entry that no agent can serve is made, is not Ready, and is looked at again soon")
    func noAgents() async throws {
        try lanyard.world.registry.withAgents { agents throws(CallFailure) in try agents.replace(with: []) }
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        #expect(try await entry() != nil)
        #expect(try await lanyard.condition("EntriesSynced", ofIdentity: "web").status == .yes)
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").reason == "NoLiveAgents")
        // The verification looks at agents every 15 s while somebody waits for them, and says when they come.
        let verification = lanyard.parts.verification
        let due = try await verification.reconcile(EntryVerification.key)
        #expect(try #require(due.requeueAfter) <= .seconds(15))
        #expect(lanyard.parts.differing.take().isEmpty)
        try lanyard.world.registerAgents(["node-1"])
        lanyard.clock.advance(by: .seconds(15))
        let after = try await verification.reconcile(EntryVerification.key)
        #expect(lanyard.parts.differing.take() == [lanyard.key("web")])
        try await lanyard.reconcile(identity: "web")
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").status == .yes)
        #expect(try #require(after.requeueAfter) <= .seconds(15))
        lanyard.journal.clear()
        lanyard.clock.advance(by: .seconds(15))
        _ = try await verification.reconcile(EntryVerification.key)
        #expect(lanyard.journal.calls == [])
    }

    @Test("an entry that appears between read and write is taken for what it is: ours")
    func appearance() async throws {
        try await lanyard.create(identity: "web") { $0.hint = "mine" }
        let registry = lanyard.world.registry
        let ours = RegistrationEntry(
            id: Self.entryID, spiffeID: try SPIFFEID("spiffe://sim.example/ns/shop/sa/web"),
            parentID: lanyard.world.alias.id,
            selectors: Set(["k8s:ns:shop", "k8s:sa:web"].compactMap(WorkloadSelector.init)))
        lanyard.journal.before("spire create") { _ = try await registry.create(ours) }
        try await lanyard.reconcile(identity: "web")
        #expect(try await entry()?.hint == "mine")
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").status == .yes)
    }

    @Test("an entry with our ID and another tuple is brought to what it should be, in place")
    func idTaken() async throws {
        try await lanyard.create(identity: "web")
        let registry = lanyard.world.registry
        let other = RegistrationEntry(
            id: Self.entryID, spiffeID: try SPIFFEID("spiffe://sim.example/elsewhere"),
            parentID: lanyard.world.alias.id, selectors: Set([WorkloadSelector("unix:uid:1")].compactMap { $0 }))
        lanyard.journal.before("spire create") { _ = try await registry.create(other) }
        try await lanyard.reconcile(identity: "web")
        #expect(try await entry()?.spiffeID.path == "/ns/shop/sa/web")
        #expect(lanyard.journal.writes(to: "spire").last == "spire update \(Self.entryID) selectors,spiffeID")
    }

    @Test("an entry that disappears between read and write is made again in the next pass")
    func disappearance() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        try await meddle([.hint]) { $0.hint = "by hand" }
        try await lanyard.verify()
        let registry = lanyard.world.registry
        lanyard.journal.before("spire update") { try await registry.delete(id: Self.entryID) }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        try await lanyard.reconcile(identity: "web")
        #expect(try await entry()?.hint == "")
    }
}
