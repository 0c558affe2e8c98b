import ControllerRuntime
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient
import SPIREEmulator
import Testing

@Suite("Entries of somebody else that are in the way")
struct ForeignConflictTests {
    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    /// What can become of an entry that is in the way.
    enum Change: CaseIterable {
        case goes, moves
    }

    /// An entry that somebody else made for the workloads of an identity.
    private func insert(_ id: String, for name: String, path: String? = nil) throws {
        let parent = lanyard.world.alias.id.description
        lanyard.world.registry.withDatastore { store in
            store.insert(
                StoredEntry(
                    id: id, spiffeID: "spiffe://sim.example\(path ?? "/ns/shop/sa/\(name)")", parentID: parent,
                    selectors: [.init(type: "k8s", value: "ns:shop"), .init(type: "k8s", value: "sa:\(name)")]))
        }
    }

    private func change(_ id: String, _ change: Change) async throws {
        switch change {
        case .goes:
            try await lanyard.world.registry.delete(id: id)
        case .moves:
            var entry = try #require(try await lanyard.world.registry.entry(id: id))
            entry.spiffeID = try SPIFFEID("spiffe://sim.example/far/away")
            _ = try await lanyard.world.registry.update(entry, fields: [.spiffeID])
        }
    }

    private func expectConflict(_ name: String, with id: String) async throws {
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: name) }
        let synced = try await lanyard.condition("EntriesSynced", ofIdentity: name)
        #expect(synced.reason == "Conflict" && synced.message.contains("\"\(id)\""))
    }

    /// One turn of the verification, whenever it wants it.
    ///
    /// - Returns: the identities that it found to look at, and what it asked SPIRE for.
    private func turn() async throws -> (found: [ObjectKey], calls: [String]) {
        lanyard.journal.clear()
        let result = try await lanyard.parts.verification.reconcile(EntryVerification.key)
        let pause = try #require(result.requeueAfter)
        #expect(pause <= .seconds(15))
        lanyard.clock.advance(by: pause)
        return (lanyard.parts.differing.take(), lanyard.journal.calls)
    }

    @Test(
        "within 15 seconds after it went, the identity takes over; until then nothing is written",
        arguments: Change.allCases)
    func resolves(_ change: Change) async throws {
        try insert("scm.1", for: "web")
        try await lanyard.create(identity: "web")
        try await expectConflict("web", with: "scm.1")
        for _ in 0..<3 { #expect(try await turn() == ([], ["spire read scm.1"])) }
        try await self.change("scm.1", change)
        #expect(try await turn().found == [lanyard.key("web")])
        try await lanyard.reconcile(identity: "web")
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").status == .yes)
        #expect(try await lanyard.world.registry.entry(id: "lanyard.sim.shop.web") != nil)
        #expect(try await turn() == ([], []))
    }

    @Test("so it is for an entry of ours that is to be moved onto another", arguments: Change.allCases)
    func moved(_ change: Change) async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        try insert("scm.1", for: "web", path: "/elsewhere")
        try await lanyard.edit(identity: "web") { $0.spiffeID = "/elsewhere" }
        try await expectConflict("web", with: "scm.1")
        #expect(try await turn() == ([], ["spire read scm.1"]))
        try await self.change("scm.1", change)
        #expect(try await turn().found == [lanyard.key("web")])
        try await lanyard.reconcile(identity: "web")
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").status == .yes)
    }

    @Test("nobody waits any more for an entry when the identity is gone, or wants something else")
    func forgotten() async throws {
        for name in ["web", "api"] {
            try insert("scm.\(name)", for: name)
            try await lanyard.create(identity: name)
            try await expectConflict(name, with: "scm.\(name)")
        }
        #expect(try await turn().calls == ["spire read scm.api", "spire read scm.web"])
        try await lanyard.edit(identity: "web") { $0.spiffeID = "/elsewhere" }
        try await lanyard.reconcile(identity: "web")
        #expect(try await turn().calls == ["spire read scm.api"])
        try await lanyard.delete(identity: "api")
        for _ in 0..<2 { try await lanyard.reconcile(identity: "api") }
        #expect(try await turn().calls == [])
    }

    @Test("many are looked at a few at a time, and all of them have their turn")
    func many() async throws {
        let names = (10..<60).map { "app-\($0)" }
        for name in names {
            try insert("scm.\(name)", for: name)
            try await lanyard.create(identity: name)
            try await expectConflict(name, with: "scm.\(name)")
        }
        try await change("scm.app-59", .goes)
        let turns = [try await turn(), try await turn(), try await turn(), try await turn()]
        #expect(turns.map(\.calls.count) == [20, 20, 10, 20])
        #expect(turns.map(\.found) == [[], [], [lanyard.key("app-59")], []])
        #expect(Set(turns.prefix(3).flatMap(\.calls)) == Set(names.map { "spire read scm.\($0)" }))
    }

    @Test("an entry that cannot be read is not gone")
    func unreadable() async throws {
        try insert("scm.1", for: "web")
        try await lanyard.create(identity: "web")
        try await expectConflict("web", with: "scm.1")
        try await change("scm.1", .goes)
        lanyard.journal.fail("spire read", with: SPIREError(.unavailable, "away"))
        await #expect(throws: SPIREError.self) { try await turn() }
        #expect(lanyard.parts.differing.take() == [])
        lanyard.journal.heal()
        #expect(try await turn().found == [lanyard.key("web")])
    }
}
