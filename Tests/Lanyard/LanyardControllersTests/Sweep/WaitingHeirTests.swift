import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import PrometheusExposition
import SPIREClient
import SPIREEmulator
import Testing
import VaultClient
import VaultTesting

/// Namesakes that are accepted and cannot inherit yet (rule own-42).
@Suite("OwnershipSweeper: namesakes that wait for others")
struct WaitingHeirTests {
    private static let policy = "sys/policies/acl/web"
    private static let role = "auth/kubernetes/role/web"
    private static let main = "database/roles/web_main"
    private static let revocation = "sys/leases/revoke-prefix/database/creds/web_main"

    private let lanyard: TestOperator
    private let sweeper: OwnershipSweeper

    init() async throws {
        let lanyard = try await TestOperator()
        self.lanyard = lanyard
        sweeper = OwnershipSweeperTests.sweeper(of: lanyard, countedBy: PrometheusRegistry())
    }

    private func exists(_ path: String) -> Bool { lanyard.world.vault.peek(path) != nil }

    /// The former name is not allowed any more.
    private static var renamed: IdentityBoundary {
        var boundary = IdentityBoundary.permissive
        boundary.spec.vault?.names = ["new*"]
        return boundary
    }

    private func create(_ fill: (inout VaultRoleBindingSpec) -> Void) async throws {
        try await lanyard.create(binding: "web") { spec in
            spec.databaseRoles = [.sample()]
            fill(&spec)
        }
    }

    /// Lets a binding go without the operator.
    private func strip(_ key: ObjectKey) async throws {
        var binding = try #require(try await lanyard.world.api.get(VaultRoleBinding.self, key))
        binding.metadata.finalizers = []
        _ = try await lanyard.world.api.replace(binding)
        try await lanyard.world.api.delete(VaultRoleBinding.self, key, uid: nil)
    }

    /// Lets the binding go without the operator, and another one of its name come.
    private func succeed(by fill: (inout VaultRoleBindingSpec) -> Void = { _ in }) async throws {
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        try await strip(lanyard.key("web"))
        try await create(fill)
    }

    private func denyReading(_ path: String = main) {
        lanyard.journal.fail("vault read \(path)", with: VaultError(.permissionDenied, "permission denied"))
    }

    /// More sweeps than any namesake is waited for, and a pass before each.
    private func sweep() async throws {
        for _ in 0..<5 {
            _ = try? await lanyard.reconcile(binding: "web")
            try await sweeper.sweep(in: lanyard)
        }
    }

    @Test("what one inherits that cannot be read costs it nothing, and it inherits when that can")
    func unread() async throws {
        try await create { _ in }
        try await lanyard.reconcile(binding: "web")
        try await succeed()
        denyReading()
        try await sweep()
        #expect(exists(Self.role) && exists(Self.policy) && exists(Self.main))
        lanyard.journal.heal()
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        let uid = try await lanyard.binding("web").metadata.uid
        #expect(lanyard.ledger.holder(of: Self.main)?.uid == uid)
    }

    /// What ends the waiting.
    enum End: CaseIterable {
        case refusal, missingIdentity, deletion
    }

    @Test("it is waited for no longer once it is in the way itself, or gone", arguments: End.allCases)
    func ownFault(_ end: End) async throws {
        try await create { _ in }
        try await lanyard.reconcile(binding: "web")
        try await succeed()
        denyReading()
        try await sweep()
        lanyard.clock.advance(by: .seconds(3600))
        switch end {
        case .refusal: try await lanyard.edit(binding: "web") { $0.roleName = "not/valid" }
        case .missingIdentity:
            try await lanyard.edit(binding: "web") { spec in
                spec.serviceAccountNames = nil
                spec.workloadIdentityRef = .init(name: "ghost")
            }
        case .deletion: try await strip(lanyard.key("web"))
        }
        _ = try? await lanyard.reconcile(binding: "web")
        // Of what it names no identity for, only the logins go at once.
        #expect(exists(Self.role) == (end == .deletion) && exists(Self.policy) == (end != .refusal))
        _ = try await sweeper.reconcile(OwnershipSweeper.key)
        #expect(exists(Self.policy) == (end != .refusal))
        try await sweeper.sweep(in: lanyard)
        #expect(!exists(Self.role) && !exists(Self.policy) && !exists(Self.main))
    }

    @Test("one that comes in its place has its turn as any other, however long that one has waited")
    func replaced() async throws {
        try await create { _ in }
        try await lanyard.reconcile(binding: "web")
        try await succeed()
        denyReading()
        try await sweep()
        try await strip(lanyard.key("web"))
        try await lanyard.reconcile(binding: "web")
        try await create { _ in }
        try await sweeper.sweep(in: lanyard)
        #expect(exists(Self.role) && exists(Self.policy) && exists(Self.main))
    }

