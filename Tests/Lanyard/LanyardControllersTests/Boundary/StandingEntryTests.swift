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

/// Entries that a spec does not ask for any more are held against a boundary, whatever ends a pass, and go before that is told.
@Suite("Withdrawal of entries that outlive a spec")
struct StandingEntryTests {
    private static let entryID = "lanyard.sim.shop.web"
    private static let objectPatch = "kube patch namespaces/shop/workloadidentities/web"
    private static let tooLarge = KubernetesError(.badRequest, "request is too large")

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func entry(_ id: String = entryID) async throws -> RegistrationEntry? {
        try await lanyard.world.registry.entry(id: id)
    }

    private func allow(
        _ onViolation: IdentityBoundarySpec.OnViolation? = nil,
        _ change: (inout IdentityBoundarySpec) -> Void = { _ in }
    ) {
        var boundary = IdentityBoundary.permissive
        boundary.spec.onViolation = onViolation
        change(&boundary.spec)
        lanyard.boundaries.set([boundary])
    }

    /// An identity with an entry for admins.
    private func createAdmin() async throws {
        allow { $0.identity?.allowAdmin = true }
        try await lanyard.create(identity: "web") { $0.admin = true }
        try await lanyard.reconcile(identity: "web")
        #expect(try await entry()?.isAdmin == true)
    }

    private func removeFinalizer() async throws {
        var identity = try await lanyard.identity("web")
        identity.metadata.finalizers = []
        _ = try await lanyard.world.api.replace(identity)
    }

    private func pause(_ isPaused: Bool = true) async throws {
        var identity = try await lanyard.identity("web")
        identity.metadata.annotations = isPaused ? ["lanyard.dev/paused": "true"] : [:]
        _ = try await lanyard.world.api.replace(identity)
    }

    /// What ends every pass over a spec that asks for less.
    enum Hold: CaseIterable {
        case unknownPlacement, unknownBundles, unwritable
    }

    /// Drops the right from the spec in a way that leaves it in SPIRE.
    private func dropRight(under hold: Hold) async throws {
        try await lanyard.edit(identity: "web") { spec in
            spec.admin = nil
            if hold == .unknownPlacement { spec.placement = .node }
            if hold == .unknownBundles { spec.federatesWith = ["a.example"] }
        }
        switch hold {
        case .unknownPlacement: lanyard.placement.isKnown = false
        case .unknownBundles: lanyard.journal.fail("spire list bundles", with: SPIREError(.permissionDenied, "no"))
        case .unwritable:
            try await removeFinalizer()
            lanyard.journal.fail(Self.objectPatch, with: Self.tooLarge)
        }
    }

    @Test(
        "they go, whatever ends passes for a minute; under Retain they stay",
        arguments: Hold.allCases, [true, false])
    func held(by hold: Hold, withdraws: Bool) async throws {
        try await createAdmin()
        try await dropRight(under: hold)
        // What is still allowed stays.
        allow(.withdraw) { $0.identity?.allowAdmin = true }
        await #expect(throws: (any Error).self) { try await lanyard.reconcile(identity: "web") }
        #expect(try await entry()?.isAdmin == true)
        allow(withdraws ? .withdraw : nil)
        lanyard.clock.advance(by: .seconds(61))
        await #expect(throws: (any Error).self) { try await lanyard.reconcile(identity: "web") }
        #expect(try await (entry() == nil) == withdraws)
        #expect(lanyard.notes("Withdrawn").count == (withdraws ? 1 : 0))
    }

