import ControllerRuntime
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultClient
import VaultTesting

/// A policy gives only credentials of database roles that its binding holds, and a login waits for a whole policy.
@Suite("BindingReconciler: credentials of database roles")
struct BindingCredentialTests {
    private static let taken = "database/roles/payroll"
    private static let database = "database/roles/web_main"
    private static let policy = "sys/policies/acl/web"
    private static let role = "auth/kubernetes/role/web"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func object(_ path: String) -> JSONValue? { lanyard.world.vault.peek(path) }

    private func text(_ path: String = policy) -> String { object(path)?["policy"]?.string ?? "" }

    private func reasons(_ name: String = "web") async throws -> [String: String] {
        let conditions = try await lanyard.binding(name).status?.conditions ?? []
        return Dictionary(conditions.map { ($0.type, $0.reason) }, uniquingKeysWith: { first, _ in first })
    }

    private func createConverged(_ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }) async throws {
        try await lanyard.create(binding: "web") { spec in
            spec.access = Access(kv: [KVAccess(path: "web/*", permissions: ["Read"])])
            fill(&spec)
        }
        try await lanyard.reconcile(binding: "web")
        lanyard.journal.clear()
    }

    /// Somebody else's database role, dynamic or static, by the operator or by hand.
    private func makeVictim(_ holder: String) async throws {
        switch holder {
        case "a binding":
            try await lanyard.create(binding: "victim") { spec in
                spec.roleName = "victim"
                spec.databaseRoles = [.sample { $0.vaultName = "payroll" }]
            }
            try await lanyard.reconcile(binding: "victim")
        case "a binding that waits":
            try await lanyard.create(binding: "victim") { spec in
                spec.roleName = "victim"
                spec.databaseRoles = [.sample { $0.vaultName = "payroll" }]
            }
        case "by hand":
            lanyard.world.vault.foreignWrite(
                Self.taken, ["db_name": "second", "creation_statements": ["GRANT payroll"]])
        default:
            lanyard.world.vault.foreignWrite(
                "database/static-roles/payroll",
                ["db_name": "second", "username": "payroll", "rotation_period": 3_600])
        }
        lanyard.journal.clear()
    }

    private static let holders = ["a binding", "a binding that waits", "by hand", "static, by hand"]

    @Test("naming somebody else's database role gives neither policy nor login, nor any claim", arguments: holders)
    func theft(holder: String) async throws {
        try await makeVictim(holder)
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample { $0.vaultName = "payroll" }] }
        let before = try await lanyard.world.external()
        for _ in 0..<2 {
            await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
            #expect(lanyard.journal.writes(to: "vault").isEmpty)
            #expect(try await lanyard.world.external() == before)
        }
        let reasons = try await reasons()
        #expect(reasons["Ready"] == "Conflict" && reasons["DatabaseRolesSynced"] == "Conflict")
        #expect(reasons["PolicySynced"] == "Pending" && reasons["AuthRolesSynced"] == "Pending")
        #expect(
            try await lanyard.condition("PolicySynced", ofBinding: "web").message
                == "policy web waits for database role payroll")
    }

    @Test("a login that is there gets nothing by naming one, and everything else that it asks for", arguments: holders)
    func laterTheft(holder: String) async throws {
        try await makeVictim(holder)
        try await createConverged()
        try await lanyard.edit(binding: "web") { spec in
            spec.serviceAccountNames = ["api"]
            spec.access = Access(kv: [KVAccess(path: "api/*", permissions: ["Read"])])
            spec.databaseRoles = [.sample { $0.vaultName = "payroll" }]
        }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(!text().contains("creds") && text().contains("secret/data/api/*"))
        // Who may log in no more cannot, whatever else is in the way.
        #expect(object(Self.role)?["bound_service_account_names"] == ["api"])
        #expect(
            try await lanyard.condition("PolicySynced", ofBinding: "web").message
                == "the policy is without database/creds/payroll: it waits for the database roles")
        lanyard.journal.clear()
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.journal.writes.isEmpty)
    }

    @Test("the rule comes with the role, when its holder has let go")
    func takesOver() async throws {
        try await makeVictim("a binding")
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample { $0.vaultName = "payroll" }] }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        try await lanyard.delete(binding: "victim")
        try await lanyard.reconcile(binding: "victim")
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "web")
        #expect(
            lanyard.journal.writes(to: "vault") == [
                "vault write \(Self.taken)", "vault write \(Self.policy)", "vault write \(Self.role)",
            ])
        #expect(text().contains("database/creds/payroll"))
        #expect(try await reasons()["Ready"] == "Ready")
    }

    @Test("a role that cannot be made in this pass is not in the policy of this pass")
    func failedCreation() async throws {
        try await createConverged()
        try await lanyard.edit(binding: "web") { spec in
            spec.access = Access(kv: [KVAccess(path: "other/*", permissions: ["Read"])])
            spec.databaseRoles = [.sample(), .sample { $0.name = "second" }]
        }
        lanyard.journal.fail("vault write \(Self.database)", with: VaultError(.rejected, "no"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(text().contains("secret/data/other/*") && text().contains("database/creds/web_second"))
        #expect(!text().contains("database/creds/web_main"))
        lanyard.journal.heal()
        try await lanyard.reconcile(binding: "web")
        #expect(text().contains("database/creds/web_main"))
        #expect(lanyard.notes("DriftCorrected").isEmpty)
    }

    @Test("a change of a role that Vault refuses takes nothing away, nor does a connection that is gone")
    func failedChange() async throws {
        try await createConverged { $0.databaseRoles = [.sample()] }
        try await lanyard.edit(binding: "web") { $0.databaseRoles?[0].maxTTL = "1h" }
        lanyard.journal.fail("vault write \(Self.database)", with: VaultError(.rejected, "no"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.journal.writes(to: "vault") == ["vault write \(Self.database)"])
        #expect(text().contains("database/creds/web_main"))
        lanyard.journal.heal()
        try await lanyard.reconcile(binding: "web")
        lanyard.world.vault.foreignDelete("database/config/good")
        lanyard.clock.advance(by: .seconds(1))
        lanyard.journal.clear()
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.journal.writes(to: "vault").isEmpty)
        #expect(try await reasons()["DatabaseRolesSynced"] == "ConnectionMissing")
        #expect(try await reasons()["PolicySynced"] == "Synced")
    }

    @Test("a role that would have to move to another connection gives nothing until it has")
    func moved() async throws {
        try await createConverged { $0.databaseRoles = [.sample()] }
        try await lanyard.edit(binding: "web") { $0.databaseRoles?[0].connection = "second" }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(object(Self.database)?["db_name"] == "good" && !text().contains("creds"))
        #expect(object(Self.role) != nil)
        try await lanyard.edit(binding: "web") { $0.databaseRoles?[0].connection = "good" }
        try await lanyard.reconcile(binding: "web")
        #expect(text().contains("database/creds/web_main"))
    }

    @Test("under a new name nothing is made without its database role, and the login under the old one keeps all")
    func failedRename() async throws {
        try await createConverged { $0.databaseRoles = [.sample()] }
        let before = (object(Self.policy), object(Self.role))
        try await lanyard.edit(binding: "web") { $0.roleName = "new" }
        lanyard.journal.fail("vault write database/roles/new_main", with: VaultError(.rejected, "no"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(object("sys/policies/acl/new") == nil && object("auth/kubernetes/role/new") == nil)
        #expect(object(Self.policy) == before.0 && object(Self.role) == before.1)
        #expect(lanyard.ledger.holder(of: "sys/policies/acl/new") == nil)
        lanyard.journal.heal()
        try await lanyard.reconcile(binding: "web")
        #expect(text("sys/policies/acl/new").contains("database/creds/new_main") && object(Self.role) == nil)
    }

    @Test("while leases are revoked, no token can make another one")
    func revocation() async throws {
        try await createConverged { spec in
            spec.databaseRoles = [.sample()]
            spec.revokeLeasesOnDelete = true
        }
        let vault = lanyard.world.vault
        try await lanyard.delete(binding: "web")
        lanyard.journal.before("vault write sys/leases") {
            #expect(vault.peek(Self.policy) == nil && vault.peek(Self.role) == nil)
            #expect(vault.peek(Self.database) != nil)
        }
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes(to: "vault").count == 4)
        #expect(object(Self.database) == nil)
    }
}
