import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultTesting

@Suite("BindingReconciler: what only the ledger remembers, and a record that is taken")
struct BindingLedgerTests {
    private static let main = "database/roles/web_main"
    private static let other = "database/roles/web_other"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func exists(_ path: String) -> Bool { lanyard.world.vault.peek(path) != nil }

    private func claims() async throws -> [OwnershipRecord.Claim] {
        try await lanyard.records().flatMap(\.spec.claims)
    }

    /// A binding with a role that is to stay and one that is not, all in place.
    private func createConverged(_ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }) async throws {
        try await lanyard.create(binding: "web") { spec in
            spec.databaseRoles = [.sample { $0.deletionPolicy = .orphan }, .sample { $0.name = "other" }]
            fill(&spec)
        }
        try await lanyard.reconcile(binding: "web")
        lanyard.journal.clear()
    }

    // MARK: - Orphan

    @Test("a database role that is taken out of the spec stays behind if its policy said so, the other one goes")
    func orphan() async throws {
        try await createConverged()
        #expect(try await claims().filter { $0.deletionPolicy == .orphan }.map(\.path) == [Self.main])
        try await lanyard.edit(binding: "web") { $0.databaseRoles = nil }
        try await lanyard.reconcile(binding: "web")
        #expect(exists(Self.main) && !exists(Self.other))
        #expect(lanyard.journal.writes(to: "vault").filter { $0.contains(Self.main) } == [])
        #expect(try await claims().map(\.path) == ["auth/kubernetes/role/web", "sys/policies/acl/web"])
        #expect(lanyard.notes("Orphaned") == ["left behind (deletionPolicy Orphan): \(Self.main)"])
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        // Nobody's: whoever declares it again as it is has it again.
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes == [])
        #expect(exists(Self.main))
    }

    @Test("a policy that is set later is remembered without a write to Vault, and one that is taken back is forgotten")
    func policyFollowsSpec() async throws {
        try await createConverged()
        try await lanyard.edit(binding: "web") { spec in
            spec.databaseRoles = [
                .sample(),
                .sample {
                    $0.name = "other"; $0.deletionPolicy = .orphan
                },
            ]
        }
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes(to: "vault") == [])
        #expect(try await claims().filter { $0.deletionPolicy == .orphan }.map(\.path) == [Self.other])
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes == [])
        try await lanyard.edit(binding: "web") { $0.databaseRoles = nil }
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.main) && exists(Self.other))
    }

    @Test("where the role has no policy of its own, the binding's counts")
    func inheritedPolicy() async throws {
        try await createConverged { spec in
            spec.deletionPolicy = .orphan
            spec.databaseRoles = [
                .sample(),
                .sample {
                    $0.name = "other"; $0.deletionPolicy = .delete
                },
            ]
        }
        try await lanyard.edit(binding: "web") { $0.databaseRoles = nil }
        try await lanyard.reconcile(binding: "web")
        #expect(exists(Self.main) && !exists(Self.other))
    }

    @Test("what the boundary does not allow any more is deleted all the same (threat T28)")
    func orphanForbidden() async throws {
        try await createConverged()
        var boundary = IdentityBoundary.permissive
        boundary.spec.allowOrphan = false
        lanyard.boundaries.set([boundary])
        try await lanyard.edit(binding: "web") { $0.databaseRoles = nil }
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.main) && !exists(Self.other))
        #expect(lanyard.notes("Orphaned") == [])
    }

    @Test("while the boundary cannot be read, what was to stay is neither deleted nor given up")
    func orphanUndecided() async throws {
        try await createConverged()
        var boundary = IdentityBoundary.permissive
        boundary.spec.allowOrphan = false
        lanyard.boundaries.set([boundary], undecodable: ["broken"])
        try await lanyard.edit(binding: "web") { $0.databaseRoles = nil }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(exists(Self.main) && !exists(Self.other))
        #expect(try await claims().contains { $0.path == Self.main && $0.deletionPolicy == .orphan })
        let condition = try await lanyard.condition("DatabaseRolesSynced", ofBinding: "web")
        #expect(condition.reason == "OutsideBoundary" && condition.message.contains("IdentityBoundary broken"))
        lanyard.boundaries.set([.permissive])
        try await lanyard.reconcile(binding: "web")
        #expect(exists(Self.main))
        #expect(try await !claims().contains { $0.path == Self.main })
    }

    @Test("a role that was taken out just before the binding was deleted stays; what is in the spec goes by it")
    func orphanOfDeletedBinding() async throws {
        try await createConverged { spec in
            spec.databaseRoles = [
                .sample { $0.deletionPolicy = .orphan },
                .sample { role in
                    role.name = "other"
                    role.deletionPolicy = .orphan
                },
            ]
        }
        try await lanyard.edit(binding: "web") { $0.databaseRoles = [.sample { $0.name = "other" }] }
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(exists(Self.main) && !exists(Self.other))
        #expect(try await lanyard.records().isEmpty)
    }

    @Test("a role that has to make room for one of the other kind does not stay, whatever its policy says")
    func orphanInTheWay() async throws {
        try await createConverged()
        try await lanyard.edit(binding: "web") { spec in
            spec.databaseRoles = [
                .sample { role in
                    role.statements = nil
                    role.static = .init(username: "app", rotationPeriod: "1h")
                    role.recreatePolicy = .recreate
                }
            ]
        }
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.main) && exists("database/static-roles/web_main"))
        #expect(lanyard.notes("Orphaned") == [])
        #expect(try await !claims().contains { $0.path == Self.main })
    }

    // MARK: - A record that is taken

    private func takeRecord(named name: String, for owner: OwnershipRecord.Owner) async throws {
        let stored = try await lanyard.world.api.create(
            OwnershipRecord(
                metadata: ObjectMeta(name: name, namespace: SimulatedWorld.operatorNamespace),
                spec: .init(owner: owner, claims: [])))
        lanyard.ledger.observe(Delta(old: nil, new: stored))
    }

    private func allRecords() async throws -> [OwnershipRecord] {
        try await lanyard.world.api.list(OwnershipRecord.self, namespace: SimulatedWorld.operatorNamespace).items
    }

    private let stranger = OwnershipRecord.Owner(kind: "VaultMount", namespace: "", name: "shop.web", uid: "1")

    @Test("a record that is somebody else's is named in condition and event, nothing is written, and its end is enough")
    func takenRecord() async throws {
        try await takeRecord(named: "shop.web", for: stranger)
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.journal.writes(to: "vault") == [])
        for type in ["PolicySynced", "DatabaseRolesSynced", "AuthRolesSynced", "Ready"] {
            let condition = try await lanyard.condition(type, ofBinding: "web")
            #expect(condition.reason == "Conflict", "\(type)")
            #expect(condition.message.contains("ownership record shop.web"), "\(type): \(condition.message)")
            #expect(condition.message.contains("VaultMount /shop.web"), "\(type): \(condition.message)")
        }
        #expect(lanyard.notes("Conflict").count == 1)
        #expect(try await lanyard.binding("web").metadata.finalizers ?? [] == [])
        // Said once.
        lanyard.journal.clear()
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.journal.writes == [])
        let record = try #require(try await allRecords().first)
        try await lanyard.world.api.delete(OwnershipRecord.self, record.key, uid: nil)
        lanyard.ledger.observe(Delta(old: record, new: nil))
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        #expect(exists(Self.main))
    }

    @Test("a cache that still has the record of somebody else is not believed")
    func staleOccupant() async throws {
        try await takeRecord(named: "shop.web", for: stranger)
        let record = try #require(try await allRecords().first)
        try await lanyard.world.api.delete(OwnershipRecord.self, record.key, uid: nil)
        try await lanyard.create(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test("a record that the cache does not have yet is found when the claim is refused, and named with the next pass")
    func unseenOccupant() async throws {
        _ = try await lanyard.world.api.create(
            OwnershipRecord(
                metadata: ObjectMeta(name: "shop.web", namespace: SimulatedWorld.operatorNamespace),
                spec: .init(owner: stranger, claims: [])))
        try await lanyard.create(binding: "web")
        await #expect(throws: KubernetesError.self) { try await lanyard.reconcile(binding: "web") }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await lanyard.condition("PolicySynced", ofBinding: "web").reason == "Conflict")
        #expect(lanyard.journal.writes(to: "vault") == [])
    }

    @Test(
        "a binding whose record was replaced by somebody else's owns nothing any more, and goes without touching anything"
    )
    func deletionBesideTakenRecord() async throws {
        try await lanyard.create(binding: "web")
        try await lanyard.reconcile(binding: "web")
        let own = try #require(try await lanyard.records().first)
        try await lanyard.world.api.delete(OwnershipRecord.self, own.key, uid: nil)
        lanyard.ledger.observe(Delta(old: own, new: nil))
        try await takeRecord(named: "shop.web", for: stranger)
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(try await allRecords().map(\.spec.owner) == [stranger])
        #expect(exists("sys/policies/acl/web"))
    }
}
