import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient
import SPIREEmulator
import Testing
import VaultClient
import VaultTesting

@Suite("Boundaries in both reconcilers")
struct BoundaryEnforcementTests {
    private static let policy = "sys/policies/acl/web"
    private static let role = "auth/kubernetes/role/web"
    private static let database = "database/roles/web_main"
    private static let entryID = "lanyard.sim.shop.web"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    /// An identity and a binding with a database role, all in place.
    private func createConverged(
        _ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }
    ) async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.create(binding: "web") { spec in
            spec.databaseRoles = [.sample()]
            fill(&spec)
        }
        try await pass()
    }

    private func pass() async throws {
        lanyard.journal.clear()
        try await lanyard.reconcile(identity: "web")
        try await lanyard.reconcile(binding: "web")
    }

    private func tighten(_ change: (inout IdentityBoundarySpec) -> Void) {
        var boundary = IdentityBoundary.permissive
        change(&boundary.spec)
        lanyard.boundaries.set([boundary])
    }

    private func nothingAllowed(_ onViolation: IdentityBoundarySpec.OnViolation?) -> IdentityBoundary {
        var boundary = IdentityBoundary.permissive
        boundary.spec.identity = nil
        boundary.spec.vault = nil
        boundary.spec.onViolation = onViolation
        return boundary
    }

    private func exists(_ path: String) -> Bool { lanyard.world.vault.peek(path) != nil }

    private func entry() async throws -> RegistrationEntry? {
        try await lanyard.world.registry.entry(id: Self.entryID)
    }

    @Test("a tightened boundary that retains changes nothing but conditions")
    func retain() async throws {
        try await createConverged()
        lanyard.boundaries.set([nothingAllowed(nil)])
        try await pass()
        #expect(lanyard.journal.writes(to: "vault") == [] && lanyard.journal.writes(to: "spire") == [])
        for condition in [
            try await lanyard.condition("Accepted", ofIdentity: "web"),
            try await lanyard.condition("Accepted", ofBinding: "web"),
        ] {
            #expect(condition.status == .no && condition.reason == "OutsideBoundary")
        }
        #expect(try await entry() != nil)
        #expect(exists(Self.policy) && exists(Self.role) && exists(Self.database))
        // Told once, not at each pass.
        #expect(lanyard.notes("OutsideBoundary").count == 2)
        try await pass()
        #expect(lanyard.journal.writes == [])
        #expect(lanyard.notes("OutsideBoundary").count == 2)
    }

    @Test("a boundary that withdraws takes away what exists in the safe order, and says so")
    func withdraw() async throws {
        try await createConverged()
        lanyard.boundaries.set([nothingAllowed(.withdraw)])
        try await pass()
        #expect(
            lanyard.journal.writes(to: "vault") == [
                "vault delete \(Self.role)", "vault delete \(Self.policy)", "vault delete \(Self.database)",
            ])
        #expect(lanyard.journal.writes(to: "spire") == ["spire delete \(Self.entryID)"])
        #expect(try await entry() == nil)
        #expect(try await lanyard.records().isEmpty)
        #expect(lanyard.notes("Withdrawn").count == 2)
        for type in ["PolicySynced", "DatabaseRolesSynced", "AuthRolesSynced"] {
            let condition = try await lanyard.condition(type, ofBinding: "web")
            #expect(condition.status == .no && condition.reason == "OutsideBoundary")
        }
        #expect(try await lanyard.identity("web").status?.entryCount == 0)
        // Then it is at rest.
        try await pass()
        #expect(lanyard.journal.writes == [])
    }

    @Test(
        "a loosened boundary restores what was withdrawn, and calls it no drift",
        arguments: [DriftPolicy.correct, .report])
    func restore(driftPolicy: DriftPolicy) async throws {
        try await createConverged { $0.driftPolicy = driftPolicy }
        lanyard.boundaries.set([nothingAllowed(.withdraw)])
        try await pass()
        lanyard.boundaries.set([.permissive])
        try await pass()
        #expect(exists(Self.policy) && exists(Self.role) && exists(Self.database))
        #expect(try await entry() != nil)
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        #expect(lanyard.notes("DriftCorrected") == [])
    }

    @Test("a boundary that is invalid or cannot be read allows nothing new and withdraws nothing")
    func broken() async throws {
        try await createConverged()
        var invalid = nothingAllowed(.withdraw)
        invalid.spec.vault = .init()
        invalid.spec.vault?.paths = [.init(path: "*", capabilities: ["read"])]
        for (boundaries, undecodable) in [([invalid], []), ([IdentityBoundary.permissive], ["permissive"])] {
            lanyard.boundaries.set(boundaries, undecodable: undecodable)
            try await lanyard.edit(binding: "web") { $0.token = .withTTL("1h") }
            try await pass()
            #expect(lanyard.journal.writes(to: "vault") == [] && lanyard.journal.writes(to: "spire") == [])
            let accepted = try await lanyard.condition("Accepted", ofBinding: "web")
            #expect(accepted.status == .no && accepted.message.contains("IdentityBoundary permissive"))
            try await lanyard.edit(binding: "web") { $0.token = nil }
        }
        #expect(exists(Self.policy) && exists(Self.role) && exists(Self.database))
    }

    @Test("a cached spec that is out of date withdraws nothing")
    func staleWithdrawal() async throws {
        try await createConverged { $0.token = .withTTL("2h") }
        let old = try await lanyard.world.view()
        try await lanyard.edit(binding: "web") { $0.token = .withTTL("1h") }
        tighten {
            $0.onViolation = .withdraw
            $0.vault?.maxTokenTTL = "1h"
        }
        lanyard.journal.clear()
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(binding: "web", seeing: old) }
        // The cap does not depend on the spec.
        #expect(lanyard.journal.writes(to: "vault") == ["vault write auth/kubernetes/role/web"])
        #expect(exists(Self.policy) && exists(Self.role) && exists(Self.database))
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test("nor does one of an identity")
    func staleIdentityWithdrawal() async throws {
        try await lanyard.create(identity: "web") { $0.spiffeID = "/custom/{namespace}/web" }
        try await lanyard.reconcile(identity: "web")
        let old = try await lanyard.world.view()
        try await lanyard.edit(identity: "web") { $0.spiffeID = nil }
        tighten {
            $0.onViolation = .withdraw
            $0.identity?.spiffeIDs = ["/ns/{namespace}/*"]
        }
        lanyard.journal.clear()
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(identity: "web", seeing: old) }
        #expect(lanyard.journal.writes(to: "spire") == [])
        try await lanyard.reconcile(identity: "web")
        #expect(try await entry()?.spiffeID.description == "spiffe://sim.example/ns/shop/sa/web")
    }

    @Test("a withdrawal that Vault keeps from happening is tried again")
    func failedWithdrawal() async throws {
        try await createConverged()
        lanyard.boundaries.set([nothingAllowed(.withdraw)])
        lanyard.journal.fail("vault delete \(Self.role)", with: VaultError(.permissionDenied, "permission denied"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(exists(Self.policy) && exists(Self.role))
        lanyard.journal.heal()
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.policy) && !exists(Self.role))
    }

    @Test("an identity that is outside gives its bindings nothing to log in with")
    func identityOutside() async throws {
        try await lanyard.create(identity: "web") { $0.spiffeID = "/ns/victim/sa/web" }
        try await lanyard.create(binding: "web") { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
        }
        try await pass()
        #expect(lanyard.journal.writes(to: "vault") == [] && lanyard.journal.writes(to: "spire") == [])
        #expect(try await lanyard.condition("IdentityResolved", ofBinding: "web").reason == "IdentityNotReady")
    }

    @Test("an older binding that must not have a name is nobody's obstacle")
    func squatting() async throws {
        try await lanyard.create(binding: "squatter") { $0.token = .withTTL("48h") }
        try await lanyard.create(binding: "web")
        tighten { $0.vault?.maxTokenTTL = "24h" }
        try await lanyard.reconcile(binding: "squatter")
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Accepted", ofBinding: "squatter").reason == "OutsideBoundary")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test("an older binding of an identity that there is not is nobody's obstacle, though the name could be its own")
    func ghost() async throws {
        tighten { $0.vault?.names = ["{serviceAccount}.{namespace}", "web"] }
        try await lanyard.create(binding: "squatter") { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "ghost")
            spec.roleName = "web"
        }
        try await lanyard.create(binding: "web")
        try await lanyard.reconcile(binding: "squatter")
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("IdentityResolved", ofBinding: "squatter").reason == "IdentityNotFound")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    // MARK: - Annotations and Orphan

    private func annotate(_ name: String) async throws {
        var object = try await lanyard.binding("web")
        object.metadata.annotations = [name: "true"]
        _ = try await lanyard.world.api.replace(object)
    }

    @Test("paused where a boundary allows it: nothing is touched, not even at deletion, but a withdrawal goes on")
    func paused() async throws {
        try await createConverged()
        tighten { $0.allowPause = true }
        try await annotate("lanyard.dev/paused")
        lanyard.world.vault.foreignDelete(Self.policy)
        try await pass()
        #expect(lanyard.journal.writes(to: "vault") == [])
        let ready = try await lanyard.condition("Ready", ofBinding: "web")
        #expect(ready.status == .unknown && ready.reason == "Paused")
        #expect(lanyard.notes("Paused").count == 1)
        tighten {
            $0.allowPause = true
            $0.onViolation = .withdraw
            $0.vault?.names = []
        }
        try await pass()
        #expect(!exists(Self.role))
        lanyard.boundaries.set([.permissive])
        try await pass()
        #expect(exists(Self.role) && exists(Self.policy))
        #expect(lanyard.notes("AnnotationIgnored").count == 1)
    }

    @Test("paused is what keeps a deletion waiting, until the annotation goes")
    func pausedDeletion() async throws {
        try await createConverged()
        tighten { $0.allowPause = true }
        try await annotate("lanyard.dev/paused")
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(exists(Self.role))
        let ready = try await lanyard.condition("Ready", ofBinding: "web")
        #expect(ready.reason == "Paused" && ready.message.contains("the deletion waits"))
        #expect(lanyard.notes("Paused").last == ready.message)
        try await annotate("other")
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.role))
    }

    @Test("nor does a paused deletion keep what a boundary withdraws, which then waits with nothing left")
    func pausedDeletionWithdrawn() async throws {
        try await createConverged()
        tighten { $0.allowPause = true }
        try await annotate("lanyard.dev/paused")
        var paused = try await lanyard.identity("web")
        paused.metadata.annotations = ["lanyard.dev/paused": "true"]
        _ = try await lanyard.world.api.replace(paused)
        try await lanyard.delete(binding: "web")
        try await lanyard.delete(identity: "web")
        // Refused, and to be left as it is: paused.
        var closed = nothingAllowed(nil)
        closed.spec.allowPause = true
        lanyard.boundaries.set([closed])
        try await pass()
        #expect(try await entry() != nil && exists(Self.policy) && exists(Self.role) && exists(Self.database))
        #expect(try await lanyard.condition("Ready", ofBinding: "web").reason == "Paused")
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").reason == "Paused")
        closed.spec.onViolation = .withdraw
        lanyard.boundaries.set([closed])
        // Only a cache says so: then it is paused all the same.
        lanyard.boundaries.truth.set([.permissive])
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(binding: "web") }
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(identity: "web") }
        #expect(try await entry() != nil && exists(Self.policy) && exists(Self.role))
        lanyard.boundaries.truth.set(nil)
        try await pass()
        #expect(!exists(Self.policy) && !exists(Self.role) && !exists(Self.database))
        #expect(try await entry() == nil)
        #expect(lanyard.notes("Withdrawn").count == 2)
        #expect(try await lanyard.binding("web").metadata.isBeingDeleted)
    }

    @Test("paused without a boundary that allows it has no effect, and is said so")
    func ineffective() async throws {
        try await createConverged()
        try await annotate("lanyard.dev/paused")
        lanyard.world.vault.foreignDelete(Self.policy)
        try await pass()
        #expect(exists(Self.policy))
        #expect(try await lanyard.condition("Accepted", ofBinding: "web").message.contains("lanyard.dev/paused"))
        #expect(lanyard.notes("AnnotationIgnored").count == 1)
        try await pass()
        #expect(lanyard.notes("AnnotationIgnored").count == 1)
    }

    @Test("an annotation with a value that has no effect is told")
    func wrongValue() async throws {
        try await createConverged()
        tighten { $0.allowPause = true }
        var object = try await lanyard.binding("web")
        object.metadata.annotations = ["lanyard.dev/paused": "yes"]
        _ = try await lanyard.world.api.replace(object)
        try await pass()
        let accepted = try await lanyard.condition("Accepted", ofBinding: "web")
        #expect(
            accepted.status == .yes && accepted.message.contains("lanyard.dev/paused has an effect only as \"true\""))
        #expect(lanyard.notes("AnnotationIgnored").count == 1)
    }

    @Test("a withdrawal that stops half-way says what is gone already")
    func halfWithdrawn() async throws {
        try await createConverged()
        lanyard.boundaries.set([nothingAllowed(.withdraw)])
        lanyard.journal.fail("vault delete \(Self.policy)", with: VaultError(.permissionDenied, "permission denied"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(!exists(Self.role) && exists(Self.policy))
        #expect(try await lanyard.condition("AuthRolesSynced", ofBinding: "web").reason == "Deleted")
        #expect(try await lanyard.condition("PolicySynced", ofBinding: "web").status == .yes)
    }

    @Test("Orphan leaves nothing behind where it is not allowed, and waits where that is not known")
    func orphan() async throws {
        try await createConverged { $0.deletionPolicy = .orphan }
        var invalid = IdentityBoundary.permissive
        invalid.spec.allowOrphan = false
        invalid.spec.vault?.names = ["?"]
        lanyard.boundaries.set([invalid])
        try await lanyard.delete(binding: "web")
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(exists(Self.policy) && exists(Self.role))
        tighten { $0.allowOrphan = false }
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.policy) && !exists(Self.role) && !exists(Self.database))
        #expect(try await lanyard.records().isEmpty)
    }
}

extension TokenSettings {
    fileprivate static func withTTL(_ ttl: String) -> TokenSettings {
        var settings = TokenSettings()
        settings.ttl = ttl
        return settings
    }
}