    @Test("one that comes to wait while a sweep is under way is left alone by that")
    func meanwhile() async throws {
        try await create { _ in }
        try await lanyard.reconcile(binding: "web")
        try await succeed()
        try await sweeper.sweep(in: lanyard)
        denyReading()
        let lanyard = lanyard
        lanyard.journal.before("kube get namespaces/shop/vaultrolebindings/web") {
            _ = try? await lanyard.reconcile(binding: "web")
        }
        try await sweeper.sweep(in: lanyard)
        #expect(exists(Self.role) && exists(Self.policy) && exists(Self.main))
    }

    private static var pausable: IdentityBoundary {
        var boundary = IdentityBoundary.permissive
        boundary.spec.allowPause = true
        return boundary
    }

    /// Takes the pause of a binding off, or begins one.
    private func pause(_ name: String, _ isPaused: Bool) async throws {
        var binding = try await lanyard.binding(name)
        binding.metadata.annotations = isPaused ? ["lanyard.dev/paused": "true"] : [:]
        _ = try await lanyard.world.api.replace(binding)
    }

    /// What six namesakes wait for.
    enum Wait: CaseIterable {
        case unread, pause, pauseInDoubt
    }

    @Test("many that wait are no disaster, and hold up nothing that somebody else has left", arguments: Wait.allCases)
    func uncounted(_ wait: Wait) async throws {
        lanyard.boundaries.set([Self.pausable])
        let names = (0..<6).map { "web\($0)" }
        func create() async throws {
            for name in names {
                try await lanyard.create(binding: name) { spec in
                    spec.roleName = name
                    spec.databaseRoles = [.sample()]
                }
            }
        }
        func reconcile() async { for name in names { _ = try? await lanyard.reconcile(binding: name) } }
        try await create()
        await reconcile()
        let left = ObjectKey(namespace: "farm", name: "left")
        var spec = VaultRoleBindingSpec()
        spec.serviceAccountNames = ["left"]
        spec.roleName = "left"
        let metadata = ObjectMeta(name: left.name, namespace: left.namespace)
        _ = try await lanyard.world.api.create(VaultRoleBinding(metadata: metadata, spec: spec))
        try await lanyard.reconcile(left)
        #expect(exists("sys/policies/acl/left"))
        for name in names { try await strip(lanyard.key(name)) }
        try await strip(left)
        try await lanyard.reconcile(left)
        try await create()
        switch wait {
        case .unread: denyReading("database/roles/")
        case .pause, .pauseInDoubt: for name in names { try await pause(name, true) }
        }
        for _ in 0..<3 {
            await reconcile()
            if wait == .pauseInDoubt { lanyard.boundaries.truth.fail(with: BoundaryDoubt("the watch is closed")) }
            try await sweeper.sweep(in: lanyard)
            lanyard.boundaries.truth.fail(with: nil)
        }
        #expect(!exists("sys/policies/acl/left") && lanyard.notes("SweepStopped") == [])
        for name in names { #expect(exists("sys/policies/acl/\(name)"), "\(name)") }
    }

    @Test("one whose pause is over has its turn, however long that was; a pause that nobody allows is none")
    func pauseOver() async throws {
        lanyard.boundaries.set([Self.pausable])
        try await create { _ in }
        try await lanyard.reconcile(binding: "web")
        try await succeed()
        try await pause("web", true)
        try await sweep()
        try await pause("web", false)
        try await sweeper.sweep(in: lanyard)
        #expect(exists(Self.role) && exists(Self.policy) && exists(Self.main))
        try await pause("web", true)
        lanyard.boundaries.set([.permissive])
        try await sweeper.sweep(in: lanyard)
        #expect(!exists(Self.role) && !exists(Self.policy) && !exists(Self.main))
    }

    @Test(
        "one whose identity cannot be written waits with that, for what its boundary allows and nothing else",
        arguments: [true, false])
    func unwritableIdentity(isAllowed: Bool) async throws {
        func refer(_ spec: inout VaultRoleBindingSpec) {
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "ord")
        }
        try await lanyard.create(identity: "ord")
        try await lanyard.reconcile(identity: "ord")
        try await create(refer)
        try await lanyard.reconcile(binding: "web")
        var identity = try await lanyard.identity("ord")
        identity.metadata.finalizers = []
        _ = try await lanyard.world.api.replace(identity)
        try await lanyard.delete(identity: "ord")
        try await lanyard.create(identity: "ord")
        try await succeed { spec in
            refer(&spec)
            spec.roleName = "new"
        }
        lanyard.journal.fail(
            "kube patch namespaces/shop/workloadidentities/ord", with: KubernetesError(.badRequest, "denied"))
        _ = try? await lanyard.reconcile(identity: "ord")
        if !isAllowed { lanyard.boundaries.set([Self.renamed]) }
        try await lanyard.reconcile(binding: "web")
        #expect(exists(Self.role) && exists(Self.policy))
        for _ in 0..<5 {
            for _ in 0..<2 {
                lanyard.clock.advance(by: .seconds(60))
                try await lanyard.reconcile(binding: "web")
            }
            try await sweeper.sweep(in: lanyard)
        }
        #expect(exists(Self.role) == isAllowed && exists(Self.policy) == isAllowed && exists(Self.main))
    }

