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

/// A binding of the same namespace and name, but another UID, has what its predecessor had only as far as it may have it itself.
@Suite("BindingReconciler: namesakes")
struct BindingInheritanceTests {
    private static let policy = "sys/policies/acl/web"
    private static let role = "auth/kubernetes/role/web"
    private static let main = "database/roles/web_main"
    private static let kept = "database/roles/web_kept"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func exists(_ path: String) -> Bool { lanyard.world.vault.peek(path) != nil }

    /// A binding in place that goes without the operator, and another one of its name.
    private func succeed(by fill: (inout VaultRoleBindingSpec) -> Void) async throws {
        try await lanyard.create(binding: "web") { spec in
            spec.databaseRoles = [
                .sample(),
                .sample { role in
                    role.name = "kept"
                    role.deletionPolicy = .orphan
                },
            ]
        }
        try await lanyard.reconcile(binding: "web")
        var binding = try await lanyard.binding("web")
        binding.metadata.finalizers = []
        _ = try await lanyard.world.api.replace(binding)
        try await lanyard.delete(binding: "web")
        try await lanyard.create(binding: "web", fill)
        lanyard.journal.clear()
    }

    @Test(
        "what a predecessor had goes at once with the refusal of its namesake, whatever the boundary says of violations",
        arguments: [true, false])
    func refused(isInvalid: Bool) async throws {
        try await succeed { spec in
            if isInvalid { spec.roleName = "not/valid" } else { spec.kubernetesAuth = .init(mount: "elsewhere") }
        }
        try await lanyard.reconcile(binding: "web")
        #expect(
            lanyard.journal.writes(to: "vault") == [
                "vault delete \(Self.role)", "vault delete \(Self.policy)", "vault delete \(Self.main)",
            ])
        // As it was to stay, and may.
        #expect(exists(Self.kept))
        #expect(try await lanyard.records().isEmpty)
        #expect(lanyard.notes("Withdrawn").count == 1)
        #expect(try await lanyard.condition("Accepted", ofBinding: "web").status == .no)
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes == [])
    }

    @Test("what was to stay behind goes, too, where that is not allowed")
    func orphanForbidden() async throws {
        var boundary = IdentityBoundary.permissive
        try await succeed { $0.roleName = "not/valid" }
        boundary.spec.allowOrphan = false
        lanyard.boundaries.set([boundary])
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.kept) && !exists(Self.main))
    }

    @Test("a pause keeps it, as after a restore, until a boundary withdraws")
    func paused() async throws {
        try await succeed { $0.kubernetesAuth = .init(mount: "elsewhere") }
        var binding = try await lanyard.binding("web")
        binding.metadata.annotations = ["lanyard.dev/paused": "true"]
        _ = try await lanyard.world.api.replace(binding)
        var boundary = IdentityBoundary.permissive
        boundary.spec.allowPause = true
        lanyard.boundaries.set([boundary])
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes(to: "vault") == [])
        #expect(exists(Self.policy) && exists(Self.role) && exists(Self.main))
        boundary.spec.onViolation = .withdraw
        lanyard.boundaries.set([boundary])
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.policy) && !exists(Self.role) && !exists(Self.main))
    }

    @Test("a boundary that only the cache has, or that is in doubt, is no reason")
    func doubt() async throws {
        try await succeed { $0.kubernetesAuth = .init(mount: "elsewhere") }
        var wider = IdentityBoundary.permissive
        wider.spec.vault?.authMounts?.append("elsewhere")
        lanyard.boundaries.truth.set([wider])
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(binding: "web") }
        lanyard.boundaries.truth.fail(with: BoundaryDoubt("who knows"))
        await #expect(throws: BoundaryDoubt.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.journal.writes(to: "vault") == [])
        #expect(exists(Self.policy) && exists(Self.role))
    }

    @Test("an object that is refused keeps what it made itself")
    func own() async throws {
        try await lanyard.create(binding: "web")
        try await lanyard.reconcile(binding: "web")
        try await lanyard.edit(binding: "web") { $0.kubernetesAuth = .init(mount: "elsewhere") }
        try await lanyard.reconcile(binding: "web")
        #expect(exists(Self.policy) && exists(Self.role))
    }

    @Test("one that is accepted and in trouble keeps nothing that its boundary forbids; what that allows stays")
    func excess() async throws {
        try await succeed { spec in
            spec.roleName = "new"
            spec.databaseRoles = [.sample { $0.connection = "missing" }]
        }
        var boundary = IdentityBoundary.permissive
        boundary.spec.vault?.names = ["new*"]
        lanyard.boundaries.set([boundary])
        // Only a cache says so.
        lanyard.boundaries.truth.set([.permissive])
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.journal.writes(to: "vault") == [])
        lanyard.boundaries.truth.set(nil)
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(!exists(Self.role) && !exists(Self.policy) && exists(Self.main) && exists(Self.kept))
        #expect(lanyard.notes("Withdrawn").count == 1)
        #expect(try await lanyard.condition("Accepted", ofBinding: "web").status == .yes)
    }

    @Test("what a policy or an auth role is allowed for goes before it, and takes it along")
    func dependentExcess() async throws {
        try await succeed { spec in
            spec.roleName = "new"
            spec.databaseRoles = [.sample { $0.connection = "missing" }]
        }
        var boundary = IdentityBoundary.permissive
        boundary.spec.vault?.databases?.removeAll { $0.connection != "missing" }
        boundary.spec.vault?.paths?.removeAll { $0.path == "database/*" }
        lanyard.boundaries.set([boundary])
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(!exists(Self.main) && !exists(Self.policy) && !exists(Self.role))
        // As it was to stay, and may.
        #expect(exists(Self.kept))
    }

    @Test("one that is accepted has at once what it wants, and nothing else")
    func accepted() async throws {
        try await succeed { $0.serviceAccountNames = ["api"] }
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.world.vault.peek(Self.role)?["bound_service_account_names"] == ["api"])
        #expect(!exists(Self.main))
        let uid = try await lanyard.binding("web").metadata.uid
        #expect(try await lanyard.records().map(\.spec.owner.uid) == [uid])
    }

    @Test(
        "as long as it is not known who logs in, nobody does; in the same namespace a minute is left for the identity",
        arguments: ["first", "second", nil])
    func waiting(namespaceUID: String?) async throws {
        lanyard.boundaries.set(uids: ["shop": "first"])
        try await succeed { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "ghost")
        }
        lanyard.boundaries.set(uids: namespaceUID.map { ["shop": $0] } ?? [:])
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("IdentityResolved", ofBinding: "web").reason == "IdentityNotFound")
        #expect(exists(Self.role) == (namespaceUID == "first"))
        lanyard.world.clock.advance(by: .seconds(61))
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.role) && exists(Self.policy) && exists(Self.main))
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes(to: "vault") == [])
        try await lanyard.create(identity: "ghost")
        try await lanyard.reconcile(identity: "ghost")
        if namespaceUID == "second" {
            // The policy's name is not for another namespace yet.
            await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
            #expect(!exists(Self.policy) && !exists(Self.role))
            return
        }
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.world.vault.peek(Self.role)?["bound_service_account_names"] == ["ghost"])
    }

    @Test(
        "an identity that the cache does not show yet, or a Vault that is away, closes no login; both are tried again")
    func uncertain() async throws {
        try await succeed { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "late")
        }
        let before = try await lanyard.world.view()
        _ = try await lanyard.world.api.create(
            WorkloadIdentity(metadata: ObjectMeta(name: "late", namespace: TestOperator.namespace)))
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(binding: "web", seeing: before) }
        #expect(exists(Self.role))
        try await lanyard.world.api.delete(WorkloadIdentity.self, lanyard.key("late"), uid: nil)
        lanyard.world.vault.isSealed = true
        await #expect(throws: (any Error).self) { try await lanyard.reconcile(binding: "web") }
        lanyard.world.vault.isSealed = false
        #expect(exists(Self.role))
    }

    @Test("an identity that only the cache's boundary refuses closes no login, nor does one of which that is not known")
    func refusedIdentity() async throws {
        try await succeed { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "late")
        }
        try await lanyard.create(identity: "late")
        var closed = IdentityBoundary.permissive
        closed.spec.identity = nil
        lanyard.boundaries.set([closed])
        lanyard.boundaries.truth.set([.permissive])
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(binding: "web") }
        lanyard.boundaries.truth.fail(with: BoundaryDoubt("who knows"))
        await #expect(throws: BoundaryDoubt.self) { try await lanyard.reconcile(binding: "web") }
        #expect(exists(Self.role))
        lanyard.boundaries.truth.fail(with: nil)
        lanyard.boundaries.truth.set(nil)
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.role) && exists(Self.policy))
    }

    @Test("what another binding claims as well is left to that one")
    func sharedClaim() async throws {
        try await lanyard.create(binding: "web")
        try await lanyard.reconcile(binding: "web")
        let record = OwnershipRecord(
            metadata: ObjectMeta(name: "restored.api", namespace: SimulatedWorld.operatorNamespace),
            spec: .init(
                owner: .init(kind: "VaultRoleBinding", namespace: "restored", name: "api", uid: "9"),
                claims: [.init(path: Self.policy, claimedAt: "2030-01-01T00:00:00Z")]))
        _ = try await lanyard.world.api.create(record)
        try await lanyard.ledger.load()
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(exists(Self.policy) && !exists(Self.role))
        #expect(try await lanyard.records().map(\.spec.owner.name) == ["api"])
    }
}
