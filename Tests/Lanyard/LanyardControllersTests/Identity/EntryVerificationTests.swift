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

@Suite("EntryVerification and EntrySweep")
struct EntryVerificationTests {
    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func converge(_ names: [String]) async throws {
        for name in names {
            try await lanyard.create(identity: name)
            try await lanyard.reconcile(identity: name)
        }
        try await lanyard.verify()
        lanyard.journal.clear()
    }

    private func insert(_ ids: [String]) {
        let alias = lanyard.world.alias.id.description
        lanyard.world.registry.withDatastore { store in
            for id in ids {
                var entry = StoredEntry(
                    id: id, spiffeID: "spiffe://sim.example/x/\(id)", parentID: alias,
                    selectors: [.init(type: "unix", value: "uid:1")])
                // Before every identity.
                entry.createdAt = 1
                store.insert(entry)
            }
        }
    }

    private func ids() -> [String] { lanyard.world.registry.withDatastore { $0.entries.map(\.id).sorted() } }

    private func step() async throws -> ReconcileResult {
        try await lanyard.parts.verification.reconcile(EntryVerification.key)
    }

    // MARK: - Verification

    @Test("at rest one listing per interval is made, and nothing else")
    func rest() async throws {
        try await converge((0..<10).map { "app-\($0)" })
        var pages = 0
        let start = lanyard.clock.now
        while lanyard.clock.now - start < .seconds(6_000) {
            let result = try await step()
            pages += 1
            lanyard.clock.advance(by: try #require(result.requeueAfter))
        }
        // Ten intervals, of which the first is the rest after the listing at the start; a page, an empty one and an agent
        // listing each.
        let lists = lanyard.journal.calls.filter { $0.hasPrefix("spire list page") }
        #expect((18...20).contains(lists.count), "\(lists.count) pages in \(pages) steps")
        #expect(lanyard.journal.calls.filter { $0.hasPrefix("spire list agents") }.count <= 11)
        #expect(
            lanyard.journal.calls.count == lists.count
                + lanyard.journal.calls.count { $0.hasPrefix("spire list agents") })
        #expect(lanyard.parts.differing.take().isEmpty)
    }

    @Test("what was changed, deleted or added under our prefix is told, and only that")
    func differences() async throws {
        try await converge(["a", "b", "c", "d"])
        let registry = lanyard.world.registry
        var changed = try #require(try await registry.entry(id: "lanyard.sim.shop.b"))
        changed.hint = "by hand"
        _ = try await registry.update(changed, fields: [.hint])
        try await registry.delete(id: "lanyard.sim.shop.c")
        insert(["lanyard.sim.shop.d_more", "foreign"])
        #expect(try await lanyard.verify() == ["b", "c", "d"].map { lanyard.key($0) })
        #expect(try await lanyard.verify() == [])
        for name in ["b", "c", "d"] { try await lanyard.reconcile(identity: name) }
        lanyard.clock.advance(by: .seconds(60))
        #expect(ids() == ["foreign"] + ["a", "b", "c", "d"].map { "lanyard.sim.shop.\($0)" })
    }

    @Test("the node alias is looked after by the same listing")
    func alias() async throws {
        insert(["lanyard.sim.node-alias"])
        #expect(try await lanyard.verify() == [NodeAliasReconciler.key])
        #expect(try await lanyard.verify() == [])
        try await lanyard.world.registry.delete(id: "lanyard.sim.node-alias")
        #expect(try await lanyard.verify() == [NodeAliasReconciler.key])
    }

    @Test("after a wholesale loss everything that is missing is told in one round")
    func loss() async throws {
        let names = (0..<30).map { "app-\($0)" }
        try await converge(names)
        lanyard.world.registry.withDatastore { store in _ = store.delete(ids: store.entries.map(\.id)) }
        #expect(try await lanyard.verify() == names.map { lanyard.key($0) }.sorted())
        for name in names { try await lanyard.reconcile(identity: name) }
        #expect(ids().count == 30)
    }

