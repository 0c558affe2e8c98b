import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import TestSupport
import Testing
import VaultClient
import VaultTesting

/// Calls that do not need each other's answers are under way at the same time, and no others.
@Suite("BindingReconciler: calls at the same time")
struct BindingConcurrencyTests {
    private static let policy = "sys/policies/acl/web"
    private static let role = "auth/kubernetes/role/web"
    private static let database = "database/roles/web_main"
    private static let counterpart = "database/static-roles/web_main"
    private static let finalizer = "kube patch namespaces/shop/vaultrolebindings/web"
    private static let record = "kube post namespaces/lanyard-system/ownershiprecords"

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

    /// Holds a call up until another one was sent, which never is if it comes after the first one's answer.
    private func hold(_ call: String, until other: String) {
        let journal = lanyard.journal
        journal.before(call) {
            try await eventually("\(other) is sent beside \(call)", within: .seconds(20)) {
                journal.calls.contains(other)
            }
        }
    }

    // MARK: - Reads

    @Test("what there is in Vault is read while the finalizer is stored, and nothing is written before (rule order-11)")
    func finalizer() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        let journal = lanyard.journal
        journal.before(Self.finalizer) {
            for path in [Self.policy, Self.role, Self.database, Self.counterpart, "database/config/good"] {
                try await eventually("\(path) is read", within: .seconds(20)) {
                    journal.calls.contains("vault read \(path)")
                }
            }
            // All is known that a plan needs.
            for _ in 0..<200 { await Task.yield() }
            #expect(journal.writes == [Self.finalizer])
        }
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        #expect(journal.writes.prefix(2) == [Self.finalizer, Self.record])
    }

    @Test("what somebody makes while a finalizer takes long to be stored is not overwritten", arguments: [true, false])
    func slowFinalizer(isDatabaseRole: Bool) async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        let path = isDatabaseRole ? Self.database : Self.role
        let body: JSONValue =
            isDatabaseRole
            ? ["db_name": "second", "creation_statements": ["SELECT 1"]]
            : ["bound_service_account_names": ["admin"], "bound_service_account_namespaces": ["admin"]]
        let (journal, vault, clock) = (lanyard.journal, lanyard.world.vault, lanyard.clock)
        journal.before(Self.finalizer) {
            for wanted in [Self.policy, Self.role, Self.database, Self.counterpart, "database/config/good"] {
                try await eventually("\(wanted) is read", within: .seconds(20)) {
                    journal.calls.contains("vault read \(wanted)")
                }
            }
            // By then it is known that there is none.
            for _ in 0..<200 { await Task.yield() }
            vault.foreignWrite(path, body)
            clock.advance(by: .seconds(5))
        }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(!journal.writes.contains("vault write \(path)"))
        let field = isDatabaseRole ? "db_name" : "bound_service_account_names"
        #expect(object(path)?[field] == body[field])
        let type = isDatabaseRole ? "DatabaseRolesSynced" : "AuthRolesSynced"
        #expect(try await lanyard.condition(type, ofBinding: "web").reason == "Conflict")
        #expect(lanyard.ledger.holder(of: path) == nil)
    }

    @Test("when the finalizer cannot be stored, nothing is claimed or written, whatever was read")
    func unwritable() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        lanyard.journal.fail(Self.finalizer, with: KubernetesError(.forbidden, "no"))
        await #expect(throws: KubernetesError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.journal.writes == [Self.finalizer])
        #expect(try await lanyard.records().isEmpty)
    }

    @Test("a role of the other kind that may be in the way of a new one is looked for with everything else")
    func counterpart() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        hold("vault read \(Self.database)", until: "vault read \(Self.counterpart)")
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.database) != nil)
        #expect(lanyard.journal.calls.count { $0.hasPrefix("vault read ") } == 5)
    }

    @Test("of a role that is held and gone, it is looked for before that is made again")
    func counterpartOfGone() async throws {
        try await createConverged { $0.databaseRoles = [.sample()] }
        lanyard.world.vault.foreignDelete(Self.database)
        try await lanyard.reconcile(binding: "web")
        let calls = lanyard.journal.calls
        let looked = try #require(calls.firstIndex(of: "vault read \(Self.counterpart)"))
        let written = try #require(calls.firstIndex(of: "vault write \(Self.database)"))
        #expect(looked < written)
    }

    @Test("bindings that need a connection within a moment share a read of its configuration (rule vault-24)")
    func sharedConnection() async throws {
        let connection = "vault read database/config/good"
        for name in ["web0", "web1"] {
            try await lanyard.create(binding: name) { spec in
                spec.roleName = name
                spec.databaseRoles = [.sample()]
            }
        }
        for name in ["web0", "web1"] { try await lanyard.reconcile(binding: name) }
        #expect(lanyard.journal.calls.count { $0 == connection } == 1)
        lanyard.clock.advance(by: .seconds(1))
        try await lanyard.reconcile(binding: "web0")
        #expect(lanyard.journal.calls.count { $0 == connection } == 2)
    }

    @Test("the connection of a static role, which is given its user for good, is read by each pass (rule vault-24)")
    func connectionOfStaticRole() async throws {
        for name in ["web0", "web1"] {
            try await lanyard.create(binding: name) { spec in
                spec.roleName = name
                spec.databaseRoles = [.sample()]
                guard name == "web1" else { return }
                spec.databaseRoles?[0].statements = nil
                spec.databaseRoles?[0].static = .init(username: "app", rotationPeriod: "1h")
            }
        }
        for name in ["web0", "web1"] { try await lanyard.reconcile(binding: name) }
        #expect(lanyard.journal.calls.count { $0 == "vault read database/config/good" } == 2)
    }

    // MARK: - Writes

    private func role(_ name: String, _ connection: String = "good") -> DatabaseRole {
        .sample { role in
            role.name = name
            role.connection = connection
        }
    }

    private static func write(_ name: String) -> String { "vault write database/roles/web_\(name)" }

    @Test("database roles at different connections are written at the same time, and told in their order")
    func connections() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [role("a"), role("b", "second")] }
        hold(Self.write("a"), until: Self.write("b"))
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        #expect(
            lanyard.notes("DatabaseRoleUpdated") == [
                "created database role web_a", "created database role web_b",
            ])
    }

    @Test("at one connection the first role is written alone, and the others a few at a time (rule fail-20)")
    func oneConnection() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = (0..<12).map { role("r\($0)") } }
        let journal = lanyard.journal
        journal.before(Self.write("r0")) {
            for _ in 0..<200 { await Task.yield() }
            #expect(journal.writes(to: "vault") == [Self.write("r0")])
        }
        let writes = CallsUnderWay(expecting: 4)
        for _ in 0..<11 { journal.before("vault write database/roles/") { try await writes.stay() } }
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        #expect(writes.most == 4)
    }

    @Test("both auth roles are written at the same time, once the policy is there")
    func authRoles() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.create(binding: "web") { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
            spec.jwtAuth = .init(audiences: ["vault"])
        }
        let vault = lanyard.world.vault
        hold("vault write \(Self.role)", until: "vault write auth/jwt/role/web")
        lanyard.journal.before("vault write auth/jwt/role/web") { #expect(vault.peek(Self.policy) != nil) }
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.role) != nil && object("auth/jwt/role/web") != nil)
    }

    @Test("a policy that gives nothing new is written beside the roles that change (rule order-12)")
    func settledPolicy() async throws {
        try await createConverged { spec in
            spec.access = Access(kv: [KVAccess(path: "web/*", permissions: ["Read"])])
            spec.databaseRoles = [.sample()]
        }
        try await lanyard.edit(binding: "web") { spec in
            spec.access = Access(kv: [KVAccess(path: "api/*", permissions: ["Read"])])
            spec.databaseRoles?[0].maxTTL = "1h"
        }
        hold("vault write \(Self.database)", until: "vault write \(Self.policy)")
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.policy)?["policy"]?.string?.contains("api/*") == true)
        #expect(object(Self.database)?["max_ttl"] == 3_600)
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test("one that gives the credentials of a new role waits for that")
    func unsettledPolicy() async throws {
        try await createConverged()
        try await lanyard.edit(binding: "web") { spec in
            spec.access = Access(kv: [KVAccess(path: "api/*", permissions: ["Read"])])
            spec.databaseRoles = [.sample()]
        }
        let journal = lanyard.journal
        journal.before("vault write \(Self.database)") {
            for _ in 0..<200 { await Task.yield() }
            #expect(journal.writes(to: "vault") == ["vault write \(Self.database)"])
        }
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test("of several roles that fail, the first of the spec is said first, and the claims of all are given up")
    func failures() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [role("a"), role("b", "second")] }
        hold(Self.write("a"), until: Self.write("b"))
        lanyard.journal.fail(Self.write("a"), with: VaultError(.rejected, "first"))
        lanyard.journal.fail(Self.write("b"), with: VaultError(.rejected, "second"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        let message = try await lanyard.condition("DatabaseRolesSynced", ofBinding: "web").message
        #expect(message.hasPrefix("database/roles/web_a: ") && message.contains("second"))
        #expect(try await lanyard.records().isEmpty)
    }

    @Test("what was written beside a call that met a sealed Vault is told, and nothing is built on it")
    func outage() async throws {
        let vault = lanyard.world.vault
        try await lanyard.create(binding: "web") { $0.databaseRoles = [role("a"), role("b", "second")] }
        lanyard.journal.before(Self.write("b")) {
            try await eventually("web_a is written", within: .seconds(20)) {
                vault.peek("database/roles/web_a") != nil
            }
            vault.isSealed = true
        }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.notes("DatabaseRoleUpdated") == ["created database role web_a"])
        #expect(object(Self.policy) == nil && object("database/roles/web_b") == nil)
        #expect(try await lanyard.condition("DatabaseRolesSynced", ofBinding: "web").reason == "VaultSealed")
        vault.isSealed = false
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        #expect(lanyard.notes("DriftCorrected").isEmpty)
    }

    // MARK: - Deletions

    @Test("both auth roles are deleted at the same time, and gone before the policy goes")
    func deletedAuthRoles() async throws {
        try await lanyard.create(identity: "web")
        try await createConverged { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
            spec.jwtAuth = .init(audiences: ["vault"])
        }
        try await lanyard.delete(binding: "web")
        let vault = lanyard.world.vault
        hold("vault delete auth/jwt/role/web", until: "vault delete \(Self.role)")
        lanyard.journal.before("vault delete \(Self.policy)") {
            #expect(vault.peek("auth/jwt/role/web") == nil && vault.peek(Self.role) == nil)
        }
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.policy) == nil)
        #expect(try await lanyard.world.api.get(VaultRoleBinding.self, lanyard.key("web")) == nil)
    }

    @Test("no more database roles are deleted at once than may be slow in one pass, and their claims go in one write")
    func deletedRoles() async throws {
        try await createConverged { $0.databaseRoles = (0..<6).map { role("r\($0)") } }
        try await lanyard.delete(binding: "web")
        let deletions = CallsUnderWay(expecting: 2)
        for _ in 0..<6 { lanyard.journal.before("vault delete database/") { try await deletions.stay() } }
        try await lanyard.reconcile(binding: "web")
        #expect(deletions.most == 2)
        #expect(lanyard.journal.writes(to: "kube").count { $0.contains("ownershiprecords") } == 1)
        #expect(try await lanyard.records().isEmpty)
    }

    @Test("of a rename the claims of all that is left over go in one write")
    func renamed() async throws {
        try await createConverged { $0.databaseRoles = [role("a"), role("b", "second")] }
        try await lanyard.edit(binding: "web") { $0.roleName = "new" }
        try await lanyard.reconcile(binding: "web")
        let writes = lanyard.journal.writes
        let last = try #require(writes.lastIndex { $0.hasPrefix("vault delete ") })
        let record = "kube put namespaces/lanyard-system/ownershiprecords/shop.web"
        // New claims before, former ones after, and at the end what it was brought to.
        #expect(writes[..<last].count { $0 == record } == 1 && writes[last...].count { $0 == record } == 2)
        #expect(try await lanyard.records().first?.spec.claims.count == 4)
    }
}
