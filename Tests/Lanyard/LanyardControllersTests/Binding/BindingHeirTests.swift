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

/// What stands against the end of an inheritance, and what does not.
@Suite("BindingReconciler: the end of what a namesake must not have")
struct BindingHeirTests {
    private static let policy = "sys/policies/acl/web"
    private static let role = "auth/kubernetes/role/web"
    private static let main = "database/roles/web_main"
    private static let fixed = "database/static-roles/web_fixed"
    private static let user = "database/config/good/static-users/app"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func exists(_ path: String) -> Bool { lanyard.world.vault.peek(path) != nil }

    private static var fixedRole: DatabaseRole {
        .sample { role in
            role.name = "fixed"
            role.statements = nil
            role.static = .init(username: "app", rotationPeriod: "1h")
        }
    }

    /// A binding in place that goes without the operator, and another one of its name.
    private func succeed(
        from roles: [DatabaseRole] = [.sample(), fixedRole], by fill: (inout VaultRoleBindingSpec) -> Void
    ) async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = roles }
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        var binding = try await lanyard.binding("web")
        binding.metadata.finalizers = []
        _ = try await lanyard.world.api.replace(binding)
        try await lanyard.delete(binding: "web")
        try await lanyard.create(binding: "web", fill)
        lanyard.journal.clear()
    }

    /// Has a new name, and a database role that fails.
    private static func moved(_ spec: inout VaultRoleBindingSpec) {
        spec.roleName = "new"
        spec.databaseRoles = [.sample { $0.connection = "missing" }]
    }

    /// The former name is not allowed any more.
    private static var renamed: IdentityBoundary {
        var boundary = IdentityBoundary.permissive
        boundary.spec.vault?.names = ["new*"]
        return boundary
    }

    @Test("one that cannot be written keeps nothing outside of its boundary, though that retains")
    func unwritable() async throws {
        try await succeed(by: Self.moved)
        lanyard.boundaries.set([Self.renamed])
        lanyard.journal.fail(
            "kube patch namespaces/shop/vaultrolebindings/web",
            with: KubernetesError(.badRequest, "request is too large"))
        await #expect(throws: KubernetesError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(!exists(Self.role) && !exists(Self.policy) && exists(Self.main))
        #expect(lanyard.notes("Withdrawn").count == 1)
    }

    @Test(
        "what cannot be read is named, holds up nothing that goes and no shorter tokens, and is not inherited",
        arguments: [true, false])
    func unreadable(isOutside: Bool) async throws {
        try await succeed(by: Self.moved)
        let former = try #require(lanyard.ledger.holder(of: Self.main))
        var boundary = isOutside ? Self.renamed : .permissive
        boundary.spec.vault?.maxTokenTTL = "1h"
        lanyard.boundaries.set([boundary])
        lanyard.journal.fail("vault read \(Self.main)", with: VaultError(.permissionDenied, "permission denied"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        let synced = try await lanyard.condition("PolicySynced", ofBinding: "web")
        #expect(synced.message.hasPrefix("\(Self.main): Vault denies the operator"))
        #expect(exists(Self.role) == !isOutside && exists(Self.policy) == !isOutside)
        if !isOutside { #expect(lanyard.world.vault.peek(Self.role)?["token_max_ttl"] == 3600) }
        #expect(lanyard.ledger.holder(of: Self.main) == former)
        #expect(!exists("sys/policies/acl/new"))
        lanyard.journal.heal()
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        let uid = try await lanyard.binding("web").metadata.uid
        #expect(lanyard.ledger.holder(of: Self.main)?.uid == uid)
    }

    @Test("while it is not known what is allowed, that is said, and nothing is inherited")
    func doubt() async throws {
        try await succeed(by: Self.moved)
        lanyard.boundaries.set([Self.renamed])
        lanyard.boundaries.truth.fail(with: BoundaryDoubt("the watch is closed"))
        await #expect(throws: BoundaryDoubt.self) { try await lanyard.reconcile(binding: "web") }
        for type in ["PolicySynced", "AuthRolesSynced", "DatabaseRolesSynced"] {
            #expect(try await lanyard.condition(type, ofBinding: "web").message.contains("the watch is closed"))
        }
        #expect(lanyard.journal.writes(to: "vault") == [] && exists(Self.role) && exists(Self.policy))
    }

    @Test("the claim of a database user goes with its static role, and the user is free for others (rule own-34)")
    func users() async throws {
        try await succeed(by: Self.moved)
        #expect(lanyard.ledger.holder(of: Self.user) != nil)
        var boundary = IdentityBoundary.permissive
        boundary.spec.vault?.databases = ["good", "missing"].map {
            .init(mount: "database", connection: $0, templates: ["*"], inlineStatements: true)
        }
        lanyard.boundaries.set([boundary])
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(!exists(Self.fixed) && exists(Self.main))
        #expect(lanyard.ledger.holder(of: Self.user) == nil && lanyard.ledger.holder(of: Self.main) != nil)
        lanyard.boundaries.set([.permissive])
        try await lanyard.create(binding: "api") { spec in
            spec.roleName = "api"
            spec.databaseRoles = [Self.fixedRole]
        }
        try await lanyard.reconcile(binding: "api")
        #expect(lanyard.ledger.holder(of: Self.user)?.name == "api")
        #expect(try await lanyard.condition("Ready", ofBinding: "api").status == .yes)
    }

    @Test(
        "a database role that cannot be deleted reaches nobody: its namesake has its access, and says what is left",
        arguments: IdentityBoundarySpec.OnViolation.allCases)
    func undeletable(_ rule: IdentityBoundarySpec.OnViolation) async throws {
        try await prepareUndeletable(rule, wanting: [.sample()])
        for pass in 0..<2 {
            lanyard.journal.clear()
            await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
            // What is left is asked for once in a pass; in the first by the predecessor's end, too.
            if pass > 0 { #expect(lanyard.journal.writes.count { $0.contains(Self.revocation) } == 1) }
            #expect(exists(Self.role) && exists(Self.main) && exists(Self.old))
            #expect(lanyard.world.vault.peek(Self.policy)?["policy"]?.string?.contains("web_old") == false)
            let uid = try await lanyard.binding("web").metadata.uid
            #expect(lanyard.ledger.holder(of: Self.old)?.uid == uid && lanyard.ledger.holder(of: Self.main)?.uid == uid)
            let synced = try await lanyard.condition("DatabaseRolesSynced", ofBinding: "web")
            #expect(synced.reason == "PermissionDenied" && synced.message.hasPrefix(Self.revocation))
            for type in ["Accepted", "PolicySynced", "AuthRolesSynced"] {
                #expect(try await lanyard.condition(type, ofBinding: "web").status == .yes)
            }
        }
        lanyard.journal.heal()
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.old))
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    private static let old = "database/roles/web_old"
    private static let revocation = "sys/leases/revoke-prefix/database/creds/web_old"

    /// Lets the first pass of an heir come that must not have one of the database roles, whose leases cannot be revoked.
    private func prepareUndeletable(
        _ rule: IdentityBoundarySpec.OnViolation, wanting roles: [DatabaseRole]
    ) async throws {
        let oldRole = DatabaseRole.sample { role in
            role.name = "old"
            role.connection = "second"
        }
        try await succeed(from: [.sample(), oldRole]) { spec in
            spec.databaseRoles = roles
            spec.revokeLeasesOnDelete = true
        }
        var boundary = IdentityBoundary.permissive
        boundary.spec.onViolation = rule
        boundary.spec.vault?.databases?.removeAll { $0.connection == "second" }
        boundary.spec.vault?.paths?.removeAll { $0.path == "database/*" }
        lanyard.boundaries.set([boundary])
        lanyard.journal.fail(
            "vault write \(Self.revocation)", with: VaultError(.permissionDenied, "permission denied"))
    }

    /// The same, after that pass.
    private func inheritUndeletable(
        _ rule: IdentityBoundarySpec.OnViolation, wanting roles: [DatabaseRole]
    ) async throws {
        try await prepareUndeletable(rule, wanting: roles)
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(exists(Self.old) && exists(Self.main))
    }

    @Test(
        "what is left of it takes nothing else with it when something else goes wrong",
        arguments: IdentityBoundarySpec.OnViolation.allCases, [true, false])
    func undeletableBesides(_ rule: IdentityBoundarySpec.OnViolation, isRefused: Bool) async throws {
        try await inheritUndeletable(rule, wanting: [.sample()])
        #expect(exists(Self.role) && exists(Self.policy))
        if isRefused {
            try await lanyard.edit(binding: "web") { $0.roleName = "not/valid" }
        } else {
            lanyard.journal.fail("vault read \(Self.main)", with: VaultError(.permissionDenied, "permission denied"))
        }
        _ = try? await lanyard.reconcile(binding: "web")
        #expect(exists(Self.role) && exists(Self.policy) && exists(Self.main) && exists(Self.old))
        // Of a spec that is not accepted it is not known that the role is not wanted.
        guard rule == .withdraw || !isRefused else { return }
        let type = isRefused ? "Accepted" : "DatabaseRolesSynced"
        #expect(try await lanyard.condition(type, ofBinding: "web").message.contains(Self.revocation))
    }

    @Test("a policy that may give it keeps it from going alone, read or not", arguments: [true, false])
    func undeletableReached(isRead: Bool) async throws {
        try await inheritUndeletable(.withdraw, wanting: [.sample()])
        if isRead {
            _ = try await lanyard.world.vault.write(
                Self.policy, ["policy": "path \"database/creds/web_old\" {\n  capabilities = [\"read\"]\n}\n"])
        } else {
            lanyard.journal.fail(
                "vault read \(Self.policy)", with: VaultError(.permissionDenied, "permission denied"))
        }
        try await lanyard.edit(binding: "web") { $0.roleName = "not/valid" }
        _ = try? await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.role) && !exists(Self.policy) && !exists(Self.main) && exists(Self.old))
    }

    @Test(
        "it is told, and goes when it can, although another part of the spec never comes to be",
        arguments: IdentityBoundarySpec.OnViolation.allCases)
    func undeletableUnfinished(_ rule: IdentityBoundarySpec.OnViolation) async throws {
        let late = DatabaseRole.sample { role in
            role.name = "late"
            role.connection = "missing"
        }
        try await inheritUndeletable(rule, wanting: [.sample(), late])
        for _ in 0..<2 {
            #expect(
                try await lanyard.condition("DatabaseRolesSynced", ofBinding: "web").message.contains(Self.revocation))
            _ = try? await lanyard.reconcile(binding: "web")
        }
        #expect(exists(Self.old))
        lanyard.journal.heal()
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(!exists(Self.old) && exists(Self.main))
        #expect(lanyard.ledger.holder(of: Self.old) == nil)
    }

    @Test(
        "one that cannot be written loses nothing to it, however long that lasts, and it goes when it can",
        arguments: IdentityBoundarySpec.OnViolation.allCases)
    func undeletableUnwritable(_ rule: IdentityBoundarySpec.OnViolation) async throws {
        try await prepareUndeletable(rule, wanting: [.sample()])
        func refuseWrites() {
            lanyard.journal.fail(
                "kube patch namespaces/shop/vaultrolebindings/web",
                with: KubernetesError(.badRequest, "request is too large"))
        }
        refuseWrites()
        for _ in 0..<3 {
            await #expect(throws: KubernetesError.self) { try await lanyard.reconcile(binding: "web") }
            #expect(!exists(Self.role) && !exists(Self.policy) && exists(Self.main) && exists(Self.old))
            // From then on a boundary that withdraws looks at what there is, although passes come to nothing.
            lanyard.clock.advance(by: .seconds(60))
        }
        lanyard.journal.heal()
        refuseWrites()
        await #expect(throws: KubernetesError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(!exists(Self.old) && exists(Self.main))
        lanyard.journal.heal()
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        #expect(exists(Self.role) && exists(Self.policy) && exists(Self.main) && !exists(Self.old))
    }

    @Test("a database role of an earlier spec that is allowed waits for that part")
    func allowedUnfinished() async throws {
        try await succeed(from: [.sample(), .sample { $0.name = "old" }]) { spec in
            spec.databaseRoles = [
                .sample { role in
                    role.name = "late"
                    role.connection = "missing"
                }
            ]
        }
        for _ in 0..<2 {
            await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
            #expect(exists(Self.old) && exists(Self.main))
        }
    }

    @Test("before what leads somewhere has gone, nothing is inherited")
    func undeletablePolicy() async throws {
        try await succeed(by: Self.moved)
        let former = try #require(lanyard.ledger.holder(of: Self.policy))
        lanyard.boundaries.set([Self.renamed])
        lanyard.journal.fail("vault delete \(Self.policy)", with: VaultError(.permissionDenied, "permission denied"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(!exists(Self.role) && exists(Self.policy) && !exists("sys/policies/acl/new"))
        #expect(lanyard.ledger.holder(of: Self.policy) == former)
        #expect(try await lanyard.condition("PolicySynced", ofBinding: "web").message.hasPrefix(Self.policy))
    }

    /// Why something of a predecessor goes.
    enum Ground: CaseIterable {
        case refusal, namespace, missingIdentity
    }

    /// A predecessor, and one of its name that has not all of that.
    private func succeed(on ground: Ground) async throws {
        if ground == .namespace { lanyard.boundaries.set(uids: ["shop": "first"]) }
        try await succeed { spec in
            switch ground {
            case .refusal: spec.roleName = "not/valid"
            case .namespace: break
            case .missingIdentity:
                spec.serviceAccountNames = nil
                spec.workloadIdentityRef = .init(name: "ghost")
            }
        }
        if ground == .namespace { lanyard.boundaries.set(uids: ["shop": "second"]) }
    }

    /// Lets its author be faster than the operator.
    private func edit(_ change: @escaping @Sendable (inout VaultRoleBindingSpec) -> Void) {
        let lanyard = lanyard
        lanyard.journal.before("kube get namespaces/shop/vaultrolebindings/web") {
            try await lanyard.edit(binding: "web", change)
        }
    }

    @Test("an edit at that moment that changes nothing of the reason holds nothing off", arguments: Ground.allCases)
    func edited(_ ground: Ground) async throws {
        try await succeed(on: ground)
        edit { $0.driftPolicy = .correct }
        _ = try? await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.binding("web").spec.driftPolicy == .correct)
        #expect(!exists(Self.role))
        #expect(exists(Self.policy) == (ground == .missingIdentity))
    }

    @Test("one that ends the reason does", arguments: [Ground.refusal, .missingIdentity])
    func mended(_ ground: Ground) async throws {
        try await succeed(on: ground)
        edit { spec in
            spec.roleName = "web"
            spec.serviceAccountNames = ["web"]
            spec.workloadIdentityRef = nil
        }
        _ = try? await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.binding("web").spec.serviceAccountNames == ["web"])
        #expect(lanyard.journal.writes(to: "vault") == [] && exists(Self.role) && exists(Self.policy))
    }
}
