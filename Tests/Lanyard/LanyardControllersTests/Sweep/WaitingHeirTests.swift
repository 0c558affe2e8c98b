import ControllerRuntime
import KubernetesClient
import KubernetesModel
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

    /// Lets the binding go without the operator, and another one of its name come.
    private func succeed(by fill: (inout VaultRoleBindingSpec) -> Void = { _ in }) async throws {
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        var binding = try await lanyard.binding("web")
        binding.metadata.finalizers = []
        _ = try await lanyard.world.api.replace(binding)
        try await lanyard.delete(binding: "web")
        try await create(fill)
    }

    private func denyReading() {
        lanyard.journal.fail("vault read \(Self.main)", with: VaultError(.permissionDenied, "permission denied"))
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

    @Test("it is waited for no longer once it is in the way itself", arguments: [true, false])
    func ownFault(isRefused: Bool) async throws {
        try await create { _ in }
        try await lanyard.reconcile(binding: "web")
        try await succeed()
        denyReading()
        try await sweep()
        try await lanyard.edit(binding: "web") { spec in
            if isRefused {
                spec.roleName = "not/valid"
            } else {
                spec.serviceAccountNames = nil
                spec.workloadIdentityRef = .init(name: "ghost")
            }
        }
        _ = try? await lanyard.reconcile(binding: "web")
        // Of what it names no identity for, only the logins go at once.
        #expect(!exists(Self.role) && exists(Self.policy) == !isRefused)
        try await sweeper.sweep(in: lanyard)
        #expect(!exists(Self.policy) && !exists(Self.main))
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
        case allowed, forbidden, unread
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
        }
        if kind == .forbidden { lanyard.boundaries.set([Self.renamed]) }
        if kind == .unread { denyReading() }
        try await sweep()
        #expect(
            try await lanyard.condition("IdentityResolved", ofBinding: "web").message.contains("what exists stays"))
        #expect(exists(Self.role) == (kind != .forbidden) && exists(Self.policy) == (kind != .forbidden))
        #expect(exists(Self.main))
    }
}
