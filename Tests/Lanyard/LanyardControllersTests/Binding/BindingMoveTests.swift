import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultClient
import VaultTesting

/// Leases are revoked through the role of the name that gave them, in the database which that names: one that comes to another
/// connection meanwhile leaves their users behind in the first one (threat T15).
@Suite("BindingReconciler: database roles that come to another connection")
struct BindingMoveTests {
    private static let role = "database/roles/web_main"
    private static let revocation = "vault write sys/leases/revoke-prefix/database/creds/web_main"
    private static let policy = "vault write sys/policies/acl/web"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private var connection: JSONValue? { lanyard.world.vault.peek(Self.role)?["db_name"] }

    private static func moved(_ fill: (inout DatabaseRole) -> Void = { _ in }) -> DatabaseRole {
        .sample { role in
            role.connection = "second"
            fill(&role)
        }
    }

    /// A binding with a role at the connection `good`, in place.
    private func createConverged(revokes: Bool = true) async throws {
        try await lanyard.create(binding: "web") { spec in
            spec.databaseRoles = [.sample()]
            spec.revokeLeasesOnDelete = revokes
        }
        try await lanyard.reconcile(binding: "web")
        #expect(connection == "good")
        lanyard.journal.clear()
    }

    @Test(
        "at another mount the role is another one, and the former one goes as in a deletion",
        arguments: [true, false])
    func otherMount(revokes: Bool) async throws {
        lanyard.world.vault.mount(.database, at: "other")
        lanyard.world.vault.foreignWrite(
            "other/config/good",
            ["plugin_name": "postgresql-database-plugin", "allowed_roles": ["*"], "username": "owner"])
        var boundary = IdentityBoundary.permissive
        boundary.spec.vault?.databases?.append(.init(mount: "other", connection: "good", inlineStatements: true))
        lanyard.boundaries.set([boundary])
        try await createConverged(revokes: revokes)
        try await lanyard.edit(binding: "web") { $0.databaseRoles?[0].mount = "other" }
        try await lanyard.reconcile(binding: "web")
        #expect(
            lanyard.journal.writes(to: "vault")
                == ["vault write other/roles/web_main", Self.policy] + (revokes ? [Self.revocation] : [])
                + ["vault delete \(Self.role)"])
    }

    @Test("taken out of the spec and put in again, its leases are revoked before the name is used anew")
    func takenOut() async throws {
        try await createConverged()
        try await lanyard.edit(binding: "web") { $0.databaseRoles = nil }
        try await lanyard.reconcile(binding: "web")
        try await lanyard.edit(binding: "web") { $0.databaseRoles = [Self.moved()] }
        try await lanyard.reconcile(binding: "web")
        #expect(
            lanyard.journal.writes(to: "vault") == [
                Self.policy, Self.revocation, "vault delete \(Self.role)", "vault write \(Self.role)", Self.policy,
            ])
        #expect(connection == "second")
    }

    /// A static role in place of the dynamic one.
    private static var fixed: DatabaseRole {
        var role = DatabaseRole(name: "main")
        role.connection = "second"
        role.static = .init(username: "app", rotationPeriod: "24h")
        role.recreatePolicy = .recreate
        return role
    }

    @Test("a role that makes room for a static one goes as in a deletion", arguments: [true, false])
    func becomesStatic(revokes: Bool) async throws {
        try await createConverged(revokes: revokes)
        try await lanyard.edit(binding: "web") { $0.databaseRoles = [Self.fixed] }
        try await lanyard.reconcile(binding: "web")
        let before = revokes ? [Self.revocation] : []
        let after = ["vault delete \(Self.role)", "vault write database/static-roles/web_main"]
        #expect(lanyard.journal.writes(to: "vault").starts(with: before + after))
    }

    @Test("what the database refuses names the way out where there is one", arguments: [true, false])
    func refused(isMove: Bool) async throws {
        try await createConverged()
        lanyard.journal.fail("vault write sys/leases", with: VaultError(.rejected, "SQLSTATE 2BP01"))
        try await lanyard.edit(binding: "web") { spec in
            spec.databaseRoles = [isMove ? Self.moved { $0.recreatePolicy = .recreate } : Self.fixed]
        }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        let message = try await lanyard.condition("DatabaseRolesSynced", ofBinding: "web").message
        #expect(message.contains("2BP01"))
        // The leases of a role that moves are revoked whatever the spec says.
        #expect(message.contains("spec.revokeLeasesOnDelete: false") == !isMove)
        try await lanyard.edit(binding: "web") { $0.revokeLeasesOnDelete = false }
        _ = try? await lanyard.reconcile(binding: "web")
        #expect((connection == "good") == isMove)
    }

    @Test("as long as they cannot be revoked the name stays what it was")
    func denied() async throws {
        try await createConverged()
        lanyard.journal.fail("vault write sys/leases", with: VaultError(.permissionDenied, "permission denied"))
        try await lanyard.edit(binding: "web") { $0.databaseRoles = nil }
        await #expect(throws: (any Error).self) { try await lanyard.reconcile(binding: "web") }
        for policy in [RecreatePolicy.report, .recreate] {
            try await lanyard.edit(binding: "web") { spec in
                spec.databaseRoles = [Self.moved { $0.recreatePolicy = policy }]
            }
            await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
            #expect(connection == "good")
        }
    }

    @Test(
        "what was taken out, or deleted with its binding, and made again before anybody looked is the role that there is",
        arguments: [true, false])
    func unseen(isAnotherBinding: Bool) async throws {
        try await createConverged(revokes: false)
        if isAnotherBinding {
            var binding = try await lanyard.binding("web")
            binding.metadata.finalizers = []
            _ = try await lanyard.world.api.replace(binding)
            try await lanyard.delete(binding: "web")
            try await lanyard.create(binding: "web") { $0.databaseRoles = [Self.moved()] }
        } else {
            try await lanyard.edit(binding: "web") { $0.databaseRoles = nil }
            try await lanyard.edit(binding: "web") { $0.databaseRoles = [Self.moved()] }
        }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await lanyard.condition("DatabaseRolesSynced", ofBinding: "web").reason == "NeedsRecreate")
        #expect(connection == "good")
        try await lanyard.edit(binding: "web") { $0.databaseRoles?[0].recreatePolicy = .recreate }
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "web")
        #expect(
            lanyard.journal.writes(to: "vault").prefix(3)
                == [Self.revocation, "vault delete \(Self.role)", "vault write \(Self.role)"])
        #expect(connection == "second")
    }
}