    @Test("where ours are few among many they are read one by one, and now and then all are listed")
    func pointReads() async throws {
        try await converge(["web"])
        insert((0..<50).map { "foreign-\($0)" })
        try await lanyard.verify()
        lanyard.journal.clear()
        for _ in 0..<ListingPolicy.pointRounds {
            lanyard.clock.advance(by: .seconds(600))
            _ = try await step()
        }
        #expect(lanyard.journal.calls.count { $0 == "spire read lanyard.sim.shop.web" } == ListingPolicy.pointRounds)
        #expect(!lanyard.journal.calls.contains { $0.hasPrefix("spire list page") })
        lanyard.clock.advance(by: .seconds(600))
        _ = try await step()
        #expect(lanyard.journal.calls.contains { $0.hasPrefix("spire list page") })
        // A point read sees what a listing would.
        try await lanyard.verify()
        try await lanyard.world.registry.delete(id: "lanyard.sim.shop.web")
        lanyard.clock.advance(by: .seconds(600))
        _ = try await step()
        #expect(lanyard.parts.differing.take() == [lanyard.key("web")])
    }

    @Test("when the server was away everything is looked at anew, without pauses")
    func afterOutage() async throws {
        try await converge(["web"])
        #expect(try await step().requeueAfter == .seconds(15))
        #expect(lanyard.journal.calls.isEmpty)
        lanyard.parts.inventory.requestListing()
        lanyard.journal.clear()
        var steps = 0
        while try await step().requeueAfter == .zero { steps += 1 }
        #expect(steps == 1)
        #expect(lanyard.journal.calls.count { $0.hasPrefix("spire list page") } == 2)
    }

    @Test("a listing that fails is no listing: nothing is taken for absent")
    func failedListing() async throws {
        try await converge(["web"])
        lanyard.journal.fail("spire list page", with: SPIREError(.unavailable, "away"))
        await #expect(throws: SPIREError.self) { try await lanyard.verify() }
        #expect(lanyard.parts.inventory.exists("lanyard.sim.shop.web"))
        #expect(lanyard.parts.differing.take().isEmpty)
    }

    // MARK: - Sweep

    @Test("what no object owns goes after two rounds, with an event that names it")
    func sweep() async throws {
        try await converge(["web"])
        insert(["lanyard.sim.shop.gone", "lanyard.sim.other.gone_uid", "lanyard.sim.x"])
        try await lanyard.verify(rounds: 1)
        #expect(ids().count == 4)
        try await lanyard.verify(rounds: 1)
        #expect(ids() == ["lanyard.sim.shop.web"])
        #expect(lanyard.notes("SweptEntries").count == 1)
    }

    @Test("an object that is only on the API server owns its entry all the same")
    func ownerBehindCache() async throws {
        insert(["lanyard.sim.shop.late"])
        try await lanyard.create(identity: "late")
        var late = try await lanyard.identity("late")
        late.metadata.finalizers = ["lanyard.dev/cleanup"]
        _ = try await lanyard.world.api.replace(late)
        // The cache does not know it.
        _ = lanyard.identities.replace(with: [], resourceVersion: ResourceVersion("1"))
        for _ in 0..<3 {
            lanyard.clock.advance(by: .seconds(600))
            try await lanyard.parts.verification.verifyNow()
        }
        #expect(ids() == ["lanyard.sim.shop.late"])
    }

    @Test(
        "identities that cannot be listed, or not to the end, are no reason to delete",
        arguments: [KubernetesError.Code.notServed, .unreachable, .forbidden, .expired])
    func incompleteList(code: KubernetesError.Code) async throws {
        insert(["lanyard.sim.shop.gone"])
        lanyard.journal.fail("kube get", with: KubernetesError(code, "no"))
        try await lanyard.verify(rounds: 4)
        #expect(ids() == ["lanyard.sim.shop.gone"])
        lanyard.journal.heal()
        try await lanyard.verify(rounds: 1)
        #expect(ids() == ["lanyard.sim.shop.gone"])
        try await lanyard.verify(rounds: 1)
        #expect(ids() == [])
    }

    @Test("a list that fails between two looks is none of the two: the count starts anew")
    func failedList() async throws {
        insert(["lanyard.sim.shop.gone"])
        try await lanyard.verify(rounds: 1)
        lanyard.journal.fail("kube get", with: KubernetesError(.unreachable, "away"))
        try await lanyard.verify(rounds: 1)
        lanyard.journal.heal()
        try await lanyard.verify(rounds: 1)
        #expect(ids() == ["lanyard.sim.shop.gone"])
        try await lanyard.verify(rounds: 1)
        #expect(ids() == [])
    }

    /// What can fail at the end of a listing, when the sweep has looked.
    enum EndFailure: String, CaseIterable {
        case parents = "spire list agents"
        case deletion = "spire delete lanyard.sim.shop.stuck"
    }

