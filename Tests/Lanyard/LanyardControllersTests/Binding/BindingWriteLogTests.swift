import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultClient
import VaultTesting

/// What was done to Vault can be read afterwards: each write in the log, each correction as an event with its own text.
@Suite("What is told of writes to Vault and SPIRE")
struct BindingWriteLogTests {
    private static let policy = "sys/policies/acl/web"
    private static let role = "auth/kubernetes/role/web"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func lines(_ message: String) -> [String] { lanyard.lines.all.filter { $0.contains(message) } }

    @Test("each object that is written has one line: whose, which one, and what was done")
    func creation() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        try await lanyard.reconcile(binding: "web")
        #expect(
            lanyard.lines.all
                == [Self.database, Self.policy, Self.role].map { path in
                    "info written change=created object.key=shop/web object.kind=VaultRoleBinding vault.path=\(path)"
                })
        lanyard.lines.clear()
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.lines.all == [])
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(lines("change=deleted").count == 3)
    }

    private static let database = "database/roles/web_main"

    @Test("each correction has a line and an event of its own, with the fields that had been changed")
    func corrections() async throws {
        try await lanyard.create(binding: "web")
        try await lanyard.reconcile(binding: "web")
        lanyard.lines.clear()
        let acts: [(path: String, body: JSONValue)] = [
            (Self.policy, ["policy": "path \"secret/data/x\" { capabilities = [\"read\"] }"]),
            (Self.role, ["token_policies": ["root"]]), (Self.role, ["token_ttl": 60]),
        ]
        for act in acts {
            _ = try await lanyard.world.vault.write(act.path, act.body)
            try await lanyard.reconcile(binding: "web")
        }
        let notes = lanyard.notes("DriftCorrected")
        #expect(notes.count == 3 && Set(notes).count == 3)
        let told = lines("drift corrected")
        try #require(told.count == 3)
        #expect(told.allSatisfy { $0.hasPrefix("warning ") && $0.contains("object.key=shop/web") })
        #expect(told[1].contains("fields=[\"token_policies\"]") && told[1].contains("root"))
        #expect(told[2].contains("fields=[\"token_ttl\"]"))
    }

    @Test("a secret of a static role reaches neither line nor event")
    func secrets() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        try await lanyard.reconcile(binding: "web")
        var body = try #require(lanyard.world.vault.peek(Self.database))
        body["creation_statements"] = ["CREATE ROLE x PASSWORD 'hunter2'"]
        _ = try await lanyard.world.vault.write(Self.database, body)
        lanyard.lines.clear()
        try await lanyard.reconcile(binding: "web")
        #expect(lines("drift corrected").count == 1)
        #expect(!(lanyard.lines.all + lanyard.events.all.map(\.note)).contains { $0.contains("hunter2") })
    }

    @Test("what waits for another part of the same object is no warning, and what it waits for is")
    func waiting() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample { $0.connection = "missing" }] }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await lanyard.condition("PolicySynced", ofBinding: "web").reason == "Pending")
        #expect(lanyard.notes("Pending") == [])
        #expect(lanyard.notes("ConnectionMissing").count == 1)
    }

    @Test("a deletion that waits for the revocation of leases says so, and how to go without")
    func revocation() async throws {
        try await lanyard.create(binding: "web") { spec in
            spec.databaseRoles = [.sample()]
            spec.revokeLeasesOnDelete = true
        }
        try await lanyard.reconcile(binding: "web")
        try await lanyard.delete(binding: "web")
        lanyard.journal.fail("vault write sys/leases", with: VaultError(.permissionDenied, "permission denied"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        let ready = try await lanyard.condition("Ready", ofBinding: "web")
        #expect(ready.reason == "PermissionDenied")
        #expect(ready.message.hasPrefix("sys/leases/revoke-prefix/database/creds/web_main: Vault denies the operator"))
        #expect(ready.message.contains("With spec.revokeLeasesOnDelete set to false"))
        #expect(try await lanyard.condition("AuthRolesSynced", ofBinding: "web").reason == "Deleted")
        try await lanyard.edit(binding: "web") { $0.revokeLeasesOnDelete = false }
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.records().isEmpty)
    }

    @Test("where no boundary allows to leave access behind, it is not advised")
    func noOrphan() async throws {
        lanyard.boundaries.set([.permissive])
        try await lanyard.create(binding: "web")
        try await lanyard.reconcile(binding: "web")
        var tight = IdentityBoundary.permissive
        tight.spec.allowOrphan = false
        lanyard.boundaries.set([tight])
        try await lanyard.delete(binding: "web")
        lanyard.journal.fail("vault delete \(Self.role)", with: VaultError(.permissionDenied, "permission denied"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        let message = try await lanyard.condition("Ready", ofBinding: "web").message
        #expect(message.contains("No boundary allows to let go of it") && !message.contains("set spec.deletionPolicy"))
    }
}
