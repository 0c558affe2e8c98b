import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultClient
import VaultTesting

@Suite("BindingReconciler: failures")
struct BindingFailureTests {
    private static let policy = "sys/policies/acl/web"
    private static let role = "auth/kubernetes/role/web"
    private static let database = "database/roles/web_main"
    private static let statusCall = "kube patch namespaces/shop/vaultrolebindings/web/status"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func object(_ path: String) -> JSONValue? { lanyard.world.vault.peek(path) }

    private func reasons() async throws -> [String: String] {
        let conditions = try await lanyard.binding("web").status?.conditions ?? []
        return Dictionary(conditions.map { ($0.type, $0.reason) }, uniquingKeysWith: { first, _ in first })
    }

    @Test("a change by hand that is only reported hides no failure behind it, which is tried again soon")
    func behindReportedDrift() async throws {
        try await lanyard.create(binding: "web") { $0.driftPolicy = .report }
        try await lanyard.reconcile(binding: "web")
        lanyard.world.vault.foreignWrite(
            Self.policy, ["policy": "path \"secret/data/x\" { capabilities = [\"read\"] }"])
        lanyard.journal.fail("vault read \(Self.role)", with: VaultError(.permissionDenied, "permission denied"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await reasons()["PolicySynced"] == "DriftDetected")
        #expect(try await reasons()["AuthRolesSynced"] == "PermissionDenied")
        lanyard.journal.heal()
        // What is only reported is no reason to try again.
        #expect(try await lanyard.reconcile(binding: "web").priority == .low)
        #expect(try await reasons()["PolicySynced"] == "DriftDetected")
        #expect(try await reasons()["AuthRolesSynced"] == "Synced")
    }

    // MARK: - Vault as a whole

    @Test("a sealed Vault is said on all parts, once, and it converges when Vault is unsealed")
    func sealed() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        lanyard.world.vault.isSealed = true
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(
            try await reasons() == [
                "Ready": "VaultSealed", "Accepted": "Accepted", "IdentityResolved": "Resolved",
                "PolicySynced": "VaultSealed", "DatabaseRolesSynced": "VaultSealed", "AuthRolesSynced": "VaultSealed",
                "Reconciling": "Retrying",
            ])
        #expect(try await lanyard.records().isEmpty)
        lanyard.journal.clear()
        let events = lanyard.events.all.count
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.journal.writes.isEmpty)
        #expect(lanyard.events.all.count == events)
        lanyard.world.vault.isSealed = false
        try await lanyard.reconcile(binding: "web")
        #expect(try await reasons()["Ready"] == "Ready")
    }

    @Test("a Vault that is sealed between two writes leaves nothing half said")
    func sealedInBetween() async throws {
        let vault = lanyard.world.vault
        try await lanyard.create(binding: "web")
        lanyard.journal.before("vault write \(Self.role)") { vault.isSealed = true }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await reasons()["AuthRolesSynced"] == "VaultSealed")
        vault.isSealed = false
        try await lanyard.reconcile(binding: "web")
        #expect(try await reasons()["Ready"] == "Ready")
        #expect(lanyard.notes("DriftCorrected").isEmpty)
    }

    @Test("the server's wish when to come back is passed on")
    func retryAfter() async throws {
        try await lanyard.create(binding: "web")
        lanyard.journal.fail("vault read", with: VaultError(.rateLimited, "too many", retryAfter: .seconds(7)))
        let error = await #expect(throws: RetryAfter.self) { try await lanyard.reconcile(binding: "web") }
        #expect(error?.delay == .seconds(7))
        #expect(try await reasons()["PolicySynced"] == "RateLimited")
    }

    @Test("while Vault is known to be away it is not called")
    func breaker() async throws {
        let world = try SimulatedWorld(seed: 1)
        let breaker = CircuitBreaker(name: "Vault", environment: world.environment, probe: {}, onClose: { _ in })
        let lanyard = try await TestOperator(in: world, breaker: breaker)
        try await lanyard.create(binding: "web")
        try await lanyard.create(binding: "api") { $0.roleName = "api" }
        world.vault.isSealed = true
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(breaker.isOpen)
        lanyard.journal.clear()
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "api") }
        #expect(lanyard.journal.calls.allSatisfy { !$0.hasPrefix("vault") })
        #expect(try await lanyard.condition("PolicySynced", ofBinding: "api").reason == "VaultSealed")
    }

    @Test("an outage while old objects are deleted opens the breaker, too")
    func breakerInDeletion() async throws {
        let world = try SimulatedWorld(seed: 1)
        let breaker = CircuitBreaker(name: "Vault", environment: world.environment, probe: {}, onClose: { _ in })
        let lanyard = try await TestOperator(in: world, breaker: breaker)
        try await lanyard.create(binding: "web")
        try await lanyard.reconcile(binding: "web")
        try await lanyard.edit(binding: "web") { $0.roleName = "new" }
        lanyard.journal.before("vault delete") { world.vault.isSealed = true }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(breaker.isOpen)
        #expect(try await lanyard.condition("AuthRolesSynced", ofBinding: "web").reason == "VaultSealed")
    }

    // MARK: - One object

    @Test(
        "what is denied on one path is said of that part, and what is built on it waits", arguments: ["read", "write"])
    func permissionDenied(verb: String) async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        lanyard.journal.fail("vault \(verb) \(Self.database)", with: VaultError(.permissionDenied, "permission denied"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        let reasons = try await reasons()
        #expect(reasons["DatabaseRolesSynced"] == "PermissionDenied")
        #expect(reasons["PolicySynced"] == "Pending")
        #expect(reasons["AuthRolesSynced"] == "Pending")
        #expect(reasons["Ready"] == "PermissionDenied")
        #expect(try await lanyard.condition("DatabaseRolesSynced", ofBinding: "web").message.contains(Self.database))
        #expect(object(Self.policy) == nil && object(Self.role) == nil)
        // Nothing was begun there: the names are anybody's.
        #expect(lanyard.ledger.holder(of: Self.policy) == nil && lanyard.ledger.holder(of: Self.role) == nil)
        lanyard.journal.heal()
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test("a mount that is missing is said of its part alone")
    func mountMissing() async throws {
        lanyard.world.vault.mount(nil, at: "kubernetes")
        try await lanyard.create(binding: "web")
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await reasons()["AuthRolesSynced"] == "MountMissing")
        #expect(try await reasons()["PolicySynced"] == "Synced")
    }

    @Test(
        "a connection that is missing or closed to the role keeps that role from being made",
        arguments: [("missing", "ConnectionMissing"), ("closed", "RoleNotAllowedByConnection")])
    func connection(name: String, reason: String) async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample { $0.connection = name }] }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await reasons()["DatabaseRolesSynced"] == reason)
        #expect(object(Self.database) == nil)
        #expect(lanyard.ledger.holder(of: Self.database) == nil)
        #expect(object(Self.policy) == nil && object(Self.role) == nil)
    }

    // MARK: - Claims of what was refused

    @Test(
        "the claim of what was definitely refused is given up: who makes it by hand then keeps it",
        arguments: [VaultError.Code.rejected, .permissionDenied, .mountMissing])
    func refusedCreation(code: VaultError.Code) async throws {
        try await lanyard.create(binding: "web")
        lanyard.journal.fail("vault write \(Self.role)", with: VaultError(code, "no"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.ledger.holder(of: Self.role) == nil && lanyard.ledger.holder(of: Self.policy) != nil)
        lanyard.journal.heal()
        lanyard.world.vault.foreignWrite(
            Self.role, ["bound_service_account_names": ["admin"], "bound_service_account_namespaces": ["admin"]])
        let before = object(Self.role)
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await reasons()["AuthRolesSynced"] == "Conflict")
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.role) == before)
    }

    @Test("so are the claims of a static role, and of its user")
    func refusedStaticRole() async throws {
        let path = "database/static-roles/web_main"
        try await lanyard.create(binding: "web") { spec in
            spec.databaseRoles = [
                .sample { role in
                    role.statements = nil
                    role.static = .init(username: "app", rotationPeriod: "1h")
                }
            ]
        }
        lanyard.journal.fail("vault write \(path)", with: VaultError(.rejected, "no such user"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await lanyard.records().isEmpty)
        #expect(lanyard.ledger.holder(of: "database/config/good/static-users/app") == nil)
    }

    @Test("a refusal after which something is there, or that is not certain, leaves the claim")
    func uncertainRefusal() async throws {
        try await lanyard.create(binding: "web")
        let vault = lanyard.world.vault
        lanyard.journal.before("vault write \(Self.role)") {
            vault.foreignWrite(
                Self.role, ["bound_service_account_names": ["web"], "bound_service_account_namespaces": ["shop"]])
        }
        lanyard.journal.fail("vault write \(Self.role)", with: VaultError(.rejected, "half done"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.ledger.holder(of: Self.role) != nil)
        lanyard.journal.heal()
        try await lanyard.reconcile(binding: "web")
        #expect(try await reasons()["Ready"] == "Ready")
        try await lanyard.create(binding: "api") { $0.roleName = "api" }
        lanyard.journal.fail("vault write auth/kubernetes/role/api", with: VaultError(.malformedAnswer, "what"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "api") }
        #expect(lanyard.ledger.holder(of: "auth/kubernetes/role/api") != nil)
    }

    @Test("an adoption that is refused takes nothing")
    func refusedAdoption() async throws {
        lanyard.world.vault.foreignWrite(
            Self.role, ["bound_service_account_names": ["admin"], "bound_service_account_namespaces": ["admin"]])
        let before = object(Self.role)
        try await lanyard.create(binding: "web")
        var binding = try await lanyard.binding("web")
        binding.metadata.annotations = ["lanyard.dev/adopt": "true"]
        _ = try await lanyard.world.api.replace(binding)
        lanyard.journal.fail("vault write \(Self.role)", with: VaultError(.rejected, "no"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.ledger.holder(of: Self.role) == nil)
        lanyard.journal.heal()
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.role) == before)
    }

    @Test("what is held already stays so, whatever is refused")
    func refusedUpdate() async throws {
        try await lanyard.create(binding: "web")
        try await lanyard.reconcile(binding: "web")
        try await lanyard.edit(binding: "web") { $0.serviceAccountNames = ["api"] }
        lanyard.journal.fail("vault write \(Self.role)", with: VaultError(.rejected, "no"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        lanyard.world.vault.foreignDelete(Self.role)
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.ledger.holder(of: Self.role) != nil)
    }

    // MARK: - Secrets

    /// What a server might answer, and nobody may read.
    private static let token = "hvs.CAESIJ1xV7canaryNeverShown"

    @Test("neither SQL nor what a server's error quotes is shown in status or events")
    func secrets() async throws {
        let database = try VaultPath(Self.database)
        let role = try VaultPath(Self.role)
        let text =
            "could not run CREATE ROLE x -- \(SimulatedSpecs.canary) with token=\(Self.token) at postgres://u:p@db"
        for path in [database, role] {
            let answer = VaultResponse(
                status: 400, body: .envelope(VaultEnvelope(errors: ["bad: \(Self.token) \(text)"])))
            guard case .failure(let error) = answer.outcome(of: .post, path) else {
                Issue.record("a refusal is no failure")
                return
            }
            lanyard.journal.fail("vault write \(path.segments.joined(separator: "/"))", with: error)
        }
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await reasons()["DatabaseRolesSynced"] == "Rejected")
        try await expectNoSecrets()
        lanyard.journal.heal()
        try await lanyard.reconcile(binding: "web")
        // Drift of a statement is said, its text is not.
        lanyard.world.vault.foreignWrite(
            Self.database, ["creation_statements": [.string("GRANT ALL -- \(SimulatedSpecs.canary)")]])
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.notes("DriftCorrected").last?.contains("creation_statements") == true)
        try await lanyard.edit(binding: "web") { $0.driftPolicy = .report }
        try await lanyard.reconcile(binding: "web")
        lanyard.world.vault.foreignWrite(
            Self.database, ["revocation_statements": [.string("DROP -- \(SimulatedSpecs.canary)")]])
        try await lanyard.reconcile(binding: "web")
        #expect(
            try await lanyard.condition("DatabaseRolesSynced", ofBinding: "web").message
                .contains("revocation_statements"))
        try await expectNoSecrets()
    }

    @Test("SQL of a refused spec is not quoted")
    func secretsOfRefusedSpec() async throws {
        try await lanyard.create(binding: "web") { spec in
            spec.databaseRoles = [
                .sample { $0.defaultTTL = SimulatedSpecs.canary }, .sample { $0.credentialConfig = ["x": Self.token] },
                .sample { $0.statements = .init(creation: ["{{password}} \(Self.token)\u{0}"]) },
            ]
        }
        try await lanyard.reconcile(binding: "web")
        #expect(try await reasons()["Accepted"] == "InvalidSpec")
        let text = try JSON.encode(try await lanyard.binding("web").status)
        #expect(!String(decoding: text, as: UTF8.self).contains(Self.token))
    }

    private func expectNoSecrets() async throws {
        let status = String(decoding: try JSON.encode(try await lanyard.binding("web").status), as: UTF8.self)
        let notes = lanyard.events.all.map(\.note)
        #expect(!status.isEmpty && !notes.isEmpty)
        for secret in [SimulatedSpecs.canary, Self.token, "postgres://"] {
            #expect(!status.contains(secret))
            #expect(!notes.contains { $0.contains(secret) })
        }
    }
}
