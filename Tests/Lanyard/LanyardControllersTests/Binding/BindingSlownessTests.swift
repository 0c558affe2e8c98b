import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultClient
import VaultTesting

/// A database that does not answer, or leases that take long to revoke, are the affair of one binding.
@Suite("BindingReconciler: slow back ends")
struct BindingSlownessTests {
    private static let slow = VaultError(.slow, "no answer in time")
    private static let leases = "sys/leases/revoke-prefix/database/creds/"

    private let lanyard: TestOperator
    private let breaker: CircuitBreaker

    init() async throws {
        let world = try SimulatedWorld(seed: 1)
        breaker = CircuitBreaker(name: "Vault", environment: world.environment, probe: {}, onClose: { _ in })
        lanyard = try await TestOperator(in: world, breaker: breaker)
    }

    private func object(_ path: String) -> JSONValue? { lanyard.world.vault.peek(path) }

    private func role(_ name: String, _ connection: String) -> DatabaseRole {
        .sample {
            $0.name = name
            $0.connection = connection
        }
    }

    private func condition() async throws -> Condition {
        try await lanyard.condition("DatabaseRolesSynced", ofBinding: "web")
    }

    @Test("a role whose database does not answer is said of it alone, and is no outage")
    func ownAffair() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [role("main", "good")] }
        try await lanyard.create(binding: "api") { $0.roleName = "api" }
        lanyard.journal.fail("vault write database/roles/web_main", with: Self.slow)
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(!breaker.isOpen)
        #expect(try await condition().reason == "TimedOut")
        #expect(try await condition().message.contains("database/roles/web_main"))
        #expect(try await lanyard.condition("Reconciling", ofBinding: "web").status == .yes)
        try await lanyard.reconcile(binding: "api")
        #expect(try await lanyard.condition("Ready", ofBinding: "api").status == .yes)
    }

    @Test("a read that hangs is its object's affair, too")
    func slowRead() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [role("main", "good"), role("other", "second")] }
        lanyard.journal.fail("vault read database/config/good", with: Self.slow)
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(!breaker.isOpen)
        #expect(try await condition().reason == "TimedOut")
        #expect(object("database/roles/web_main") == nil && object("database/roles/web_other") != nil)
    }

    @Test("a connection that did not answer once is not asked again in the pass; others are, and none of it is claimed")
    func oncePerConnection() async throws {
        try await lanyard.create(binding: "web") { spec in
            spec.databaseRoles = [
                role("a", "good"), role("b", "good"), role("c", "good"), role("d", "second"),
            ]
        }
        for name in ["a", "b", "c"] {
            lanyard.journal.fail("vault write database/roles/web_\(name)", with: Self.slow)
        }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        let writes = lanyard.journal.writes(to: "vault").filter { $0.contains("database/") }
        #expect(writes.sorted() == ["vault write database/roles/web_a", "vault write database/roles/web_d"])
        #expect(object("database/roles/web_d") != nil)
        // What was begun may be there; what was not is anybody's.
        #expect(lanyard.ledger.holder(of: "database/roles/web_a") != nil)
        #expect(lanyard.ledger.holder(of: "database/roles/web_b") == nil)
        #expect(try await condition().message.contains("later pass"))
        lanyard.journal.heal()
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test("a pass has patience with two databases, so that it ends in its time")
    func patience() async throws {
        let connections = ["good", "second", "gone", "missing"]
        for name in connections {
            lanyard.world.vault.foreignWrite(
                "database/config/\(name)", ["plugin_name": "postgresql-database-plugin", "allowed_roles": ["*"]])
        }
        try await lanyard.create(binding: "web") { spec in
            spec.databaseRoles = connections.map { role($0, $0) }
        }
        lanyard.journal.fail("vault write database/roles/", with: Self.slow)
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.journal.writes(to: "vault").count { $0.contains("database/") } == 2)
        // What was not tried is told, and anybody's.
        #expect(try await condition().message.contains("later pass"))
        #expect(connections.count { lanyard.ledger.holder(of: "database/roles/web_\($0)") != nil } == 2)
        #expect(!breaker.isOpen)
    }

    @Test("two roles that fail are both told, whatever the first one's trouble is")
    func severalTroubles() async throws {
        try await lanyard.create(binding: "web") { spec in
            spec.databaseRoles = [role("a", "good"), role("b", "second")]
        }
        lanyard.journal.fail("vault write database/roles/web_a", with: VaultError(.rejected, "first"))
        lanyard.journal.fail("vault write database/roles/web_b", with: VaultError(.rejected, "second"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        let message = try await condition().message
        #expect(message.contains("first") && message.contains("second"))
    }

    @Test("a binding with many roles leaves room for the reads of others")
    func manyReads() async throws {
        try await lanyard.create(binding: "web") { spec in
            spec.databaseRoles = (0..<30).map { role("r\($0)", "good") }
        }
        let reads = CallsUnderWay(expecting: 4)
        for _ in 0..<100 { lanyard.journal.before("vault read ") { try await reads.stay() } }
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        #expect(lanyard.journal.calls.count { $0.hasPrefix("vault read database/roles/") } >= 30)
        #expect(reads.most == 4)
    }

    // MARK: - Leases

    private func createRevoking() async throws {
        try await lanyard.create(binding: "web") { spec in
            spec.databaseRoles = [role("a", "good"), role("b", "second")]
            spec.revokeLeasesOnDelete = true
        }
        try await lanyard.reconcile(binding: "web")
        try await lanyard.delete(binding: "web")
    }

    @Test("a revocation that takes long is no outage, says how many are left, and holds up no other role")
    func revocation() async throws {
        try await createRevoking()
        lanyard.journal.fail("vault write \(Self.leases)web_a", with: Self.slow)
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(!breaker.isOpen)
        #expect(try await condition().reason == "TimedOut")
        #expect(try await condition().message.contains("being revoked; 0 are left"))
        #expect(object("auth/kubernetes/role/web") == nil && object("sys/policies/acl/web") == nil)
        #expect(object("database/roles/web_a") != nil && object("database/roles/web_b") == nil)
        lanyard.journal.heal()
        try await lanyard.reconcile(binding: "web")
        #expect(object("database/roles/web_a") == nil)
        #expect(try await lanyard.world.api.get(VaultRoleBinding.self, lanyard.key("web")) == nil)
    }

    @Test("where leases cannot be listed, it only says that they are being revoked")
    func unlisted() async throws {
        try await createRevoking()
        lanyard.journal.fail("vault write \(Self.leases)", with: Self.slow)
        lanyard.journal.fail("vault count", with: VaultError(.permissionDenied, "permission denied"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        let message = try await condition().message
        #expect(message.contains("being revoked") && !message.contains("left") && !message.contains("denied"))
    }

    @Test("a revocation that says that nothing is mounted there leaves the role, and its claim")
    func unmounted() async throws {
        try await createRevoking()
        lanyard.journal.fail("vault write \(Self.leases)web_a", with: VaultError(.mountMissing, "nothing is mounted"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(object("database/roles/web_a") != nil && lanyard.ledger.holder(of: "database/roles/web_a") != nil)
        #expect(!lanyard.events.all.contains { $0.note == "deleted database/roles/web_a" })
        lanyard.journal.heal()
        try await lanyard.reconcile(binding: "web")
        #expect(object("database/roles/web_a") == nil)
    }

    @Test("a database that refuses to drop users says so, with what lets the binding go")
    func refused() async throws {
        try await createRevoking()
        let path = try VaultPath("\(Self.leases)web_a")
        let text =
            "failed to revoke \"database/creds/web_a/canary\" (1 / 1): ERROR: role \"v-canary\" cannot be dropped because "
            + "some objects depend on it (SQLSTATE 2BP01)"
        let answer = VaultResponse(status: 400, body: .envelope(VaultEnvelope(errors: [text])))
        guard case .failure(let error) = answer.outcome(of: .post, path) else {
            Issue.record("a refusal is no failure")
            return
        }
        lanyard.journal.fail("vault write \(Self.leases)web_a", with: error)
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        let message = try await condition().message
        #expect(message.contains("2BP01") && message.contains("spec.revokeLeasesOnDelete: false"))
        #expect(!message.contains("canary"))
        #expect(!lanyard.events.all.contains { $0.note.contains("canary") })
        try await lanyard.edit(binding: "web") { $0.revokeLeasesOnDelete = false }
        try await lanyard.reconcile(binding: "web")
        #expect(object("database/roles/web_a") == nil)
    }

    @Test("what fails of the auth roles holds up the policy, and not the other auth role")
    func order() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.create(binding: "web") { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
            spec.jwtAuth = .init(audiences: ["vault"])
        }
        try await lanyard.reconcile(binding: "web")
        try await lanyard.delete(binding: "web")
        lanyard.journal.fail("vault delete auth/jwt/role/web", with: VaultError(.permissionDenied, "permission denied"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(object("auth/kubernetes/role/web") == nil)
        #expect(object("auth/jwt/role/web") != nil && object("sys/policies/acl/web") != nil)
    }
}
