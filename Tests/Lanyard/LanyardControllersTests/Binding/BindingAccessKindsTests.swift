import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultClient
import VaultTesting

@Suite("BindingReconciler: JWT roles, static roles and templates")
struct BindingAccessKindsTests {
    private static let jwtRole = "auth/jwt/role/web"
    private static let dynamic = "database/roles/web_main"
    private static let fixed = "database/static-roles/web_main"
    private static let userClaim = "database/config/good/static-users/app"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func object(_ path: String) -> JSONValue? { lanyard.world.vault.peek(path) }

    /// A static role on the user `app`.
    private static func staticRole(_ username: String = "app") -> DatabaseRole {
        var role = DatabaseRole(name: "main")
        role.connection = "good"
        role.static = .init(username: username, rotationPeriod: "24h")
        return role
    }

    private func databaseCondition(_ name: String = "web") async throws -> Condition {
        try await lanyard.condition("DatabaseRolesSynced", ofBinding: name)
    }

    // MARK: - JWT roles

    @Test("an identity's binding gets a JWT role for exactly its SPIFFE ID, which follows it")
    func jwt() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.create(binding: "web") { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
            spec.jwtAuth = .init(audiences: ["vault"])
        }
        try await lanyard.reconcile(binding: "web")
        let role = try #require(object(Self.jwtRole))
        #expect(role["bound_subject"] == "spiffe://sim.example/ns/shop/sa/web")
        #expect(role["bound_audiences"] == ["vault"])
        #expect(role["token_policies"] == ["web"])
        #expect(role["role_type"] == "jwt" && role["user_claim"] == "sub")
        #expect(try await lanyard.binding("web").status?.vault?.jwtRole == Self.jwtRole)
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)

        try await lanyard.reconcile(identity: "web")
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes.isEmpty)

        try await lanyard.edit(identity: "web") { $0.spiffeID = "/custom/{namespace}/moved" }
        try await lanyard.reconcile(identity: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.jwtRole)?["bound_subject"] == "spiffe://sim.example/custom/shop/moved")
        #expect(lanyard.notes("DriftCorrected").isEmpty)
    }

    @Test("a JWT role that is not wanted any more goes, the Kubernetes role stays")
    func jwtRemoved() async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.create(binding: "web") { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
            spec.jwtAuth = .init(audiences: ["vault"])
        }
        try await lanyard.reconcile(identity: "web")
        try await lanyard.reconcile(binding: "web")
        try await lanyard.edit(binding: "web") { $0.jwtAuth = nil }
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.jwtRole) == nil && object("auth/kubernetes/role/web") != nil)
        #expect(try await lanyard.binding("web").status?.vault?.jwtRole == nil)
    }

    // MARK: - Static roles

    @Test("a static role is created once, claims its user, and grants its credentials")
    func staticRole() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [Self.staticRole()] }
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.fixed)?["username"] == "app")
        #expect(
            object("sys/policies/acl/web")?["policy"]?.string?.contains("database/static-creds/web_main") == true)
        #expect(try await lanyard.records().first?.spec.claims.map(\.path).contains(Self.userClaim) == true)
        try await lanyard.edit(binding: "web") { $0.databaseRoles?[0].static?.rotationPeriod = "12h" }
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.fixed)?["rotation_period"] == 43_200)
        let changes = lanyard.world.vault.changes.filter { $0.path == Self.fixed }
        #expect(changes.map(\.method) == [.post, .post])
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.fixed) == nil)
        #expect(try await lanyard.records().isEmpty)
    }

    @Test(
        "the connection's own user is refused, and nothing is written for it (threat T16)",
        arguments: ["owner", "OWNER"])
    func ownUser(username: String) async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [Self.staticRole(username)] }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await databaseCondition().reason == "Rejected")
        #expect(object(Self.fixed) == nil)
    }

    @Test("a user has one static role: the second binding gets Conflict, and the user when the first lets go")
    func sharedUser() async throws {
        for name in ["web", "api"] {
            try await lanyard.create(binding: name) {
                $0.roleName = name
                $0.databaseRoles = [Self.staticRole()]
            }
        }
        try await lanyard.reconcile(binding: "web")
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "api") }
        let condition = try await databaseCondition("api")
        #expect(condition.reason == "Conflict" && condition.message.contains("VaultRoleBinding shop/web"))
        #expect(object("database/static-roles/api_main") == nil)
        try await lanyard.edit(binding: "web") { $0.databaseRoles = nil }
        try await lanyard.reconcile(binding: "web")
        try await lanyard.reconcile(binding: "api")
        #expect(object("database/static-roles/api_main")?["username"] == "app")
    }

    @Test("another user needs another role, which is made only if that was asked for")
    func otherUser() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [Self.staticRole()] }
        try await lanyard.reconcile(binding: "web")
        try await lanyard.edit(binding: "web") { $0.databaseRoles?[0].static?.username = "other" }
        for _ in 0..<2 {
            await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
            #expect(try await databaseCondition().reason == "NeedsRecreate")
            #expect(object(Self.fixed)?["username"] == "app")
        }
        try await lanyard.edit(binding: "web") { $0.databaseRoles?[0].recreatePolicy = .recreate }
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "web")
        #expect(
            lanyard.journal.writes(to: "vault") == [
                "vault delete \(Self.fixed)", "vault write \(Self.fixed)", "vault write sys/policies/acl/web",
            ])
        #expect(object(Self.fixed)?["username"] == "other")
        let claims = try await lanyard.records().first?.spec.claims.map(\.path) ?? []
        #expect(claims.contains("database/config/good/static-users/other") && !claims.contains(Self.userClaim))
    }

    @Test("a role that becomes static needs its name, which is freed only if that was asked for")
    func kindChange() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        try await lanyard.reconcile(binding: "web")
        try await lanyard.edit(binding: "web") { $0.databaseRoles = [Self.staticRole()] }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await databaseCondition().reason == "NeedsRecreate")
        #expect(object(Self.dynamic) != nil)
        try await lanyard.edit(binding: "web") { $0.databaseRoles?[0].recreatePolicy = .recreate }
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.dynamic) == nil && object(Self.fixed) != nil)
        let claims = try await lanyard.records().first?.spec.claims.map(\.path) ?? []
        #expect(!claims.contains(Self.dynamic) && claims.contains(Self.fixed))
    }

    @Test(
        "a role in the way that another record claims, too, as after a backup was restored, is not deleted",
        arguments: [true, false])
    func sharedInTheWay(isKnownBefore: Bool) async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        try await lanyard.reconcile(binding: "web")
        let restored = OwnershipRecord(
            metadata: ObjectMeta(name: "shop.other", namespace: SimulatedWorld.operatorNamespace, uid: "1"),
            spec: .init(
                owner: .init(kind: "VaultRoleBinding", namespace: "shop", name: "other", uid: "1"),
                claims: [.init(path: Self.dynamic, claimedAt: "2999-01-01T00:00:00Z")]))
        let ledger = lanyard.ledger
        let see: @Sendable () -> Void = { ledger.observe(Delta(old: nil, new: restored)) }
        if isKnownBefore {
            see()
        } else {
            lanyard.journal.before("kube put namespaces/lanyard-system/ownershiprecords/shop.web") { see() }
        }
        try await lanyard.edit(binding: "web") { spec in
            spec.databaseRoles = [Self.staticRole()]
            spec.databaseRoles?[0].recreatePolicy = .recreate
        }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await databaseCondition().reason == "Conflict")
        #expect(object(Self.dynamic) != nil && object(Self.fixed) == nil)
    }

    @Test("a name that another one's role of the other kind has is a conflict, and is not tried again and again")
    func takenByOtherKind() async throws {
        try await lanyard.create(binding: "web") {
            $0.databaseRoles = [.sample()]
            $0.databaseRoles?[0].vaultName = "shared"
        }
        try await lanyard.create(binding: "api") {
            $0.roleName = "api"
            $0.databaseRoles = [Self.staticRole()]
            $0.databaseRoles?[0].vaultName = "shared"
        }
        try await lanyard.reconcile(binding: "web")
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "api") }
        lanyard.journal.clear()
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "api") }
        #expect(try await databaseCondition("api").reason == "Conflict")
        #expect(lanyard.journal.writes(to: "vault").isEmpty)
    }

    // MARK: - Connections

    @Test("a role is not moved to another connection; recreated, its leases are revoked while that still works")
    func moved() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        try await lanyard.reconcile(binding: "web")
        try await lanyard.edit(binding: "web") { $0.databaseRoles?[0].connection = "second" }
        for _ in 0..<3 {
            await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
            #expect(try await databaseCondition().reason == "NeedsRecreate")
        }
        #expect(object(Self.dynamic)?["db_name"] == "good")
        try await lanyard.edit(binding: "web") { $0.databaseRoles?[0].recreatePolicy = .recreate }
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "web")
        #expect(
            lanyard.journal.writes(to: "vault") == [
                "vault write sys/leases/revoke-prefix/database/creds/web_main", "vault delete \(Self.dynamic)",
                "vault write \(Self.dynamic)", "vault write sys/policies/acl/web",
            ])
        #expect(object(Self.dynamic)?["db_name"] == "second")
    }

    @Test("without the right to revoke leases the role is not deleted")
    func revocationDenied() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        try await lanyard.reconcile(binding: "web")
        try await lanyard.edit(binding: "web") {
            $0.databaseRoles?[0].connection = "second"
            $0.databaseRoles?[0].recreatePolicy = .recreate
        }
        lanyard.journal.fail("vault write sys/leases", with: VaultError(.permissionDenied, "permission denied"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await databaseCondition().reason == "PermissionDenied")
        #expect(object(Self.dynamic)?["db_name"] == "good")
    }

    @Test("a forged status does not make a move look like drift (threats T15, T26)")
    func forgedStatus() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        try await lanyard.reconcile(binding: "web")
        try await lanyard.edit(binding: "web") { $0.databaseRoles?[0].connection = "second" }
        var forged = try await lanyard.binding("web")
        for index in (forged.status?.conditions ?? []).indices {
            forged.status?.conditions?[index].observedGeneration = forged.metadata.generation
        }
        _ = try await lanyard.world.api.applyStatus(
            VaultRoleBinding.self, forged.key, uid: forged.metadata.uid ?? "", resourceVersion: nil,
            status: try JSONValue(encoding: forged.status), fieldManager: "tenant")
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(object(Self.dynamic)?["db_name"] == "good")
    }

    @Test("leases are revoked before a role goes, if that was asked for")
    func revokeOnDelete() async throws {
        try await lanyard.create(binding: "web") {
            $0.databaseRoles = [.sample()]
            $0.revokeLeasesOnDelete = true
        }
        try await lanyard.reconcile(binding: "web")
        try await lanyard.delete(binding: "web")
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "web")
        #expect(
            lanyard.journal.writes(to: "vault") == [
                "vault delete auth/kubernetes/role/web", "vault delete sys/policies/acl/web",
                "vault write sys/leases/revoke-prefix/database/creds/web_main", "vault delete \(Self.dynamic)",
            ])
    }

    // MARK: - Templates

    @Test("a template's change reaches the bindings that use it, and is no drift")
    func template() async throws {
        try await lanyard.create(template: "readwrite")
        for name in ["web", "api"] {
            try await lanyard.create(binding: name) { spec in
                spec.roleName = name
                spec.driftPolicy = .report
                spec.databaseRoles = [DatabaseRole(name: "main")]
                spec.databaseRoles?[0].template = "readwrite"
            }
            try await lanyard.reconcile(binding: name)
        }
        #expect(object(Self.dynamic)?["db_name"] == "good")
        #expect(try await lanyard.binding("web").status?.databaseRoleTemplates?.map(\.generation) == [1])
        try await lanyard.edit(template: "readwrite") { $0.creationStatements = ["CREATE USER \"{{name}}\""] }
        for name in ["web", "api"] {
            try await lanyard.reconcile(binding: name)
            #expect(
                object("database/roles/\(name)_main")?["creation_statements"] == ["CREATE USER \"{{name}}\""])
        }
        #expect(lanyard.notes("DriftDetected").isEmpty && lanyard.notes("DriftCorrected").isEmpty)
        #expect(try await lanyard.binding("web").status?.databaseRoleTemplates?.map(\.generation) == [2])
    }

    @Test("a template that changed while nobody looked is no drift either")
    func templateAfterRestart() async throws {
        try await lanyard.create(template: "readwrite")
        try await lanyard.create(binding: "web") { spec in
            spec.driftPolicy = .report
            spec.databaseRoles = [DatabaseRole(name: "main")]
            spec.databaseRoles?[0].template = "readwrite"
        }
        try await lanyard.reconcile(binding: "web")
        try await lanyard.edit(template: "readwrite") { $0.maxTTL = "1h" }
        let successor = try await TestOperator(in: lanyard.world)
        try await successor.reconcile(binding: "web")
        #expect(object(Self.dynamic)?["max_ttl"] == 3_600)
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test("without its template a role stays as it is, its credentials are not given, and the condition says so")
    func templateMissing() async throws {
        try await lanyard.create(template: "readwrite")
        try await lanyard.create(binding: "web") { spec in
            spec.databaseRoles = [DatabaseRole(name: "main")]
            spec.databaseRoles?[0].template = "readwrite"
        }
        try await lanyard.reconcile(binding: "web")
        try await lanyard.world.api.delete(
            DatabaseRoleTemplate.self, ObjectKey(namespace: nil, name: "readwrite"), uid: nil)
        lanyard.journal.clear()
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await databaseCondition().reason == "TemplateMissing")
        #expect(lanyard.journal.writes(to: "vault") == ["vault write sys/policies/acl/web"])
        #expect(object(Self.dynamic) != nil && object("auth/kubernetes/role/web") != nil)
        #expect(object("sys/policies/acl/web")?["policy"]?.string?.contains("creds") == false)
        lanyard.journal.clear()
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.journal.writes.isEmpty)
        try await lanyard.create(template: "readwrite")
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes(to: "vault") == ["vault write sys/policies/acl/web"])
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        #expect(lanyard.notes("DriftCorrected").isEmpty)
    }

    // MARK: - Adoption

    @Test("what somebody made differently is taken over where annotation and boundary say so, else left alone")
    func adoption() async throws {
        lanyard.world.vault.foreignWrite("sys/policies/acl/web", ["policy": "path \"a\" { capabilities = [\"read\"] }"])
        let before = object("sys/policies/acl/web")
        var boundary = IdentityBoundary.permissive
        boundary.spec.allowAdoption = false
        lanyard.boundaries.set([boundary])
        try await lanyard.create(binding: "web")
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        var binding = try await lanyard.binding("web")
        binding.metadata.annotations = [LanyardGroup.adoptAnnotation: "true"]
        _ = try await lanyard.world.api.replace(binding)
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(object("sys/policies/acl/web") == before)
        #expect(try await lanyard.condition("PolicySynced", ofBinding: "web").reason == "Conflict")

        boundary.spec.allowAdoption = true
        lanyard.boundaries.set([boundary])
        try await lanyard.reconcile(binding: "web")
        #expect(object("sys/policies/acl/web")?["policy"]?.string?.hasPrefix("# Managed by Lanyard") == true)
        #expect(lanyard.notes("Adopted").count == 1)
        #expect(try await lanyard.records().first?.spec.claims.map(\.path).contains("sys/policies/acl/web") == true)
    }

    @Test("what another resource owns is never adopted")
    func noTheft() async throws {
        var boundary = IdentityBoundary.permissive
        boundary.spec.allowAdoption = true
        lanyard.boundaries.set([boundary])
        try await lanyard.create(binding: "web")
        try await lanyard.reconcile(binding: "web")
        try await lanyard.create(binding: "api") {
            $0.access = Access(kv: [KVAccess(path: "x", permissions: ["Read"])])
        }
        var binding = try await lanyard.binding("api")
        binding.metadata.annotations = [LanyardGroup.adoptAnnotation: "true"]
        _ = try await lanyard.world.api.replace(binding)
        let before = object("sys/policies/acl/web")
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "api") }
        #expect(object("sys/policies/acl/web") == before)
    }
}
