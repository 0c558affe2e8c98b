import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultClient
import VaultTesting

@Suite("BindingReconciler: ownership and drift")
struct BindingOwnershipTests {
    private static let policy = "sys/policies/acl/web"
    private static let role = "auth/kubernetes/role/web"
    private static let database = "database/roles/web_main"
    private static let statusCall = "kube patch namespaces/shop/vaultrolebindings/web/status"
    private static let foreignPolicy: JSONValue = [
        "policy": "path \"secret/data/x\" {\n  capabilities = [\"read\"]\n}\n"
    ]

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func object(_ path: String) -> JSONValue? { lanyard.world.vault.peek(path) }

    private func createConverged(
        _ name: String = "web", _ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }
    ) async throws {
        try await lanyard.create(binding: name, fill)
        try await lanyard.reconcile(binding: name)
        lanyard.journal.clear()
    }

    // MARK: - Objects of others

    @Test("an unowned policy that differs is left alone and named; without it no role is made")
    func foreignObject() async throws {
        lanyard.world.vault.foreignWrite(Self.policy, Self.foreignPolicy)
        let before = object(Self.policy)
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(object(Self.policy) == before)
        let synced = try await lanyard.condition("PolicySynced", ofBinding: "web")
        #expect(synced.reason == "Conflict")
        #expect(
            synced.message
                == "policy web exists and was not made by Lanyard; path \"database/creds/web_main\": is missing; "
                + "path \"secret/data/x\": is not wanted, has [read]. To take it over, annotate the resource with "
                + "lanyard.dev/adopt=true")
        #expect(lanyard.notes("Conflict") == [synced.message])
        #expect(object(Self.role) == nil)
        #expect(try await lanyard.condition("AuthRolesSynced", ofBinding: "web").reason == "Pending")
        #expect(try await lanyard.condition("DatabaseRolesSynced", ofBinding: "web").status == .yes)
        #expect(try await lanyard.records().first?.spec.claims.map(\.path) == [Self.database])
        // Its deletion does not touch it either.
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.policy) == before)
        #expect(object(Self.database) == nil)
    }

    @Test("a policy that somebody creates between our read and our write is theirs")
    func createdMeanwhile() async throws {
        try await lanyard.create(binding: "web")
        let vault = lanyard.world.vault
        lanyard.journal.before("vault write \(Self.policy)") {
            vault.foreignWrite(Self.policy, Self.foreignPolicy)
        }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(object(Self.policy)?["policy"] == Self.foreignPolicy["policy"])
        #expect(try await lanyard.condition("PolicySynced", ofBinding: "web").reason == "Conflict")
        #expect(object(Self.role) == nil)
        #expect(lanyard.ledger.holder(of: Self.policy) == nil)
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(object(Self.policy)?["policy"] == Self.foreignPolicy["policy"])
    }

    @Test("a policy that a late write of ours makes between our read and our write stays ours")
    func createdLate() async throws {
        try await lanyard.create(binding: "web")
        let vault = lanyard.world.vault
        lanyard.journal.before("vault write \(Self.policy)") {
            vault.foreignWrite(
                Self.policy,
                ["policy": "# Managed by Lanyard: vaultrolebindings.lanyard.dev shop/web (cluster sim). Whatever.\n"])
        }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.ledger.holder(of: Self.policy)?.name == "web")
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test("a policy that somebody changes between our read and our write is not overwritten unseen")
    func changedMeanwhile() async throws {
        try await createConverged()
        let vault = lanyard.world.vault
        vault.foreignWrite(Self.policy, Self.foreignPolicy)
        lanyard.journal.before("vault write \(Self.policy)") {
            vault.foreignWrite(Self.policy, ["policy": "path \"secret/data/y\" {\n  capabilities = [\"list\"]\n}\n"])
        }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.ledger.holder(of: Self.policy) != nil)
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.notes("DriftCorrected").last?.contains("secret/data/y") == true)
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    // MARK: - Two bindings

    @Test("of two bindings that want one name the older has it; the other takes over when it goes")
    func seniority() async throws {
        try await lanyard.create(binding: "older")
        try await lanyard.create(binding: "a-younger") { $0.serviceAccountNames = ["api"] }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "a-younger") }
        #expect(lanyard.journal.writes(to: "vault").isEmpty)
        var synced = try await lanyard.condition("PolicySynced", ofBinding: "a-younger")
        #expect(synced.reason == "Conflict")
        #expect(synced.message.contains("shop/older"))
        try await lanyard.reconcile(binding: "older")
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "a-younger") }
        synced = try await lanyard.condition("PolicySynced", ofBinding: "a-younger")
        #expect(synced.message == "policy web is owned by VaultRoleBinding shop/older")
        #expect(object(Self.role)?["bound_service_account_names"] == ["web"])
        try await lanyard.delete(binding: "older")
        try await lanyard.reconcile(binding: "older")
        #expect(object(Self.role) == nil)
        try await lanyard.reconcile(binding: "a-younger")
        #expect(object(Self.role)?["bound_service_account_names"] == ["api"])
        #expect(try await lanyard.condition("Ready", ofBinding: "a-younger").status == .yes)
    }

    @Test("who holds a name keeps it, also against an older binding that comes to want it")
    func holderKeeps() async throws {
        try await lanyard.create(binding: "older") { $0.roleName = "else" }
        try await createConverged("holder")
        try await lanyard.edit(binding: "older") { $0.roleName = "web" }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "older") }
        #expect(
            try await lanyard.condition("PolicySynced", ofBinding: "older").message
                == "policy web is owned by VaultRoleBinding shop/holder")
        #expect(lanyard.journal.writes(to: "vault").isEmpty)
    }

    // MARK: - Drift

    @Test("what was changed by hand is put back, and an event names the fields")
    func driftCorrected() async throws {
        try await createConverged { $0.databaseRoles = [.sample()] }
        lanyard.world.vault.foreignWrite(Self.role, ["token_ttl": 999, "bound_service_account_names": ["thief"]])
        lanyard.world.vault.foreignWrite(Self.database, ["default_ttl": 7])
        lanyard.world.vault.foreignDelete(Self.policy)
        try await lanyard.reconcile(binding: "web")
        #expect(
            lanyard.journal.writes == [
                "vault write \(Self.database)", "vault write \(Self.policy)", "vault write \(Self.role)",
            ])
        #expect(object(Self.role)?["bound_service_account_names"] == ["web"])
        #expect(object(Self.database)?["default_ttl"] == 0)
        let notes = lanyard.notes("DriftCorrected")
        #expect(notes.count == 3)
        #expect(notes.contains("policy web had been deleted and was created again"))
        #expect(notes.contains { $0.contains("auth role web") && $0.contains("token_ttl") && $0.contains("thief") })
        #expect(notes.contains { $0.contains("database role web_main") && $0.contains("default_ttl") })
    }

    @Test("a new process calls it drift, too, by what it finds in the status")
    func driftAfterRestart() async throws {
        try await createConverged()
        lanyard.world.vault.foreignWrite(Self.role, ["token_ttl": 999])
        let successor = try await TestOperator(in: lanyard.world)
        try await successor.reconcile(binding: "web")
        #expect(successor.notes("DriftCorrected").count == 1)
    }

    @Test("with driftPolicy Report nothing is written, and the condition names the fields")
    func driftReported() async throws {
        try await createConverged { $0.driftPolicy = .report }
        lanyard.world.vault.foreignWrite(Self.role, ["token_ttl": 999])
        lanyard.world.vault.foreignDelete(Self.policy)
        let before = try await lanyard.world.external()
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes == [Self.statusCall])
        #expect(try await lanyard.world.external() == before)
        let synced = try await lanyard.condition("AuthRolesSynced", ofBinding: "web")
        #expect(synced.reason == "DriftDetected")
        #expect(synced.message.contains("token_ttl"))
        #expect(
            try await lanyard.condition("PolicySynced", ofBinding: "web").message
                == "policy web was deleted; not corrected (driftPolicy Report)")
        #expect(lanyard.notes("DriftDetected").count == 2)
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes.isEmpty)
        #expect(lanyard.notes("DriftDetected").count == 2)
        // What the author changes is written nevertheless.
        try await lanyard.edit(binding: "web") {
            $0.access = Access(kv: [KVAccess(path: "web", permissions: ["Read"])])
        }
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test("nothing but Vault's word on a path counts as its absence")
    func readFailureIsNotAbsence() async throws {
        try await createConverged()
        for code in [VaultError.Code.malformedAnswer, .rejected, .permissionDenied, .mountMissing, .unavailable] {
            lanyard.journal.fail("vault read \(Self.role)", with: VaultError(code, "no"))
            await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
            #expect(lanyard.journal.writes(to: "vault").isEmpty)
            #expect(try await lanyard.condition("AuthRolesSynced", ofBinding: "web").status == .no)
            lanyard.journal.heal()
        }
    }
}
