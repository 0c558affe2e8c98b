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

/// Entries that were made by hand for what an identity declares, taken over where their author and the boundary want it.
@Suite("Taking over entries that were made by hand")
struct AdoptionTests {
    private static let entryID = "lanyard.sim.shop.web"
    private static let foreignID = "6f0c1d3e-manual"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func insert(id: String = foreignID, path: String = "/ns/shop/sa/web", hint: String = "") {
        let parent = lanyard.world.alias.id.description
        lanyard.world.registry.withDatastore { store in
            var entry = StoredEntry(
                id: id, spiffeID: "spiffe://sim.example\(path)", parentID: parent,
                selectors: [.init(type: "k8s", value: "ns:shop"), .init(type: "k8s", value: "sa:web")])
            entry.hint = hint
            store.insert(entry)
        }
    }

    private func annotate(_ value: String = "true") async throws {
        _ = try await lanyard.world.api.patch(
            WorkloadIdentity.self, lanyard.key("web"),
            JSONPatch([.add(path: "/metadata/annotations", value: ["lanyard.dev/adopt": .string(value)])]))
    }

    private func createAdopting(_ fill: (inout WorkloadIdentitySpec) -> Void = { _ in }) async throws {
        try await lanyard.create(identity: "web", fill)
        try await annotate()
    }

    private func ids() -> [String] { lanyard.world.registry.withDatastore { $0.entries.map(\.id).sorted() } }

    @Test("the same tuple is taken over by delete and create back to back, under our ID; the event says what it had")
    func takeOver() async throws {
        insert(hint: "by hand")
        try await createAdopting()
        try await lanyard.reconcile(identity: "web")
        #expect(ids() == [Self.entryID])
        #expect(
            lanyard.journal.writes(to: "spire") == [
                "spire create \(Self.entryID)", "spire delete \(Self.foreignID)", "spire create \(Self.entryID)",
            ])
        let notes = lanyard.notes("Adopted")
        #expect(notes.count == 1)
        #expect(notes.first?.contains("\"\(Self.foreignID)\"") == true && notes.first?.contains("hint") == true)
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").status == .yes)
    }

    @Test("an entry of ours that is to be moved onto another takes its place in one update")
    func move() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        insert(path: "/elsewhere")
        try await lanyard.edit(identity: "web") { $0.spiffeID = "/elsewhere" }
        try await annotate()
        lanyard.journal.clear()
        try await lanyard.reconcile(identity: "web")
        #expect(
            lanyard.journal.writes(to: "spire") == [
                "spire delete \(Self.foreignID)", "spire update \(Self.entryID) spiffeID",
            ])
        #expect(ids() == [Self.entryID])
        #expect(lanyard.notes("Adopted").count == 1)
    }

    @Test("a process that ends between the two leaves nothing that the next pass does not make")
    func crash() async throws {
        insert()
        try await createAdopting()
        lanyard.journal.before("spire delete") { [lanyard] in lanyard.journal.crash(after: 0) }
        _ = try? await lanyard.reconcile(identity: "web")
        #expect(ids() == [])
        let successor = try await TestOperator(in: lanyard.world)
        try await successor.reconcile(identity: "web")
        #expect(ids() == [Self.entryID])
    }

    @Test("a boundary that only the cache has takes nobody's entry")
    func staleBoundary() async throws {
        insert()
        var boundary = IdentityBoundary.permissive
        boundary.spec.allowAdoption = nil
        lanyard.boundaries.truth.set([boundary])
        try await createAdopting()
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(identity: "web") }
        #expect(ids() == [Self.foreignID])
    }

    @Test(
        "without annotation, without a boundary's leave, or with the annotation taken back, it stays",
        arguments: [
            "no annotation", "false", "no boundary", "taken back",
        ])
    func refused(why: String) async throws {
        insert()
        try await lanyard.create(identity: "web")
        switch why {
        case "no annotation": break
        case "false": try await annotate("false")
        case "no boundary":
            try await annotate()
            var boundary = IdentityBoundary.permissive
            boundary.spec.allowAdoption = nil
            lanyard.boundaries.set([boundary])
        default:
            try await annotate()
            lanyard.journal.before("spire create") { [lanyard] in
                _ = try await lanyard.world.api.patch(
                    WorkloadIdentity.self, lanyard.key("web"), JSONPatch([.remove(path: "/metadata/annotations")]))
            }
        }
        await #expect(throws: (any Error).self) { try await lanyard.reconcile(identity: "web") }
        #expect(ids() == [Self.foreignID])
        // Its status is of an older version then.
        if why == "taken back" { return }
        let synced = try await lanyard.condition("EntriesSynced", ofIdentity: "web")
        #expect(synced.reason == "Conflict" && synced.message.contains("lanyard.dev/adopt"))
    }

    @Test(
        "an entry of a Lanyard, ours or another's, is never taken over",
        arguments: [
            "lanyard.sim.shop.other", "lanyard.other.shop.web", "lanyard.sim.shop.web_x",
        ])
    func lanyards(id: String) async throws {
        insert(id: id)
        try await createAdopting()
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(ids() == [id])
        let synced = try await lanyard.condition("EntriesSynced", ofIdentity: "web")
        #expect(synced.reason == "Conflict" && !synced.message.contains("lanyard.dev/adopt"))
    }

    @Test("what SPIRE refuses in its place does not cost the workload its identity")
    func restored() async throws {
        insert()
        try await createAdopting()
        lanyard.journal.before("spire delete") { [lanyard] in
            lanyard.journal.fail("spire create \(Self.entryID)", with: SPIREError(.invalidArgument, "no"))
        }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(ids() == [Self.foreignID])
    }

    @Test("somebody who makes it as often as it goes is in conflict, not in a race")
    func race() async throws {
        insert()
        try await createAdopting()
        let parent = lanyard.world.alias.id.description
        lanyard.journal.before("spire delete") { [lanyard] in
            lanyard.journal.before("spire create") {
                lanyard.world.registry.withDatastore { store in
                    store.insert(
                        StoredEntry(
                            id: "again", spiffeID: "spiffe://sim.example/ns/shop/sa/web", parentID: parent,
                            selectors: [.init(type: "k8s", value: "ns:shop"), .init(type: "k8s", value: "sa:web")]))
                }
            }
        }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(ids() == ["again"])
        #expect(try await lanyard.condition("EntriesSynced", ofIdentity: "web").reason == "Conflict")
    }

    @Test("while somebody waits for an entry to go, it is looked at each second, and otherwise not at all")
    func absence() async throws {
        insert()
        try await lanyard.create(identity: "web")
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        var result = try await lanyard.parts.verification.reconcile(EntryVerification.key)
        #expect(result.requeueAfter == .seconds(1))
        try await lanyard.world.registry.delete(id: Self.foreignID)
        lanyard.clock.advance(by: .seconds(1))
        _ = lanyard.parts.differing.take()
        result = try await lanyard.parts.verification.reconcile(EntryVerification.key)
        #expect(lanyard.parts.differing.take() == [lanyard.key("web")])
        try await lanyard.reconcile(identity: "web")
        result = try await lanyard.parts.verification.reconcile(EntryVerification.key)
        #expect(try #require(result.requeueAfter) > .seconds(1))
    }
}