    /// An identity in place, and a listing of which the end fails from now on.
    private func failEnd(_ failure: EndFailure, inserting more: [String] = []) async throws {
        try await converge(["web"])
        if failure == .deletion {
            insert(["lanyard.sim.shop.stuck"])
            try await lanyard.verify(rounds: 1)
        }
        insert(more)
        lanyard.journal.clear()
        lanyard.journal.fail(failure.rawValue, with: SPIREError(.serverError, "internal"))
        // The page with something in it, and half an interval later the empty one, which ends the listing.
        lanyard.clock.advance(by: .seconds(600))
        _ = try await step()
        lanyard.clock.advance(by: .seconds(300))
        await #expect(throws: SPIREError.self) { try await step() }
    }

    @Test(
        "a listing whose end fails is one look, however often it is tried again in moments (rule sweep-10)",
        arguments: EndFailure.allCases)
    func retries(_ failure: EndFailure) async throws {
        try await failEnd(failure, inserting: ["lanyard.sim.shop.gone"])
        for _ in 0..<3 { await #expect(throws: SPIREError.self) { try await lanyard.verify() } }
        #expect(ids().contains("lanyard.sim.shop.gone"))
        lanyard.journal.heal()
        // A retry deletes what the looks before it have found.
        try await lanyard.verify()
        #expect(ids() == ["lanyard.sim.shop.gone", "lanyard.sim.shop.web"])
        try await lanyard.verify(rounds: 1)
        #expect(ids() == ["lanyard.sim.shop.web"])
    }

    @Test(
        "what it listed is not ended again: the retry is the next listing, which finds changes (rule drift-12)",
        arguments: EndFailure.allCases)
    func newListing(_ failure: EndFailure) async throws {
        try await failEnd(failure)
        // What cannot be swept holds up no look at the agents.
        #expect(lanyard.journal.calls.contains { $0.hasPrefix("spire list agents") })
        var changed = try #require(try await lanyard.world.registry.entry(id: "lanyard.sim.shop.web"))
        changed.hint = "by hand"
        _ = try await lanyard.world.registry.update(changed, fields: [.hint])
        _ = lanyard.parts.differing.take()
        lanyard.journal.clear()
        // Nor is anything else held up.
        #expect(try await step().requeueAfter == .seconds(15))
        #expect(!lanyard.journal.calls.contains { $0.hasPrefix("spire list") })
        lanyard.clock.advance(by: .seconds(300))
        _ = try await step()
        #expect(lanyard.parts.differing.take() == [lanyard.key("web")])
    }

    @Test("nor is anything swept that has been left behind since")
    func leftBehindMeanwhile() async throws {
        try await failEnd(.deletion)
        try await lanyard.edit(identity: "web") { $0.deletionPolicy = .orphan }
        try await lanyard.reconcile(identity: "web")
        try await lanyard.delete(identity: "web")
        for _ in 0..<2 { try await lanyard.reconcile(identity: "web") }
        for _ in 0..<6 {
            lanyard.clock.advance(by: .seconds(300))
            _ = try? await step()
        }
        #expect(ids() == ["lanyard.sim.shop.stuck", "lanyard.sim.shop.web"])
    }

    @Test("what could not be swept is listed again in the next round, though ours are few among many")
    func failedAmongMany() async throws {
        try await converge(["web"])
        insert(["lanyard.sim.shop.stuck"] + (0..<50).map { "foreign-\($0)" })
        try await lanyard.verify(rounds: 1)
        lanyard.journal.fail(EndFailure.deletion.rawValue, with: SPIREError(.serverError, "internal"))
        await #expect(throws: SPIREError.self) { try await lanyard.verify(rounds: 1) }
        lanyard.journal.heal()
        lanyard.clock.advance(by: .seconds(600))
        for _ in 0..<2 {
            _ = try await step()
            lanyard.clock.advance(by: .seconds(300))
        }
        #expect(!ids().contains("lanyard.sim.shop.stuck") && ids().contains("lanyard.sim.shop.web"))
    }

    @Test("a sweep that would take too much stops and says so")
    func stop() async throws {
        insert((0..<6).map { "lanyard.sim.shop.gone-\($0)" })
        try await lanyard.verify(rounds: 4)
        #expect(ids().count == 6)
        #expect(
            lanyard.notes("SweepStopped").first?.contains("6 registration entries have no WorkloadIdentity") == true)
    }

