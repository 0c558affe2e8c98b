import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultClient
import VaultTesting

/// That something is as declared is no consent: whoever made it for somebody else would lose it with the binding.
@Suite("BindingReconciler: what may be taken")
struct BindingConsentTests {
    private static let policy = "sys/policies/acl/web"
    private static let role = "auth/kubernetes/role/web"
    private static let derived = "lanyard.sim.shop.web"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func object(_ path: String) -> JSONValue? { lanyard.world.vault.peek(path) }

    private func claims() async throws -> [String] { try await lanyard.records().flatMap(\.spec.claims).map(\.path) }

    private func createConverged(_ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }) async throws {
        try await lanyard.create(binding: "web", fill)
        try await lanyard.reconcile(binding: "web")
        lanyard.journal.clear()
    }

    private func annotate() async throws {
        var object = try await lanyard.binding("web")
        object.metadata.annotations = ["lanyard.dev/adopt": "true"]
        _ = try await lanyard.world.api.replace(object)
    }

    /// The operator's namespace is deleted, and all records with it.
    private func loseLedger() async throws -> TestOperator {
        for record in try await lanyard.records() {
            try await lanyard.world.api.delete(OwnershipRecord.self, record.key, uid: nil)
        }
        return try await TestOperator(in: lanyard.world)
    }

    private static let shared: JSONValue = ["policy": "path \"secret/data/web\" {\n  capabilities = [\"read\"]\n}\n"]

    private static func reading(_ spec: inout VaultRoleBindingSpec) {
        spec.access = Access(kv: [KVAccess(path: "web", permissions: ["Read"])])
    }

    // MARK: - Without consent

    @Test("a policy of an administrator that is just as declared is neither claimed, nor changed, nor deleted")
    func equalPolicy() async throws {
        lanyard.world.vault.foreignWrite(Self.policy, Self.shared)
        let before = object(Self.policy)
        try await lanyard.create(binding: "web", Self.reading)
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        let synced = try await lanyard.condition("PolicySynced", ofBinding: "web")
        #expect(synced.reason == "Conflict" && synced.message.contains("it is as declared"))
        #expect(synced.message.contains("lanyard.dev/adopt"))
        #expect(try await claims() == [])
        try await lanyard.edit(binding: "web") { $0.access = nil }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(object(Self.policy) == before)
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.policy) == before && object(Self.role) == nil)
        #expect(lanyard.journal.writes(to: "vault") == [])
    }

    @Test("nor is an auth role, or a database role, whatever else of the binding is in place")
    func equalRoles() async throws {
        try await createConverged { $0.databaseRoles = [.sample()] }
        let made = [Self.role: object(Self.role), "database/roles/web_main": object("database/roles/web_main")]
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        for (path, body) in made { lanyard.world.vault.foreignWrite(path, try #require(body)) }
        lanyard.journal.clear()
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        for type in ["DatabaseRolesSynced", "AuthRolesSynced"] {
            #expect(try await lanyard.condition(type, ofBinding: "web").status == .no, "\(type)")
        }
        #expect(lanyard.journal.writes(to: "vault") == [])
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        for path in made.keys { #expect(object(path) != nil, "\(path)") }
    }

    @Test("who may not take it over is told which fields differ, not what somebody else wrote into them")
    func secretive() async throws {
        var boundary = IdentityBoundary.permissive
        boundary.spec.allowAdoption = false
        lanyard.boundaries.set([boundary])
        lanyard.world.vault.foreignWrite(
            Self.role,
            ["bound_service_account_names": ["theirs"], "bound_service_account_namespaces": ["their-namespace"]])
        try await lanyard.create(binding: "web")
        try await annotate()
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        let message = try await lanyard.condition("AuthRolesSynced", ofBinding: "web").message
        #expect(message.contains("bound_service_account_names, bound_service_account_namespaces"))
        #expect(!message.contains("their"))
        #expect(message.contains("No boundary allows"))
    }

    // MARK: - With consent

    @Test("an adoption that takes something from others says from whom, in a warning")
    func loss() async throws {
        lanyard.world.vault.foreignWrite(
            Self.role,
            [
                "bound_service_account_names": ["web", "worker"],
                "bound_service_account_namespaces": ["shop", "other"],
                "token_policies": ["web", "billing"],
            ])
        lanyard.world.vault.foreignWrite(
            Self.policy, ["policy": "path \"secret/data/shared/*\" {\n  capabilities = [\"read\"]\n}\n"])
        try await lanyard.create(binding: "web", Self.reading)
        try await annotate()
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        let notes = lanyard.notes("Adopted")
        #expect(
            notes.contains {
                $0.hasPrefix(
                    "took over auth role web, from ServiceAccounts [worker], namespaces [other], policies [billing]: ")
            })
        #expect(
            notes.contains {
                $0.hasPrefix("took over policy web, from whoever has the policy, at [secret/data/shared/*]: ")
            })
        #expect(lanyard.events.all.filter { $0.reason == "Adopted" }.allSatisfy { $0.kind == .warning })
        #expect(object(Self.role)?["bound_service_account_names"] == ["web"])
    }

    @Test("an adoption that only adds takes from nobody")
    func gain() async throws {
        lanyard.world.vault.foreignWrite(
            Self.policy, ["policy": "path \"secret/data/web\" { capabilities = [\"read\"] }"])
        try await lanyard.create(binding: "web") { spec in
            spec.access = Access(kv: [KVAccess(path: "web", permissions: ["Read", "Write"])])
        }
        try await annotate()
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.events.all.filter { $0.reason == "Adopted" }.map(\.kind) == [.normal])
    }

    // MARK: - Without the ledger

    @Test("derived names are known again without the ledger, changed specs and all")
    func derivedNames() async throws {
        try await createConverged { spec in
            spec.roleName = nil
            spec.databaseRoles = [.sample()]
        }
        let successor = try await loseLedger()
        try await successor.reconcile(binding: "web")
        #expect(successor.journal.writes(to: "vault") == [])
        #expect(successor.notes("Claimed").count == 3)
        #expect(
            try await claims() == [
                "auth/kubernetes/role/\(Self.derived)", "database/roles/\(Self.derived)_main",
                "sys/policies/acl/\(Self.derived)",
            ])
        let third = try await loseLedger()
        try await lanyard.edit(binding: "web") { spec in
            spec.token = .init()
            spec.token?.ttl = "1h"
        }
        try await third.reconcile(binding: "web")
        #expect(object("auth/kubernetes/role/\(Self.derived)")?["token_ttl"] == 3600)
        #expect(try await third.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test("of names that anybody may have, the policy is known by its first line, and what is not is said")
    func customNames() async throws {
        try await createConverged(Self.reading)
        let successor = try await loseLedger()
        await #expect(throws: ConvergenceError.self) { try await successor.reconcile(binding: "web") }
        #expect(successor.journal.writes(to: "vault") == [])
        #expect(try await claims() == [Self.policy])
        let message = try await successor.condition("AuthRolesSynced", ofBinding: "web").message
        #expect(message.contains("it is as declared") && message.contains("lanyard.dev/adopt"))
        try await annotate()
        try await successor.reconcile(binding: "web")
        #expect(try await claims() == [Self.role, Self.policy])
        #expect(try await successor.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test("a policy that another binding's first line is in is not this one's")
    func anotherMark() async throws {
        try await lanyard.create(binding: "api", Self.reading)
        try await lanyard.reconcile(binding: "api")
        try await lanyard.create(binding: "web", Self.reading)
        var api = try await lanyard.binding("api")
        api.metadata.finalizers = []
        _ = try await lanyard.world.api.replace(api)
        try await lanyard.delete(binding: "api")
        let successor = try await loseLedger()
        await #expect(throws: ConvergenceError.self) { try await successor.reconcile(binding: "web") }
        #expect(try await claims() == [])
    }

    @Test("a deletion without the ledger takes what says that it is the binding's, and says what is left")
    func deletion() async throws {
        try await createConverged()
        let successor = try await loseLedger()
        try await lanyard.delete(binding: "web")
        try await successor.reconcile(binding: "web")
        #expect(object(Self.policy) == nil && object(Self.role) != nil)
        #expect(
            successor.notes("Unrecorded") == [
                "left behind, as no ownership record says whose it is: \(Self.role)"
            ])
        #expect(try await lanyard.world.api.get(VaultRoleBinding.self, lanyard.key("web")) == nil)
        #expect(try await lanyard.records().isEmpty)
    }

    @Test("a deletion without the ledger takes derived names in the order of every deletion")
    func derivedDeletion() async throws {
        try await createConverged { spec in
            spec.roleName = nil
            spec.databaseRoles = [.sample()]
        }
        let successor = try await loseLedger()
        try await lanyard.delete(binding: "web")
        try await successor.reconcile(binding: "web")
        #expect(
            successor.journal.writes(to: "vault") == [
                "vault delete auth/kubernetes/role/\(Self.derived)", "vault delete sys/policies/acl/\(Self.derived)",
                "vault delete database/roles/\(Self.derived)_main",
            ])
        #expect(successor.notes("Unrecorded") == [])
    }

    @Test(
        "a deletion without the ledger leaves alone what another binding of the namespace names",
        arguments: [true, false])
    func disputed(isYounger: Bool) async throws {
        func fill(_ spec: inout VaultRoleBindingSpec) {
            spec.roleName = Self.derived
            spec.databaseRoles = [.sample()]
        }
        try await createConverged(fill)
        // It never had anything.
        try await lanyard.create(binding: "late", fill)
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "late") }
        let (gone, other) = isYounger ? ("late", "web") : ("web", "late")
        let successor = try await loseLedger()
        try await lanyard.delete(binding: gone)
        try await successor.reconcile(binding: gone)
        #expect(try await lanyard.world.api.get(VaultRoleBinding.self, lanyard.key(gone)) == nil)
        // The policy says whose it is.
        #expect(
            successor.journal.writes(to: "vault")
                == (isYounger ? [] : ["vault delete sys/policies/acl/\(Self.derived)"]))
        successor.journal.clear()
        try await successor.reconcile(binding: other)
        #expect(
            successor.journal.writes(to: "vault")
                == (isYounger ? [] : ["vault write sys/policies/acl/\(Self.derived)"]))
        #expect(try await successor.condition("Ready", ofBinding: other).status == .yes)
    }

    @Test("what another binding names that may not have it is not disputed")
    func forbiddenDispute() async throws {
        var boundary = IdentityBoundary.permissive
        boundary.spec.vault?.names = ["lanyard.{cluster}.{namespace}.*"]
        lanyard.boundaries.set([boundary])
        try await createConverged { $0.roleName = Self.derived }
        try await lanyard.create(binding: "late") { spec in
            spec.roleName = Self.derived
            spec.policyName = "elsewhere"
        }
        let successor = try await loseLedger()
        successor.boundaries.set([boundary])
        try await lanyard.delete(binding: "web")
        try await successor.reconcile(binding: "web")
        #expect(object("auth/kubernetes/role/\(Self.derived)") == nil)
        #expect(object("sys/policies/acl/\(Self.derived)") == nil)
        #expect(try await successor.records().isEmpty)
    }

    @Test("a deletion without the ledger waits for Vault, and touches nothing that somebody else holds")
    func hinderedDeletion() async throws {
        try await createConverged { $0.roleName = nil }
        let successor = try await loseLedger()
        try await lanyard.delete(binding: "web")
        lanyard.world.vault.isSealed = true
        await #expect(throws: ConvergenceError.self) { try await successor.reconcile(binding: "web") }
        #expect(try await lanyard.binding("web").metadata.finalizers == ["lanyard.dev/cleanup"])
        lanyard.world.vault.isSealed = false
        let other = OwnershipRecord.Owner(kind: "VaultRoleBinding", namespace: "shop", name: "other", uid: "1")
        _ = try await successor.ledger.claim(["sys/policies/acl/\(Self.derived)"], for: other)
        try await successor.reconcile(binding: "web")
        #expect(object("sys/policies/acl/\(Self.derived)") != nil)
        #expect(object("auth/kubernetes/role/\(Self.derived)") == nil)
    }

    @Test("a deletion without the ledger is not held up by a name at which the operator may not look")
    func deniedDeletion() async throws {
        try await createConverged()
        let successor = try await loseLedger()
        try await lanyard.delete(binding: "web")
        successor.journal.fail("vault read \(Self.role)", with: VaultError(.permissionDenied, "permission denied"))
        try await successor.reconcile(binding: "web")
        #expect(object(Self.policy) == nil && object(Self.role) != nil)
        #expect(
            successor.notes("Unrecorded") == ["left behind, as no ownership record says whose it is: \(Self.role)"])
        #expect(try await lanyard.world.api.get(VaultRoleBinding.self, lanyard.key("web")) == nil)
    }

    @Test("a deletion without the ledger tells nothing of names that the boundary does not allow")
    func foreignNames() async throws {
        try await createConverged()
        let successor = try await loseLedger()
        try await lanyard.delete(binding: "web")
        successor.boundaries.set([])
        try await successor.reconcile(binding: "web")
        #expect(object(Self.policy) == nil && object(Self.role) != nil)
        #expect(successor.notes("Unrecorded") == [])
        #expect(try await lanyard.world.api.get(VaultRoleBinding.self, lanyard.key("web")) == nil)
    }
}
