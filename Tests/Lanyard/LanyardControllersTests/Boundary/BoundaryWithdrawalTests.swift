import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient
import SPIREEmulator
import Testing
import VaultClient
import VaultTesting

/// What is taken away is taken away on the word of the API server, and completely.
@Suite("Withdrawal")
struct BoundaryWithdrawalTests {
    private static let policy = "sys/policies/acl/web"
    private static let role = "auth/kubernetes/role/web"
    private static let fixed = "database/static-roles/web_main"
    private static let user = "database/config/good/static-users/app"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func exists(_ path: String) -> Bool { lanyard.world.vault.peek(path) != nil }

    private func entry() async throws -> RegistrationEntry? {
        try await lanyard.world.registry.entry(id: "lanyard.sim.shop.web")
    }

    /// An identity and a binding with a static role, all in place.
    private func createConverged(_ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }) async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.create(binding: "web") { spec in
            spec.databaseRoles = [
                .sample { role in
                    role.statements = nil
                    role.static = .init(username: "app", rotationPeriod: "1h")
                }
            ]
            fill(&spec)
        }
        try await lanyard.reconcile(identity: "web")
        try await lanyard.reconcile(binding: "web")
        let ready = try await lanyard.condition("Ready", ofBinding: "web")
        #expect(ready.status == .yes, "\(ready.message)")
        lanyard.journal.clear()
    }

    private static var closed: IdentityBoundary {
        var boundary = IdentityBoundary.permissive
        boundary.spec.identity = nil
        boundary.spec.vault = nil
        boundary.spec.onViolation = .withdraw
        return boundary
    }

    private func expectUntouched() async throws {
        #expect(lanyard.journal.writes(to: "vault") == [] && lanyard.journal.writes(to: "spire") == [])
        #expect(try await entry() != nil)
        #expect(exists(Self.policy) && exists(Self.role) && exists(Self.fixed))
    }

    @Test("a cache of boundaries that is behind takes nothing away")
    func staleBoundary() async throws {
        try await createConverged()
        lanyard.boundaries.set([Self.closed])
        lanyard.boundaries.truth.set([.permissive])
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(binding: "web") }
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(identity: "web") }
        try await expectUntouched()
        // Nor does one that says Withdraw while the boundary says Retain by now.
        var retaining = Self.closed
        retaining.spec.onViolation = nil
        lanyard.boundaries.truth.set([retaining])
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(binding: "web") }
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(identity: "web") }
        try await expectUntouched()
        lanyard.boundaries.truth.set(nil)
        try await lanyard.reconcile(binding: "web")
        try await lanyard.reconcile(identity: "web")
        #expect(try await entry() == nil && !exists(Self.policy))
    }

    /// `createConverged`, with a role of a template, of whose connections a boundary allows one.
    private func createTemplated() async throws {
        var boundary = IdentityBoundary.permissive
        boundary.spec.vault?.databases?.removeAll { $0.connection != "good" }
        boundary.spec.onViolation = .withdraw
        lanyard.boundaries.set([boundary])
        try await lanyard.create(template: "readwrite")
        try await createConverged { spec in
            var role = DatabaseRole(name: "main")
            role.template = "readwrite"
            spec.databaseRoles?.append(role)
            spec.databaseRoles?[0].name = "fixed"
        }
    }

    @Test("a cache of templates that is behind takes nothing away")
    func staleTemplate() async throws {
        try await createTemplated()
        try await lanyard.edit(template: "readwrite") { $0.connections = ["second"] }
        let behind = try await lanyard.world.view()
        try await lanyard.edit(template: "readwrite") { $0.connections = ["good"] }
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(binding: "web", seeing: behind) }
        #expect(lanyard.journal.writes(to: "vault") == [] && exists(Self.policy) && exists(Self.role))
        try await lanyard.edit(template: "readwrite") { $0.connections = ["second"] }
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.policy) && !exists(Self.role))
    }

    @Test("a template that cannot be read is a doubt: nothing is taken away, and the refusal is said all the same")
    func unknownTemplate() async throws {
        try await createTemplated()
        try await lanyard.edit(template: "readwrite") { $0.connections = ["second"] }
        let (api, key) = (lanyard.world.api, ObjectKey(namespace: nil, name: "readwrite"))
        // After the cache has seen it.
        lanyard.journal.before("kube get databaseroletemplates") {
            // It is stored, and its answer is no template.
            _ = try? await api.mergePatch(DatabaseRoleTemplate.self, key, ["spec": ["connections": "second"]])
        }
        await #expect(throws: BoundaryDoubt.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.journal.writes(to: "vault") == [] && exists(Self.policy) && exists(Self.role))
        #expect(try await lanyard.condition("Accepted", ofBinding: "web").reason == "OutsideBoundary")
        _ = try await api.mergePatch(DatabaseRoleTemplate.self, key, ["spec": ["connections": ["second"]]])
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.policy) && !exists(Self.role))
    }

    @Test("nor does it hold off a lowered cap, or for more than a minute what goes whatever the spec says")
    func lastingDoubt() async throws {
        try await createTemplated()
        try await lanyard.edit(template: "readwrite") { $0.connections = ["second"] }
        var narrower = IdentityBoundary.permissive
        narrower.spec.vault?.databases?.removeAll { $0.connection != "good" }
        narrower.spec.vault?.maxTokenTTL = "1h"
        narrower.spec.onViolation = .withdraw
        let (api, key, journal) = (lanyard.world.api, ObjectKey(namespace: nil, name: "readwrite"), lanyard.journal)
        func pass() async throws {
            lanyard.boundaries.set([narrower])
            // As long as the pass lasts the template cannot be read.
            journal.before("kube get databaseroletemplates") {
                _ = try? await api.mergePatch(DatabaseRoleTemplate.self, key, ["spec": ["connections": "second"]])
            }
            await #expect(throws: BoundaryDoubt.self) { try await lanyard.reconcile(binding: "web") }
            _ = try await api.mergePatch(DatabaseRoleTemplate.self, key, ["spec": ["connections": ["second"]]])
        }
        try await pass()
        #expect(lanyard.world.vault.peek(Self.role)?["token_max_ttl"] == 3600 && exists(Self.policy))
        narrower.spec.vault?.authMounts = ["jwt"]
        lanyard.clock.advance(by: .seconds(30))
        try await pass()
        #expect(exists(Self.role) && exists(Self.policy))
        lanyard.clock.advance(by: .seconds(31))
        try await pass()
        #expect(!exists(Self.role) && !exists(Self.policy))
        #expect(try await lanyard.condition("PolicySynced", ofBinding: "web").reason == "Deleted")
    }

    @Test("a cache of identities that is behind takes nothing away")
    func staleIdentity() async throws {
        var boundary = IdentityBoundary.permissive
        boundary.spec.sharedNames = true
        boundary.spec.vault?.names = ["{serviceAccount}"]
        boundary.spec.onViolation = .withdraw
        lanyard.boundaries.set([boundary])
        try await createConverged { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
        }
        try await lanyard.edit(identity: "web") { $0.serviceAccountName = "other" }
        try await lanyard.reconcile(identity: "web")
        let behind = try await lanyard.world.view()
        try await lanyard.edit(identity: "web") { $0.serviceAccountName = nil }
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(binding: "web", seeing: behind) }
        #expect(lanyard.journal.writes(to: "vault") == [] && exists(Self.policy) && exists(Self.role))
        try await lanyard.edit(identity: "web") { $0.serviceAccountName = "other" }
        try await lanyard.reconcile(identity: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.policy) && !exists(Self.role))
    }

    @Test("an identity that was not looked at yet, or is gone, makes nothing outside that is within with it")
    func unknownSubject() async throws {
        var boundary = IdentityBoundary.permissive
        boundary.spec.vault?.secretsMounts?.append("teams/{namespace}/{serviceAccount}")
        boundary.spec.vault?.paths?.append(
            .init(path: "teams/{namespace}/{serviceAccount}/*", capabilities: ["read"]))
        boundary.spec.onViolation = .withdraw
        lanyard.boundaries.set([boundary])
        try await createConverged { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
            spec.access = Access(rules: [AccessRule(path: "teams/shop/web/data/*", capabilities: ["read"])])
        }
        try await lanyard.edit(identity: "web") { $0.hint = "edited" }
        try await lanyard.reconcile(binding: "web")
        try await expectUntouched()
        try await lanyard.delete(identity: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.notes("Withdrawn") == [] && lanyard.notes("OutsideBoundary") == [])
        #expect(exists(Self.policy) && exists(Self.fixed))
        // What nobody would be allowed is taken away without waiting for the identity.
        boundary.spec.vault?.paths?.removeLast()
        lanyard.boundaries.set([boundary])
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.policy) && !exists(Self.role) && !exists(Self.fixed))
    }

    @Test("a boundary that cannot be read, or is in doubt, takes nothing away, and the refusal is said all the same")
    func unknownBoundary() async throws {
        try await createConverged()
        lanyard.boundaries.set([Self.closed])
        lanyard.boundaries.truth.fail(with: KubernetesError(.forbidden, "no"))
        await #expect(throws: KubernetesError.self) { try await lanyard.reconcile(binding: "web") }
        await #expect(throws: KubernetesError.self) { try await lanyard.reconcile(identity: "web") }
        try await expectUntouched()
        lanyard.boundaries.truth.fail(with: BoundaryDoubt("the watch is closed"))
        await #expect(throws: BoundaryDoubt.self) { try await lanyard.reconcile(binding: "web") }
        await #expect(throws: BoundaryDoubt.self) { try await lanyard.reconcile(identity: "web") }
        try await expectUntouched()
        for condition in [
            try await lanyard.condition("Accepted", ofIdentity: "web"),
            try await lanyard.condition("Accepted", ofBinding: "web"),
        ] {
            #expect(condition.status == .no && condition.reason == "OutsideBoundary")
        }
        lanyard.boundaries.truth.fail(with: nil)
        var invalid = Self.closed
        invalid.spec.vault = .init()
        invalid.spec.vault?.names = ["?"]
        lanyard.boundaries.truth.set([Self.closed, invalid])
        await #expect(throws: BoundaryDoubt.self) { try await lanyard.reconcile(binding: "web") }
        await #expect(throws: BoundaryDoubt.self) { try await lanyard.reconcile(identity: "web") }
        try await expectUntouched()
    }

    @Test("with the objects go the claims of database users, so that others can have them, and it is told once")
    func users() async throws {
        try await createConverged()
        #expect(lanyard.ledger.holder(of: Self.user) != nil)
        lanyard.boundaries.set([Self.closed])
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.fixed) && lanyard.ledger.holder(of: Self.user) == nil)
        #expect(try await lanyard.records().isEmpty)
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes == [] && lanyard.notes("Withdrawn").count == 1)
        // Who had the user could have it again, and is older: it must not.
        var narrow = IdentityBoundary.permissive
        narrow.spec.vault?.names = ["api"]
        lanyard.boundaries.set([narrow])
        try await lanyard.create(binding: "api") { spec in
            spec.roleName = "api"
            spec.databaseRoles = [
                .sample { role in
                    role.statements = nil
                    role.static = .init(username: "app", rotationPeriod: "1h")
                }
            ]
        }
        try await lanyard.reconcile(binding: "api")
        #expect(try await lanyard.condition("Ready", ofBinding: "api").status == .yes)
    }

    @Test("whether something may stay behind is not the cache's to say", arguments: [true, false])
    func orphan(isAllowed: Bool) async throws {
        try await createConverged { $0.deletionPolicy = .orphan }
        var forbidding = IdentityBoundary.permissive
        forbidding.spec.allowOrphan = false
        lanyard.boundaries.set([isAllowed ? forbidding : .permissive])
        lanyard.boundaries.truth.set([isAllowed ? .permissive : forbidding])
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(exists(Self.policy) == isAllowed && exists(Self.role) == isAllowed && exists(Self.fixed) == isAllowed)
    }

    @Test(
        "nor whether a database role may stay that the spec does not have any more", arguments: [true, false])
    func orphanedRole(isAllowed: Bool) async throws {
        try await createConverged { $0.databaseRoles?[0].deletionPolicy = .orphan }
        var forbidding = IdentityBoundary.permissive
        forbidding.spec.allowOrphan = false
        lanyard.boundaries.set([isAllowed ? forbidding : .permissive])
        lanyard.boundaries.truth.set([isAllowed ? .permissive : forbidding])
        try await lanyard.edit(binding: "web") { $0.databaseRoles = nil }
        try await lanyard.reconcile(binding: "web")
        #expect(exists(Self.fixed) == isAllowed)
    }

    @Test("nor whether a registration entry may stay", arguments: [true, false])
    func orphanedEntry(isAllowed: Bool) async throws {
        try await lanyard.create(identity: "web") { $0.deletionPolicy = .orphan }
        try await lanyard.reconcile(identity: "web")
        var forbidding = IdentityBoundary.permissive
        forbidding.spec.allowOrphan = false
        lanyard.boundaries.set([isAllowed ? forbidding : .permissive])
        lanyard.boundaries.truth.set([isAllowed ? .permissive : forbidding])
        try await lanyard.delete(identity: "web")
        lanyard.boundaries.truth.fail(with: BoundaryDoubt("the watch is closed"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        #expect(try await entry() != nil)
        lanyard.boundaries.truth.fail(with: nil)
        try await lanyard.reconcile(identity: "web")
        #expect(try await (entry() != nil) == isAllowed)
    }

    @Test("while that cannot be said, what was to stay is neither deleted nor let go")
    func orphanInDoubt() async throws {
        try await createConverged { $0.deletionPolicy = .orphan }
        try await lanyard.delete(binding: "web")
        lanyard.boundaries.truth.fail(with: BoundaryDoubt("the watch is closed"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(exists(Self.policy) && exists(Self.role))
        #expect(try await lanyard.condition("PolicySynced", ofBinding: "web").message.contains("the watch is closed"))
    }
}
