import ControllerRuntime
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultClient
import VaultTesting

@Suite("BindingReconciler")
struct BindingReconcilerTests {
    private static let policy = "sys/policies/acl/web"
    private static let role = "auth/kubernetes/role/web"
    private static let database = "database/roles/web_main"
    private static let record = "kube post namespaces/lanyard-system/ownershiprecords"
    private static let statusCall = "kube patch namespaces/shop/vaultrolebindings/web/status"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func object(_ path: String) -> JSONValue? { lanyard.world.vault.peek(path) }

    private func createConverged(_ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }) async throws {
        try await lanyard.create(binding: "web", fill)
        try await lanyard.reconcile(binding: "web")
        lanyard.journal.clear()
    }

    // MARK: - Convergence

    @Test("a new binding gets policy, database role and auth role, and is Ready")
    func create() async throws {
        try await createConverged { spec in
            spec.access = Access(kv: [KVAccess(path: "web/*", permissions: ["Read"])])
            spec.databaseRoles = [.sample()]
        }
        #expect(object(Self.policy)?["policy"]?.string?.contains("secret/data/web/*") == true)
        #expect(object(Self.role)?["token_policies"] == ["web"])
        #expect(object(Self.role)?["bound_service_account_names"] == ["web"])
        #expect(object(Self.role)?["bound_service_account_namespaces"] == ["shop"])
        #expect(object(Self.database)?["db_name"] == "good")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        #expect(lanyard.notes("PolicyUpdated") == ["created policy web"])
        #expect(lanyard.notes("DriftCorrected").isEmpty)
    }

    @Test("finalizer, then claim, then database role, policy and auth role, then status")
    func order() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        try await lanyard.reconcile(binding: "web")
        #expect(
            lanyard.journal.writes == [
                "kube patch namespaces/shop/vaultrolebindings/web", Self.record, "vault write \(Self.database)",
                "vault write \(Self.policy)", "vault write \(Self.role)", Self.statusCall,
                // What it was brought to.
                "kube put namespaces/lanyard-system/ownershiprecords/shop.web",
            ])
    }

    @Test("when the claims cannot be stored, nothing is written to Vault")
    func noClaim() async throws {
        try await lanyard.create(binding: "web")
        lanyard.journal.fail(Self.record, with: Journal.Fenced())
        await #expect(throws: (any Error).self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.journal.writes(to: "vault").isEmpty)
    }

    @Test("a second pass writes nothing anywhere, and is followed by a rare one")
    func secondPass() async throws {
        try await createConverged { $0.databaseRoles = [.sample()] }
        let events = lanyard.events.all.count
        lanyard.clock.advance(by: .seconds(1))
        let result = try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes.isEmpty)
        #expect(
            lanyard.journal.calls.sorted() == [
                "vault read \(Self.role)", "vault read database/config/good", "vault read \(Self.database)",
                "vault read \(Self.policy)",
            ])
        #expect(lanyard.events.all.count == events)
        let delay = try #require(result.requeueAfter)
        #expect(delay >= .seconds(480) && delay <= .seconds(720))
        #expect(result.priority == .low)
    }

    @Test("a new process verifies without a write")
    func restart() async throws {
        try await createConverged { $0.databaseRoles = [.sample()] }
        let successor = try await TestOperator(in: lanyard.world)
        try await successor.reconcile(binding: "web")
        #expect(successor.journal.writes.isEmpty)
        #expect(successor.events.all.isEmpty)
    }

    @Test("a changed spec changes what it concerns alone, and is no drift")
    func edit() async throws {
        try await createConverged { $0.databaseRoles = [.sample()] }
        try await lanyard.edit(binding: "web") { spec in
            var token = TokenSettings()
            token.ttl = "1h"
            spec.token = token
        }
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes(to: "vault") == ["vault write \(Self.role)"])
        #expect(lanyard.notes("AuthRoleUpdated").last?.contains("token_ttl") == true)
        #expect(lanyard.notes("DriftCorrected").isEmpty)
    }

    // MARK: - Refused and waiting

    @Test("for a refused spec nothing is written but the status, which names the field")
    func refused() async throws {
        try await lanyard.create(binding: "web") { $0.serviceAccountNames = ["*"] }
        #expect(try await lanyard.reconcile(binding: "web") == .done)
        #expect(lanyard.journal.calls == [Self.statusCall])
        let accepted = try await lanyard.condition("Accepted", ofBinding: "web")
        #expect(accepted.reason == "InvalidSpec")
        #expect(accepted.message.contains("spec.serviceAccountNames[0]"))
    }

    @Test("a spec that becomes refused leaves everything in Vault and the ledger as it is")
    func becomesRefused() async throws {
        try await createConverged { $0.databaseRoles = [.sample()] }
        let before = try await lanyard.world.external()
        try await lanyard.edit(binding: "web") { $0.roleName = "root/../x" }
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.calls == [Self.statusCall])
        #expect(try await lanyard.world.external() == before)
        #expect(try await lanyard.condition("PolicySynced", ofBinding: "web").observedGeneration == 1)
    }

    @Test("an identity that is missing, refused or being deleted is waited for, and what exists stays")
    func identityNotThere() async throws {
        try await lanyard.create(identity: "web")
        try await createConverged { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
        }
        try await lanyard.reconcile(identity: "web")
        let before = try await lanyard.world.external()

        func expectWaiting(_ reason: String) async throws {
            lanyard.journal.clear()
            #expect(try await lanyard.reconcile(binding: "web") == .done)
            #expect(lanyard.journal.calls == [Self.statusCall])
            #expect(try await lanyard.condition("IdentityResolved", ofBinding: "web").reason == reason)
            #expect(try await lanyard.condition("Ready", ofBinding: "web").reason == reason)
            #expect(try await lanyard.world.external() == before)
        }
        try await lanyard.edit(identity: "web") { $0.admin = true }
        try await expectWaiting("IdentityNotReady")
        try await lanyard.edit(binding: "web") { $0.workloadIdentityRef = .init(name: "nobody") }
        try await expectWaiting("IdentityNotFound")
        try await lanyard.edit(binding: "web") { $0.workloadIdentityRef = .init(name: "web") }
        try await lanyard.edit(identity: "web") { $0.admin = nil }
        try await lanyard.reconcile(identity: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        try await lanyard.delete(identity: "web")
        try await expectWaiting("IdentityNotReady")
    }

    @Test("a binding follows its identity to another ServiceAccount, and that is no drift")
    func identityChanges() async throws {
        try await lanyard.create(identity: "web") { $0.spiffeID = "/ns/{namespace}/fixed" }
        try await createConverged { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
            // The author of the binding changed nothing: it is no drift to be reported only.
            spec.driftPolicy = .report
        }
        try await lanyard.edit(identity: "web") { $0.serviceAccountName = "other" }
        // Until the identity's entry is there, what exists stays.
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.role)?["bound_service_account_names"] == ["web"])
        try await lanyard.reconcile(identity: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.role)?["bound_service_account_names"] == ["other"])
        #expect(lanyard.notes("DriftCorrected").isEmpty)
        #expect(lanyard.notes("DriftDetected").isEmpty)
    }

    // MARK: - Renames

    @Test("after a rename the new objects exist before the old ones go, and no role is ever without its policy")
    func rename() async throws {
        try await createConverged { $0.databaseRoles = [.sample()] }
        let vault = lanyard.world.vault
        try await lanyard.edit(binding: "web") { $0.roleName = "new" }
        lanyard.journal.before("vault write auth/kubernetes/role/new") {
            #expect(vault.peek("sys/policies/acl/new") != nil)
        }
        lanyard.journal.before("vault delete \(Self.role)") {
            #expect(vault.peek("auth/kubernetes/role/new") != nil)
            #expect(vault.peek("database/roles/new_main") != nil)
            #expect(vault.peek(Self.policy) != nil)
        }
        lanyard.journal.before("vault delete \(Self.policy)") { #expect(vault.peek(Self.role) == nil) }
        try await lanyard.reconcile(binding: "web")
        #expect(
            lanyard.journal.writes(to: "vault") == [
                "vault write database/roles/new_main", "vault write sys/policies/acl/new",
                "vault write auth/kubernetes/role/new", "vault delete \(Self.role)", "vault delete \(Self.policy)",
                "vault delete \(Self.database)",
            ])
        #expect(
            try await lanyard.records().first?.spec.claims.map(\.path) == [
                "auth/kubernetes/role/new", "database/roles/new_main", "sys/policies/acl/new",
            ])
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes.isEmpty)
    }

    @Test("while something of the new form fails, nothing of the old one goes", arguments: ["policies", "role/"])
    func failedRename(part: String) async throws {
        try await createConverged()
        try await lanyard.edit(binding: "web") { $0.roleName = "new" }
        let path = part == "policies" ? "sys/policies/acl/new" : "auth/kubernetes/role/new"
        lanyard.journal.fail("vault write \(path)", with: VaultError(.permissionDenied, "permission denied"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(object(Self.policy) != nil)
        #expect(object(Self.role) != nil)
        // Without its policy the new role is not even tried.
        let expected = ["vault write sys/policies/acl/new"] + (part == "policies" ? [] : ["vault write \(path)"])
        #expect(lanyard.journal.writes(to: "vault") == expected)
        lanyard.journal.heal()
        try await lanyard.reconcile(binding: "web")
        #expect(object("auth/kubernetes/role/new") != nil)
        #expect(object(Self.role) == nil && object(Self.policy) == nil)
    }

    @Test("an old object that cannot be deleted is said, and deleted later")
    func failedDeletionOfOldForm() async throws {
        try await createConverged()
        try await lanyard.edit(binding: "web") { $0.roleName = "new" }
        lanyard.journal.fail("vault delete \(Self.role)", with: VaultError(.permissionDenied, "permission denied"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(object(Self.policy) != nil)
        let synced = try await lanyard.condition("AuthRolesSynced", ofBinding: "web")
        #expect(synced.reason == "PermissionDenied")
        #expect(synced.message.contains(Self.role))
        lanyard.journal.heal()
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.role) == nil && object(Self.policy) == nil)
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }
}

extension DatabaseRole {
    /// The role `main` at the connection `good`.
    static func sample(_ fill: (inout DatabaseRole) -> Void = { _ in }) -> DatabaseRole {
        var role = DatabaseRole(name: "main")
        role.connection = "good"
        role.statements = .init(creation: ["CREATE ROLE \"{{name}}\" -- \(SimulatedSpecs.canary)"])
        fill(&role)
        return role
    }
}