    /// An heir that waits, and whose identity has been edited since, so that its passes come to nothing.
    private func hinder() async throws {
        func refer(_ spec: inout VaultRoleBindingSpec) {
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "ord")
        }
        try await lanyard.create(identity: "ord")
        try await lanyard.reconcile(identity: "ord")
        try await create(refer)
        try await lanyard.reconcile(binding: "web")
        try await succeed(by: refer)
        denyReading()
        try await sweep()
        try await lanyard.edit(identity: "ord") { $0.hint = "edited" }
    }

    @Test("a pass that comes to nothing leaves what is known of it")
    func passing() async throws {
        try await hinder()
        lanyard.clock.advance(by: .seconds(3600))
        try await lanyard.reconcile(binding: "web")
        _ = try await sweeper.reconcile(OwnershipSweeper.key)
        // By now it has lapsed, and this is the first look.
        try await sweeper.sweep(in: lanyard)
        #expect(exists(Self.role) && exists(Self.policy) && exists(Self.main))
    }

    @Test("for ten minutes, however many of them there are (rule own-44)")
    func lapse() async throws {
        try await hinder()
        lanyard.clock.advance(by: .seconds(2_960))
        try await lanyard.reconcile(binding: "web")
        // Before the minute is over after which a pass looks all the same.
        lanyard.clock.advance(by: .seconds(50))
        try await lanyard.reconcile(binding: "web")
        lanyard.clock.advance(by: .seconds(590))
        _ = try await sweeper.reconcile(OwnershipSweeper.key)
        #expect(exists(Self.role) && exists(Self.policy) && exists(Self.main))
        try await sweeper.sweep(in: lanyard)
        #expect(!exists(Self.role) && !exists(Self.policy) && !exists(Self.main))
    }

    @Test("nor does a doubt about its boundary cost it anything; what that forbids goes when it is over")
    func doubt() async throws {
        try await create { _ in }
        try await lanyard.reconcile(binding: "web")
        try await succeed { $0.roleName = "new" }
        lanyard.boundaries.set([Self.renamed])
        lanyard.boundaries.truth.fail(with: BoundaryDoubt("the watch is closed"))
        try await sweep()
        lanyard.boundaries.truth.fail(with: nil)
        try await sweeper.sweep(in: lanyard)
        #expect(exists(Self.role) && exists(Self.policy) && exists(Self.main))
        denyReading()
        _ = try? await lanyard.reconcile(binding: "web")
        #expect(!exists(Self.role) && !exists(Self.policy) && exists(Self.main))
    }

    /// What there is with an identity that is not as declared.
    enum Case: CaseIterable {
        case allowed, forbidden, unread, undeletable, sealed
    }

    @Test(
        "one whose identity is not as declared keeps what its boundary allows, and nothing else",
        arguments: Case.allCases)
    func uncertainIdentity(_ kind: Case) async throws {
        for name in ["ledger", "ord"] {
            try await lanyard.create(identity: name)
            try await lanyard.reconcile(identity: name)
        }
        func refer(_ spec: inout VaultRoleBindingSpec) {
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "ord")
        }
        try await create(refer)
        try await lanyard.reconcile(binding: "web")
        // Somebody has changed its entry by hand, and it cannot be moved to what the spec says by now.
        var entry = try #require(try await lanyard.world.registry.entry(id: "lanyard.sim.shop.ord"))
        entry.spiffeID = try SPIFFEID("spiffe://sim.example/ns/victim/sa/admin")
        _ = try await lanyard.world.registry.update(entry, fields: [.spiffeID])
        try await lanyard.verify()
        try await lanyard.edit(identity: "ord") { $0.serviceAccountName = "ledger" }
        _ = try? await lanyard.reconcile(identity: "ord")
        try await succeed { spec in
            refer(&spec)
            spec.roleName = "new"
            guard kind == .undeletable else { return }
            spec.databaseRoles = nil
            spec.revokeLeasesOnDelete = true
        }
        switch kind {
        case .allowed: break
        case .forbidden: lanyard.boundaries.set([Self.renamed])
        case .unread: denyReading()
        case .undeletable:
            var boundary = IdentityBoundary.permissive
            boundary.spec.vault?.databases?.removeAll { $0.connection == "good" }
            lanyard.boundaries.set([boundary])
            lanyard.journal.fail(
                "vault write \(Self.revocation)", with: VaultError(.permissionDenied, "permission denied"))
        case .sealed: lanyard.world.vault.isSealed = true
        }
        try await sweep()
        lanyard.world.vault.isSealed = false
        try await sweeper.sweep(in: lanyard)
        let message = try await lanyard.condition("IdentityResolved", ofBinding: "web").message
        #expect(message.contains("what exists stays") && message.contains(Self.revocation) == (kind == .undeletable))
        #expect(exists(Self.role) == (kind != .forbidden) && exists(Self.policy) == (kind != .forbidden))
        #expect(exists(Self.main))
    }
}
