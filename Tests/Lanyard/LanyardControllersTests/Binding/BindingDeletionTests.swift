import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultClient
import VaultTesting

@Suite("BindingReconciler: deletion, stale caches and the fence")
struct BindingDeletionTests {
    private static let policy = "sys/policies/acl/web"
    private static let role = "auth/kubernetes/role/web"
    private static let database = "database/roles/web_main"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func object(_ path: String) -> JSONValue? { lanyard.world.vault.peek(path) }

    private func exists() async throws -> Bool {
        try await lanyard.world.api.get(VaultRoleBinding.self, lanyard.key("web")) != nil
    }

    /// A binding with a database role, all in place.
    private func createConverged(_ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }) async throws {
        try await lanyard.create(binding: "web") { spec in
            spec.databaseRoles = [.sample()]
            fill(&spec)
        }
        try await lanyard.reconcile(binding: "web")
        lanyard.journal.clear()
    }

    // MARK: - Deletion

    @Test("auth role, policy and database role go in this order, then their claims in one write, and then the object")
    func deletion() async throws {
        try await createConverged()
        try await lanyard.delete(binding: "web")
        #expect(try await lanyard.reconcile(binding: "web") == .done)
        #expect(
            lanyard.journal.writes == [
                "vault delete \(Self.role)", "vault delete \(Self.policy)", "vault delete \(Self.database)",
                // It stays for the names, which nobody else gets while a token may live.
                "kube put namespaces/lanyard-system/ownershiprecords/shop.web",
                "kube patch namespaces/shop/vaultrolebindings/web",
            ])
        #expect(
            lanyard.notes("CleanedUp") == [
                "deleted \(Self.role)", "deleted \(Self.policy)", "deleted \(Self.database)",
            ])
        #expect(object(Self.role) == nil && object(Self.database) == nil && object(Self.policy) == nil)
        #expect(try await lanyard.records().isEmpty)
        #expect(try await !exists())
    }

    @Test("a deletion that is interrupted goes on where it was, and by then no token can do anything")
    func interruptedDeletion() async throws {
        try await createConverged()
        try await lanyard.delete(binding: "web")
        lanyard.journal.fail("vault delete \(Self.database)", with: VaultError(.permissionDenied, "permission denied"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(object(Self.role) == nil)
        #expect(object(Self.policy) == nil)
        #expect(try await lanyard.records().first?.spec.claims.map(\.path) == [Self.database])
        let synced = try await lanyard.condition("DatabaseRolesSynced", ofBinding: "web")
        #expect(synced.reason == "PermissionDenied")
        // Where, and what helps; and nothing is called as declared that is gone.
        #expect(synced.message.hasPrefix("\(Self.database): Vault denies the operator"))
        #expect(synced.message.contains("lanyard vault-policy --config FILE --from-cluster --policy-name NAME"))
        #expect(synced.message.contains("spec.deletionPolicy to Orphan"))
        #expect(try await lanyard.condition("AuthRolesSynced", ofBinding: "web").reason == "Deleted")
        #expect(try await lanyard.condition("PolicySynced", ofBinding: "web").reason == "Deleted")
        #expect(!lanyard.events.all.contains { $0.reason == "Deleted" })
        let successor = try await TestOperator(in: lanyard.world)
        try await successor.reconcile(binding: "web")
        #expect(successor.journal.writes(to: "vault") == ["vault delete \(Self.database)"])
        #expect(try await !exists())
    }

    @Test("with deletionPolicy Orphan everything stays, unowned, and Vault is not asked")
    func orphan() async throws {
        try await createConverged { $0.deletionPolicy = .orphan }
        lanyard.world.vault.isSealed = true
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.calls.allSatisfy { !$0.hasPrefix("vault") })
        #expect(object(Self.role) != nil && object(Self.database) != nil && object(Self.policy) != nil)
        #expect(try await lanyard.records().isEmpty)
        #expect(try await !exists())
        let note = try #require(lanyard.notes("Orphaned").first)
        #expect(note.contains(Self.role) && note.contains(Self.database) && note.contains(Self.policy))
    }

    @Test("a single database role can be left behind")
    func orphanedDatabaseRole() async throws {
        try await createConverged { spec in
            spec.databaseRoles = [
                .sample { $0.deletionPolicy = .orphan }, .sample { $0.name = "other" },
            ]
        }
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.database) != nil)
        #expect(object("database/roles/web_other") == nil)
        #expect(object(Self.role) == nil && object(Self.policy) == nil)
        #expect(try await lanyard.records().isEmpty)
        #expect(lanyard.notes("Orphaned") == ["left behind (deletionPolicy Orphan): \(Self.database)"])
        #expect(try await !exists())
    }

    @Test("where one database role is to stay and the spec cannot be planned any more, all of them stay")
    func orphanOfRefusedSpec() async throws {
        try await createConverged { spec in
            spec.databaseRoles = [
                .sample { $0.deletionPolicy = .orphan }, .sample { $0.name = "other" },
            ]
        }
        try await lanyard.edit(binding: "web") { $0.roleName = "not/valid" }
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.database) != nil)
        #expect(object("database/roles/web_other") != nil)
        #expect(object(Self.role) == nil && object(Self.policy) == nil)
        #expect(try await !exists())
    }

    @Test("while Vault is sealed the finalizer stays, and the status says how to let go")
    func sealed() async throws {
        try await createConverged()
        try await lanyard.delete(binding: "web")
        lanyard.world.vault.isSealed = true
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        let binding = try await lanyard.binding("web")
        #expect(binding.metadata.finalizers == ["lanyard.dev/cleanup"])
        let ready = try #require(binding.status?.conditions?.condition("Ready"))
        #expect(ready.reason == "VaultSealed")
        #expect(ready.message.contains("spec.deletionPolicy to Orphan"))
        lanyard.journal.clear()
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.journal.writes(to: "kube").isEmpty)
        lanyard.world.vault.isSealed = false
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.role) == nil)
        #expect(try await !exists())
    }

    @Test("objects whose mount is gone are gone")
    func mountGone() async throws {
        try await createConverged()
        lanyard.world.vault.mount(nil, at: "database")
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(try await !exists())
        #expect(try await lanyard.records().isEmpty)
    }

    @Test("a claim that somebody wrote into the record for a path of another shape deletes nothing")
    func forgedClaim() async throws {
        try await createConverged()
        var record = try #require(try await lanyard.records().first)
        for path in ["sys/auth/kubernetes", "database/config/good", "sys/policies/acl/a/b"] {
            record.spec.claims.append(.init(path: path, claimedAt: "2026-01-01T00:00:00Z"))
        }
        _ = try await lanyard.world.api.replace(record)
        let successor = try await TestOperator(in: lanyard.world)
        try await successor.reconcile(binding: "web")
        #expect(successor.journal.writes.isEmpty)
        try await lanyard.delete(binding: "web")
        try await successor.reconcile(binding: "web")
        #expect(successor.journal.writes(to: "vault").count == 3)
        #expect(object("database/config/good") != nil)
        #expect(try await !exists())
    }

    /// Puts other finalizers in the place of ours, or so many beside it that none of them is read; and asks for the deletion.
    private func deleteWithFinalizers(padded isPadded: Bool) async throws {
        var binding = try await lanyard.binding("web")
        let padding = (0..<200).map { "tenant.example/\(String(repeating: "x", count: 50))-\($0)" }
        binding.metadata.finalizers = isPadded ? ["lanyard.dev/cleanup"] + padding : ["tenant.example/keep"]
        _ = try await lanyard.world.api.replace(binding)
        try await lanyard.delete(binding: "web")
        lanyard.journal.clear()
    }

    @Test(
        "what the ledger has goes with the deletion, whoever took our finalizer off or hides it (rule own-32)",
        arguments: [true, false])
    func otherFinalizers(isPadded: Bool) async throws {
        try await createConverged()
        try await deleteWithFinalizers(padded: isPadded)
        #expect(try await lanyard.reconcile(binding: "web") == .done)
        #expect(
            lanyard.journal.writes(to: "vault") == [
                "vault delete \(Self.role)", "vault delete \(Self.policy)", "vault delete \(Self.database)",
            ])
        #expect(!lanyard.journal.writes.contains { $0.hasPrefix("kube patch") })
        #expect(try await lanyard.records().isEmpty)
        #expect(try await exists())
        // Nothing is left to be asked for.
        lanyard.journal.clear()
        #expect(try await lanyard.reconcile(binding: "web") == .done)
        #expect(lanyard.journal.calls == [])
    }

    @Test("so it stays, unowned, with deletionPolicy Orphan")
    func otherFinalizersOrphan() async throws {
        try await createConverged { $0.deletionPolicy = .orphan }
        try await deleteWithFinalizers(padded: false)
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes(to: "vault") == [])
        #expect(object(Self.role) != nil && object(Self.database) != nil && object(Self.policy) != nil)
        #expect(try await lanyard.records().isEmpty)
        #expect(lanyard.notes("Orphaned").count == 1)
    }

    @Test("a binding that has nothing, and not our finalizer, is none of our business")
    func otherFinalizersAlone() async throws {
        try await lanyard.create(binding: "web")
        try await deleteWithFinalizers(padded: false)
        #expect(try await lanyard.reconcile(binding: "web") == .done)
        #expect(lanyard.journal.calls == [])
    }

    // MARK: - The cache of a new leader

    @Test("nothing is created for an object that is only in the cache of a new leader")
    func goneBehindCache() async throws {
        try await createConverged()
        let stale = try await lanyard.world.view()
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        let before = try await lanyard.world.external()
        let successor = try await TestOperator(in: lanyard.world)
        await #expect(throws: StaleObject.self) { try await successor.reconcile(binding: "web", seeing: stale) }
        #expect(successor.journal.writes.isEmpty)
        #expect(try await lanyard.world.external() == before)
    }

    @Test("objects of a namesake that was created since are not deleted for the one in the cache")
    func recreatedBehindCache() async throws {
        try await createConverged()
        try await lanyard.delete(binding: "web")
        let stale = try await lanyard.world.view()
        try await lanyard.reconcile(binding: "web")
        try await createConverged()
        let before = try await lanyard.world.external()
        let successor = try await TestOperator(in: lanyard.world)
        #expect(try await successor.reconcile(binding: "web", seeing: stale) == .done)
        #expect(successor.journal.writes.isEmpty)
        #expect(try await lanyard.world.external() == before)
        #expect(try await lanyard.binding("web").metadata.finalizers == ["lanyard.dev/cleanup"])
    }

    @Test("a name that is out of date in the cache of a new leader is not written again")
    func renamedBehindCache() async throws {
        try await createConverged()
        let stale = try await lanyard.world.view()
        try await lanyard.edit(binding: "web") { $0.roleName = "new" }
        try await lanyard.reconcile(binding: "web")
        let before = try await lanyard.world.external()
        let successor = try await TestOperator(in: lanyard.world)
        await #expect(throws: StaleObject.self) { try await successor.reconcile(binding: "web", seeing: stale) }
        #expect(successor.journal.writes.isEmpty)
        #expect(try await lanyard.world.external() == before)
    }

    // MARK: - The fence

    @Test("a process that does not lead claims and writes nothing, and leaves the status to the one that leads")
    func fencedCreation() async throws {
        try await lanyard.create(binding: "web")
        lanyard.journal.isFenced = true
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(object(Self.policy) == nil)
        #expect(try await lanyard.records().isEmpty)
        #expect(try await lanyard.binding("web").status == nil)
        #expect(lanyard.events.all.isEmpty)
    }

    @Test("a process that stops leading in the middle of a rename deletes nothing and says nothing")
    func fencedRename() async throws {
        try await createConverged()
        try await lanyard.edit(binding: "web") { $0.roleName = "new" }
        let status = try await lanyard.binding("web").status
        let events = lanyard.events.all.count
        let journal = lanyard.journal
        // The write that is on its way still arrives.
        journal.before("vault write auth/kubernetes/role/new") { journal.isFenced = true }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(object(Self.role) != nil && object(Self.policy) != nil)
        #expect(try await lanyard.binding("web").status == status)
        #expect(lanyard.events.all.count == events + 3)
    }

    @Test("a process that does not lead deletes nothing, keeps the finalizer and says nothing")
    func fencedDeletion() async throws {
        try await createConverged()
        try await lanyard.delete(binding: "web")
        let before = (try await lanyard.binding("web"), try await lanyard.world.external())
        let events = lanyard.events.all.count
        lanyard.journal.isFenced = true
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.journal.writes.isEmpty)
        #expect(try await lanyard.binding("web") == before.0)
        #expect(try await lanyard.world.external() == before.1)
        #expect(lanyard.events.all.count == events)
    }
}