    @Test("a namespace that strips many of its own stops nobody, and is swept when few are left")
    func oneNamespace() async throws {
        try await converge(["web"])
        let stripped = (0..<6).map { "lanyard.sim.tenant.gone-\($0)" }
        insert(stripped + ["lanyard.sim.other.left"])
        try await lanyard.verify(rounds: 1)
        #expect(ids().count == 8)
        for _ in 0..<4 {
            try await lanyard.verify(rounds: 1)
            #expect(ids() == ["lanyard.sim.shop.web"] + stripped)
        }
        #expect(lanyard.notes("SweepStopped").first?.hasSuffix("; nothing of tenant is deleted") == true)
        try await lanyard.world.registry.delete(id: stripped[0])
        try await lanyard.verify(rounds: 1)
        #expect(ids() == ["lanyard.sim.shop.web"] + Array(stripped.dropFirst()))
        try await lanyard.verify(rounds: 1)
        #expect(ids() == ["lanyard.sim.shop.web"])
    }

    @Test("what an author left behind on purpose is spared")
    func orphans() async throws {
        try await lanyard.create(identity: "web") { $0.deletionPolicy = .orphan }
        try await lanyard.reconcile(identity: "web")
        try await lanyard.delete(identity: "web")
        try await lanyard.reconcile(identity: "web")
        try await lanyard.verify(rounds: 4)
        #expect(ids() == ["lanyard.sim.shop.web"])
    }

    @Test("an identity that nothing was made for keeps no entry of a predecessor", arguments: [true, false])
    func stranger(isRefused: Bool) async throws {
        insert(["lanyard.sim.shop.web"])
        try await lanyard.create(identity: "web") { if isRefused { $0.spiffeID = "/ns/victim/sa/web" } }
        try await lanyard.verify(rounds: 2)
        #expect(ids() == [])
    }

    @Test(
        "what was made for an identity stays without our finalizer, be it refused or paused, until it is being deleted",
        arguments: [true, false])
    func unmarked(isRefused: Bool) async throws {
        try await converge(["web"])
        var boundary = IdentityBoundary.permissive
        boundary.spec.allowPause = true
        lanyard.boundaries.set([boundary])
        var web = try await lanyard.identity("web")
        web.metadata.finalizers = ["example.org/other"]
        if isRefused { web.spec.hint = "\n" } else { web.metadata.annotations = ["lanyard.dev/paused": "true"] }
        _ = try await lanyard.world.api.replace(web)
        try await lanyard.reconcile(identity: "web")
        try await lanyard.verify(rounds: 4)
        #expect(ids() == ["lanyard.sim.shop.web"])
        try await lanyard.delete(identity: "web")
        try await lanyard.verify(rounds: 2)
        #expect(ids() == [])
    }

    @Test("finalizers that are too many to be read keep none for an identity that is being deleted")
    func manyFinalizers() async throws {
        insert(["lanyard.sim.shop.web"])
        try await lanyard.create(identity: "web")
        let names = (0..<300).map { JSONValue.string("example.org/\(String(repeating: "x", count: 30))-\($0)") }
        _ = try await lanyard.world.api.patch(
            WorkloadIdentity.self, lanyard.key("web"),
            JSONPatch([.add(path: "/metadata/finalizers", value: .array(names))]))
        try await lanyard.verify(rounds: 3)
        #expect(ids() == ["lanyard.sim.shop.web"])
        try await lanyard.delete(identity: "web")
        try await lanyard.verify(rounds: 2)
        #expect(ids() == [])
    }

    @Test("nor is it taken from one that has got its finalizer since the cache saw it")
    func finalizerBehindCache() async throws {
        insert(["lanyard.sim.shop.web"])
        try await lanyard.create(identity: "web")
        try await lanyard.verify(rounds: 1)
        let lanyard = lanyard
        // After the list, before the deletion.
        lanyard.journal.before("kube get namespaces/shop/workloadidentities/web") {
            var web = try await lanyard.identity("web")
            web.metadata.finalizers = ["lanyard.dev/cleanup"]
            _ = try await lanyard.world.api.replace(web)
        }
        try await lanyard.verify(rounds: 1)
        #expect(ids() == ["lanyard.sim.shop.web"])
    }

    @Test("the entry of a namesake that was created in the last moment is not swept away under it")
    func namesake() async throws {
        insert(["lanyard.sim.shop.web"])
        try await lanyard.verify(rounds: 1)
        let lanyard = lanyard
        lanyard.journal.before("kube get") {
            _ = lanyard.identities.replace(
                with: [WorkloadIdentity(metadata: ObjectMeta(name: "web", namespace: "shop", uid: "new"))],
                resourceVersion: ResourceVersion("99"))
        }
        try await lanyard.verify(rounds: 1)
        #expect(ids() == ["lanyard.sim.shop.web"])
    }
}
