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

/// What exists is held against a boundary where it is not what the spec asks for: who drops a right from a spec that is not put
/// into effect does not keep it when the boundary takes it away.
@Suite("Withdrawal of what outlives a spec")
struct StandingAccessTests {
    private static let policy = "sys/policies/acl/web"
    private static let role = "auth/kubernetes/role/web"
    private static let right = "transit/keys/web"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func exists(_ path: String) -> Bool { lanyard.world.vault.peek(path) != nil }

    /// What is allowed, but for what is changed.
    private static func boundary(
        _ onViolation: IdentityBoundarySpec.OnViolation? = .withdraw,
        _ change: (inout IdentityBoundarySpec) -> Void = { $0.vault?.paths?.removeAll { $0.path == "transit/*" } }
    ) -> IdentityBoundary {
        var boundary = IdentityBoundary.permissive
        boundary.spec.onViolation = onViolation
        change(&boundary.spec)
        return boundary
    }

    /// A binding with a right beside others, in place.
    private func createConverged(_ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }) async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        try await lanyard.create(binding: "web") { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
            spec.access = Access(rules: [AccessRule(path: Self.right, capabilities: ["read"])])
            fill(&spec)
        }
        try await lanyard.reconcile(binding: "web")
        let ready = try await lanyard.condition("Ready", ofBinding: "web")
        #expect(ready.status == .yes, "\(ready.message)")
    }

    /// Why a spec that asks for less is not put into effect.
    enum Hold: CaseIterable {
        case missingIdentity, conflict, invalid, unwritable
    }

    /// Drops the right from the spec in a way that leaves it in Vault.
    private func dropRight(under hold: Hold) async throws {
        switch hold {
        case .missingIdentity:
            try await lanyard.delete(identity: "web")
            try await lanyard.reconcile(identity: "web")
        case .conflict:
            try await lanyard.create(binding: "api") { $0.roleName = "api" }
            try await lanyard.reconcile(binding: "api")
            try await lanyard.edit(binding: "web") { $0.roleName = "api" }
        case .invalid:
            try await lanyard.edit(binding: "web") { $0.serviceAccountNames = ["web"] }
        case .unwritable:
            var binding = try await lanyard.binding("web")
            binding.metadata.finalizers = []
            _ = try await lanyard.world.api.replace(binding)
            lanyard.journal.fail(
                "kube patch namespaces/shop/vaultrolebindings/web",
                with: KubernetesError(.badRequest, "request is too large"))
        }
        try await lanyard.edit(binding: "web") { spec in
            spec.access = nil
            spec.token = nil
            spec.databaseRoles = nil
        }
        _ = try? await lanyard.reconcile(binding: "web")
        #expect(exists(Self.policy) && exists(Self.role))
        lanyard.journal.clear()
    }

    @Test("it goes, whatever holds the spec up; under Retain it stays", arguments: Hold.allCases, [true, false])
    func rights(_ hold: Hold, withdraws: Bool) async throws {
        try await createConverged()
        try await dropRight(under: hold)
        lanyard.boundaries.set([Self.boundary(withdraws ? .withdraw : nil)])
        lanyard.clock.advance(by: .seconds(61))
        _ = try? await lanyard.reconcile(binding: "web")
        #expect(exists(Self.policy) == !withdraws && exists(Self.role) == !withdraws)
        #expect(lanyard.notes("Withdrawn").count == (withdraws ? 1 : 0))
        #expect(lanyard.ledger.holder(of: Self.policy)?.name == (withdraws ? nil : "web"))
        if hold == .conflict { #expect(exists("sys/policies/acl/api") && exists("auth/kubernetes/role/api")) }
        if withdraws, hold == .missingIdentity || hold == .invalid {
            #expect(try await lanyard.condition("PolicySynced", ofBinding: "web").reason == "Deleted")
            #expect(try await lanyard.binding("web").status?.vault?.policy == nil)
        }
        lanyard.journal.clear()
        _ = try? await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes(to: "vault") == [])
    }

    @Test("what the boundary still allows stays, whatever else it takes away", arguments: Hold.allCases)
    func inside(_ hold: Hold) async throws {
        try await createConverged { $0.databaseRoles = [.sample()] }
        try await dropRight(under: hold)
        lanyard.boundaries.set([Self.boundary { $0.vault?.paths?.removeAll { $0.path == "pki/*" } }])
        lanyard.clock.advance(by: .seconds(61))
        _ = try? await lanyard.reconcile(binding: "web")
        #expect(exists(Self.policy) && exists(Self.role))
        #expect(lanyard.notes("Withdrawn") == [])
    }

    @Test("so go a connection, a policy beside the own one, a name and a mount that are taken away")
    func others() async throws {
        let changes: [(inout IdentityBoundarySpec) -> Void] = [
            { $0.vault?.databases?.removeAll { $0.connection == "good" } },
            { $0.vault?.extraPolicies = nil },
            { $0.vault?.names = ["api"] },
            { $0.vault?.authMounts = ["jwt"] },
        ]
        for change in changes {
            let test = try await StandingAccessTests()
            test.lanyard.boundaries.set([Self.boundary { $0.vault?.extraPolicies = ["team-*"] }])
            try await test.createConverged { spec in
                spec.access = nil
                spec.databaseRoles = [.sample()]
                spec.token = TokenSettings()
                spec.token?.extraPolicies = ["team-read"]
            }
            try await test.dropRight(under: .missingIdentity)
            try await test.lanyard.edit(binding: "web") { spec in
                spec.roleName = "api"
                spec.kubernetesAuth = .init(enabled: false)
                spec.jwtAuth = .init(audiences: ["vault"])
            }
            try await test.lanyard.reconcile(binding: "web")
            #expect(test.exists(Self.policy) && test.exists(Self.role))
            test.lanyard.boundaries.set([
                Self.boundary {
                    $0.vault?.extraPolicies = ["team-*"]
                    change(&$0)
                }
            ])
            try await test.lanyard.reconcile(binding: "web")
            #expect(!test.exists(Self.policy) && !test.exists(Self.role))
        }
    }

    @Test("nothing goes while the boundary is in doubt, only a cache has it, or what exists cannot be read")
    func doubt() async throws {
        try await createConverged()
        try await dropRight(under: .missingIdentity)
        let (boundaries, journal) = (lanyard.boundaries, lanyard.journal)
        boundaries.set([Self.boundary()])
        boundaries.truth.fail(with: BoundaryDoubt("the watch is closed"))
        await #expect(throws: BoundaryDoubt.self) { try await lanyard.reconcile(binding: "web") }
        let resolved = try await lanyard.condition("IdentityResolved", ofBinding: "web")
        #expect(resolved.message.hasPrefix("what the boundary takes away may still be there: "))
        boundaries.truth.fail(with: nil)
        boundaries.truth.set([.permissive])
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(binding: "web") }
        boundaries.truth.set([Self.boundary(nil)])
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(binding: "web") }
        boundaries.truth.set(nil)
        journal.fail("vault read \(Self.policy)", with: VaultError(.permissionDenied, "no"))
        await #expect(throws: (any Error).self) { try await lanyard.reconcile(binding: "web") }
        #expect(journal.writes(to: "vault") == [] && exists(Self.policy) && exists(Self.role))
        journal.heal()
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.policy) && !exists(Self.role))
    }

    @Test("an edit at that moment holds it off no longer: what exists is judged, whatever the spec says by then")
    func edited() async throws {
        try await createConverged()
        try await dropRight(under: .missingIdentity)
        lanyard.boundaries.set([Self.boundary()])
        let (api, key) = (lanyard.world.api, lanyard.key("web"))
        lanyard.journal.before("vault read \(Self.policy)") {
            var binding = try #require(try await api.get(VaultRoleBinding.self, key))
            binding.spec.roleName = "api"
            _ = try await api.replace(binding)
        }
        _ = try? await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.binding("web").spec.roleName == "api")
        #expect(!exists(Self.policy) && !exists(Self.role))
    }

    @Test(
        "an identity that is about to be looked at is waited for, a minute, whatever is edited",
        arguments: [true, false])
    func passing(isOver: Bool) async throws {
        try await createConverged { $0.databaseRoles = [.sample()] }
        try await lanyard.edit(binding: "web") { $0.access = nil }
        try await lanyard.edit(identity: "web") { $0.hint = "edited" }
        lanyard.boundaries.set([Self.boundary()])
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "web")
        lanyard.clock.advance(by: .seconds(30))
        try await lanyard.edit(binding: "web") { $0.driftPolicy = .correct }
        try await lanyard.edit(identity: "web") { $0.hint = "again" }
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes(to: "vault") == [])
        if isOver {
            try await lanyard.reconcile(identity: "web")
            try await lanyard.reconcile(binding: "web")
            #expect(lanyard.journal.writes(to: "vault") == ["vault write \(Self.policy)"])
            return
        }
        lanyard.clock.advance(by: .seconds(31))
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.policy) && !exists(Self.role))
    }

    /// Edits the identity, which is waited for then.
    private func leavePassing() async throws {
        try await lanyard.edit(identity: "web") { $0.hint = ($0.hint ?? "") + "x" }
    }

    @Test("nor is the minute of one that takes the place of another its own")
    func replaced() async throws {
        try await createConverged()
        try await lanyard.edit(binding: "web") { $0.access = nil }
        try await leavePassing()
        lanyard.boundaries.set([Self.boundary()])
        try await lanyard.reconcile(binding: "web")
        lanyard.clock.advance(by: .seconds(40))
        var binding = try await lanyard.binding("web")
        binding.metadata.finalizers = []
        _ = try await lanyard.world.api.replace(binding)
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        try await lanyard.create(binding: "web") { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
        }
        try await lanyard.reconcile(binding: "web")
        #expect(exists(Self.policy) && exists(Self.role))
        lanyard.clock.advance(by: .seconds(30))
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.policy) && !exists(Self.role))
    }

    /// What a pass comes to that knows who gets the access, and does not get to the end.
    enum Break: CaseIterable {
        case pause, outage
    }

    @Test("a pause ends the minute, and so does a pass that finds Vault away", arguments: Break.allCases)
    func interrupted(by kind: Break) async throws {
        lanyard.boundaries.set([Self.boundary { $0.allowPause = true }])
        try await createConverged { $0.access = nil }
        try await leavePassing()
        lanyard.boundaries.set([
            Self.boundary {
                $0.allowPause = true
                $0.vault?.names = ["web", "api"]
                $0.vault?.authMounts = ["jwt"]
            }
        ])
        // What the spec asks for is inside.
        try await lanyard.edit(binding: "web") { spec in
            spec.kubernetesAuth = .init(enabled: false)
            spec.jwtAuth = .init(audiences: ["vault"])
        }
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "web")
        var binding = try await lanyard.binding("web")
        switch kind {
        case .pause:
            binding.metadata.annotations = ["lanyard.dev/paused": "true"]
            _ = try await lanyard.world.api.replace(binding)
            try await lanyard.reconcile(binding: "web")
            #expect(try await lanyard.condition("Ready", ofBinding: "web").reason == "Paused")
            binding = try await lanyard.binding("web")
            binding.metadata.annotations = [:]
            _ = try await lanyard.world.api.replace(binding)
        case .outage:
            try await lanyard.reconcile(identity: "web")
            lanyard.world.vault.isSealed = true
            await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
            lanyard.world.vault.isSealed = false
            try await leavePassing()
        }
        lanyard.clock.advance(by: .seconds(61))
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes(to: "vault") == [] && exists(Self.policy) && exists(Self.role))
        lanyard.clock.advance(by: .seconds(61))
        try await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.policy) && !exists(Self.role))
    }

    // MARK: - Entries

    private func entry() async throws -> RegistrationEntry? {
        try await lanyard.world.registry.entry(id: "lanyard.sim.shop.web")
    }

    @Test(
        "an entry that stays for a conflict, or for an invalid spec, goes likewise", arguments: [true, false],
        [true, false])
    func entries(isInvalid: Bool, withdraws: Bool) async throws {
        lanyard.boundaries.set([Self.boundary(nil) { $0.identity?.allowAdmin = true }])
        for name in ["api", "web"] {
            try await lanyard.create(identity: name) { $0.admin = name == "web" ? true : nil }
            try await lanyard.reconcile(identity: name)
        }
        try await lanyard.edit(identity: "web") { spec in
            spec.admin = nil
            if isInvalid { spec.hint = "\n" } else { spec.serviceAccountName = "api" }
        }
        _ = try? await lanyard.reconcile(identity: "web")
        #expect(try await entry()?.isAdmin == true)
        // What is still allowed stays.
        lanyard.boundaries.set([Self.boundary { $0.identity?.allowAdmin = true }])
        _ = try? await lanyard.reconcile(identity: "web")
        #expect(try await entry()?.isAdmin == true)
        lanyard.boundaries.set([Self.boundary(withdraws ? .withdraw : nil)])
        lanyard.boundaries.truth.fail(with: BoundaryDoubt("the watch is closed"))
        _ = try? await lanyard.reconcile(identity: "web")
        #expect(try await entry()?.isAdmin == true)
        lanyard.boundaries.truth.fail(with: nil)
        _ = try? await lanyard.reconcile(identity: "web")
        #expect(try await entry() == nil || !withdraws)
        #expect(try await (entry()?.isAdmin == true) == !withdraws)
        #expect(try await lanyard.world.registry.entry(id: "lanyard.sim.shop.api") != nil)
        #expect(lanyard.notes("Withdrawn").count == (withdraws ? 1 : 0))
    }
}