    @Test(
        "what may be over in a moment is waited for: new entries come first, or old ones go after a minute",
        arguments: [true, false])
    func passing(isOver: Bool) async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        lanyard.placement.add(node: "node-1")
        lanyard.placement.add(pod: "p1", on: "node-1")
        lanyard.placement.isKnown = false
        try await lanyard.edit(identity: "web") { $0.placement = .pod }
        allow(.withdraw) { $0.identity?.placements = [.pod] }
        for _ in 0..<2 {
            await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
            #expect(try await entry() != nil)
            lanyard.clock.advance(by: .seconds(30))
        }
        lanyard.journal.clear()
        lanyard.placement.isKnown = isOver
        _ = try? await lanyard.reconcile(identity: "web")
        let creation = isOver ? ["spire create \(Self.entryID)_uid-p1"] : []
        #expect(lanyard.journal.writes(to: "spire") == creation + ["spire delete \(Self.entryID)"])
    }

    @Test("a pause ends what was waited for before it")
    func pausedDoubt() async throws {
        try await createAdmin()
        try await dropRight(under: .unknownPlacement)
        allow(.withdraw) { $0.allowPause = true }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        lanyard.clock.advance(by: .seconds(40))
        try await pause()
        try await lanyard.reconcile(identity: "web")
        try await pause(false)
        for isThere in [true, false] {
            lanyard.clock.advance(by: .seconds(40))
            await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
            #expect(try await entry() != nil)
            lanyard.clock.advance(by: .seconds(isThere ? 0 : 20))
        }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(try await entry() == nil)
    }

    @Test("so does a pass that comes to its end")
    func endedDoubt() async throws {
        try await createAdmin()
        allow(.withdraw) { $0.identity?.allowAdmin = true }
        for isEnded in [true, false] {
            try await removeFinalizer()
            lanyard.journal.fail(Self.objectPatch, with: Self.tooLarge)
            await #expect(throws: KubernetesError.self) { try await lanyard.reconcile(identity: "web") }
            #expect(try await entry()?.isAdmin == true)
            guard isEnded else { break }
            lanyard.clock.advance(by: .seconds(40))
            lanyard.journal.heal()
            try await lanyard.reconcile(identity: "web")
            lanyard.clock.advance(by: .seconds(40))
            try await lanyard.edit(identity: "web") { $0.admin = nil }
            allow(.withdraw)
        }
        lanyard.clock.advance(by: .seconds(60))
        await #expect(throws: KubernetesError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(try await entry() == nil)
    }

    @Test("a namesake begins no new minute")
    func replacedDoubt() async throws {
        try await createAdmin()
        try await dropRight(under: .unwritable)
        allow(.withdraw)
        await #expect(throws: KubernetesError.self) { try await lanyard.reconcile(identity: "web") }
        lanyard.clock.advance(by: .seconds(40))
        try await lanyard.delete(identity: "web")
        #expect(try await lanyard.reconcile(identity: "web") == .done)
        try await lanyard.create(identity: "web")
        await #expect(throws: KubernetesError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(try await entry() != nil)
        lanyard.clock.advance(by: .seconds(20))
        await #expect(throws: KubernetesError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(try await entry() == nil)
    }

    @Test("they go though that cannot be told")
    func untold() async throws {
        try await createAdmin()
        try await lanyard.edit(identity: "web") { spec in
            spec.admin = nil
            spec.hint = "\n"
        }
        lanyard.journal.fail("\(Self.objectPatch)/status", with: Self.tooLarge)
        allow(.withdraw)
        await #expect(throws: KubernetesError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(try await entry() == nil)
        lanyard.journal.heal()
        try await lanyard.reconcile(identity: "web")
        #expect(try await lanyard.condition("Accepted", ofIdentity: "web").reason == "InvalidSpec")
    }

    @Test("so does what has the operator's own ID in a pause")
    func untoldPaused() async throws {
        lanyard.placement.add(node: "node-1")
        for pod in ["lanyard", "other"] { lanyard.placement.add(pod: pod, on: "node-1") }
        try await lanyard.create(identity: "web") { spec in
            spec.placement = .pod
            spec.spiffeID = "/shared/{pod}"
        }
        try await lanyard.reconcile(identity: "web")
        allow { $0.allowPause = true }
        try await pause()
        lanyard.journal.fail("\(Self.objectPatch)/status", with: Self.tooLarge)
        lanyard.boundaries.set(ownID: try SPIFFEID("spiffe://sim.example/shared/lanyard"))
        await #expect(throws: KubernetesError.self) { try await lanyard.reconcile(identity: "web") }
        let ids = lanyard.world.registry.withDatastore { $0.entries.map(\.spiffeID) }
        #expect(ids == ["spiffe://sim.example/shared/other"])
    }

    @Test("an edit in between holds nothing off")
    func edited() async throws {
        try await createAdmin()
        try await lanyard.edit(identity: "web") { spec in
            spec.admin = nil
            spec.hint = "\n"
        }
        try await lanyard.reconcile(identity: "web")
        allow(.withdraw)
        let lanyard = lanyard
        lanyard.journal.before("spire read \(Self.entryID)") {
            try await lanyard.edit(identity: "web") { $0.hint = "\t" }
        }
        _ = try? await lanyard.reconcile(identity: "web")
        #expect(try await lanyard.identity("web").spec.hint == "\t")
        #expect(try await entry() == nil)
    }

    @Test("nor do edits of a spec that is outside itself, for longer than a minute")
    func editedOutside() async throws {
        try await createAdmin()
        allow(.withdraw)
        let lanyard = lanyard
        for pause in [0, 61] {
            lanyard.clock.advance(by: .seconds(pause))
            lanyard.journal.before("kube get namespaces/shop/workloadidentities/web") {
                try await lanyard.edit(identity: "web") { $0.hint = "after \(pause)" }
            }
            await #expect(throws: StaleObject.self) { try await lanyard.reconcile(identity: "web") }
            #expect(try await (entry() != nil) == (pause == 0))
        }
        try await lanyard.reconcile(identity: "web")
        #expect(try await lanyard.condition("EntriesSynced", ofIdentity: "web").reason == "OutsideBoundary")
    }

    // MARK: - Namesakes

    /// Lets an identity go without the operator.
    private func lose() async throws {
        try await removeFinalizer()
        try await lanyard.delete(identity: "web")
        lanyard.clock.advance(by: .seconds(600))
    }

    @Test(
        "an accepted heir in a conflict keeps of a predecessor's what its own boundary allows, under Retain, too",
        arguments: [true, false])
    func heir(isAllowed: Bool) async throws {
        try await createAdmin()
        try await lose()
        try await lanyard.create(identity: "api")
        try await lanyard.reconcile(identity: "api")
        allow { $0.identity?.allowAdmin = isAllowed }
        try await lanyard.create(identity: "web") { $0.serviceAccountName = "api" }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(try await (entry()?.isAdmin == true) == isAllowed)
        #expect(try await lanyard.condition("EntriesSynced", ofIdentity: "web").reason == "Conflict")
        #expect(try await entry("lanyard.sim.shop.api") != nil)
        #expect(lanyard.notes("Withdrawn").count == (isAllowed ? 0 : 1))
    }

    @Test("what an heir has taken over is judged like all that it has")
    func settledHeir() async throws {
        try await createAdmin()
        try await lose()
        try await lanyard.create(identity: "api")
        try await lanyard.reconcile(identity: "api")
        try await lanyard.create(identity: "web") { $0.admin = true }
        try await lanyard.reconcile(identity: "web")
        allow()
        try await lanyard.edit(identity: "web") { spec in
            spec.admin = nil
            spec.serviceAccountName = "api"
        }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(try await lanyard.condition("EntriesSynced", ofIdentity: "web").reason == "Conflict")
        #expect(try await entry()?.isAdmin == true)
        #expect(lanyard.notes("Withdrawn") == [])
    }

    @Test("a boundary that only a cache has takes nothing from an heir")
    func staleHeir() async throws {
        try await createAdmin()
        try await lose()
        try await lanyard.create(identity: "api")
        try await lanyard.reconcile(identity: "api")
        var wider = IdentityBoundary.permissive
        wider.spec.identity?.allowAdmin = true
        allow()
        lanyard.boundaries.truth.set([wider])
        try await lanyard.create(identity: "web") { $0.serviceAccountName = "api" }
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(identity: "web") }
        #expect(try await entry()?.isAdmin == true)
    }

    @Test("a pause keeps what the predecessor of a refused identity had, until it ends")
    func pausedHeir() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        try await lose()
        allow { $0.allowPause = true }
        try await lanyard.create(identity: "web") { $0.spiffeID = "/not/allowed/here" }
        try await pause()
        try await lanyard.reconcile(identity: "web")
        #expect(try await lanyard.condition("Accepted", ofIdentity: "web").reason == "OutsideBoundary")
        lanyard.journal.clear()
        try await lanyard.verify(rounds: 3)
        // The sweep does not even count it.
        #expect(!lanyard.journal.calls.contains { $0.hasPrefix("kube") })
        #expect(try await entry() != nil)
        try await pause(false)
        try await lanyard.reconcile(identity: "web")
        #expect(try await entry() == nil)
    }

    @Test("nor does the sweep take it where only a cache denies the pause, or nobody knows", arguments: [true, false])
    func sweptPause(isKnown: Bool) async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        try await lose()
        try await lanyard.create(identity: "web")
        try await pause()
        var pausing = IdentityBoundary.permissive
        pausing.spec.allowPause = true
        lanyard.boundaries.truth.set([pausing])
        if !isKnown { lanyard.boundaries.truth.fail(with: KubernetesError(.unreachable, "away")) }
        try await lanyard.verify(rounds: 3)
        #expect(try await entry() != nil)
        lanyard.boundaries.truth.fail(with: nil)
        lanyard.boundaries.truth.set(nil)
        try await lanyard.verify()
        #expect(try await entry() == nil)
    }
}
