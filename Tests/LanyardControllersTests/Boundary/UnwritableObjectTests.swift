import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient
import SPIREEmulator
import Testing
import VaultTesting

/// Objects that cannot be written, as when their author pads them up to what the server takes at most: what a boundary takes
/// away goes all the same.
@Suite("Withdrawal from objects that cannot be written")
struct UnwritableObjectTests {
    private static let tooLarge = KubernetesError(.serverError, "etcdserver: request is too large")
    private static let id = "lanyard.sim.shop.web"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private static func boundary(_ change: (inout IdentityBoundarySpec) -> Void) -> IdentityBoundary {
        var boundary = IdentityBoundary.permissive
        boundary.spec.onViolation = .withdraw
        change(&boundary.spec)
        return boundary
    }

    private func createAdmin() async throws {
        lanyard.boundaries.set([Self.boundary { $0.identity?.allowAdmin = true }])
        try await lanyard.create(identity: "web") { $0.admin = true }
        try await lanyard.reconcile(identity: "web")
        #expect(try await lanyard.world.registry.entry(id: Self.id)?.isAdmin == true)
    }

    /// A pass that fails and leaves no entry.
    private func expectWithdrawal() async throws {
        lanyard.boundaries.set([Self.boundary { $0.identity?.allowAdmin = false }])
        await #expect(throws: (any Error).self) { try await lanyard.reconcile(identity: "web") }
        #expect(try await lanyard.world.registry.entry(id: Self.id) == nil)
        #expect(lanyard.notes("Withdrawn").count == 1)
    }

    @Test("a binding whose finalizer cannot be put back")
    func binding() async throws {
        lanyard.boundaries.set([Self.boundary { _ in }])
        try await lanyard.create(binding: "web") { spec in
            spec.access = Access(rules: [AccessRule(path: "transit/keys/web", capabilities: ["read"])])
        }
        try await lanyard.reconcile(binding: "web")
        var binding = try await lanyard.binding("web")
        binding.metadata.finalizers = nil
        binding.spec.access = nil
        _ = try await lanyard.world.api.replace(binding)
        lanyard.journal.fail("kube patch", with: Self.tooLarge)
        lanyard.boundaries.set([Self.boundary { $0.vault?.paths?.removeAll { $0.path == "transit/*" } }])
        await #expect(throws: KubernetesError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.world.vault.peek("sys/policies/acl/web") == nil)
        #expect(lanyard.world.vault.peek("auth/kubernetes/role/web") == nil)
    }

    @Test("an identity whose finalizer cannot be put back")
    func identity() async throws {
        try await createAdmin()
        var identity = try await lanyard.identity("web")
        identity.metadata.finalizers = nil
        identity.spec.admin = nil
        _ = try await lanyard.world.api.replace(identity)
        lanyard.journal.fail("kube patch", with: Self.tooLarge)
        try await expectWithdrawal()
    }

    @Test("an identity whose refusal cannot be stored")
    func refusal() async throws {
        try await createAdmin()
        try await lanyard.edit(identity: "web") { spec in
            spec.admin = nil
            spec.hint = "\n"
        }
        lanyard.journal.fail("kube patch", with: Self.tooLarge)
        try await expectWithdrawal()
    }

    @Test("an identity of which it is not known where it runs")
    func placement() async throws {
        try await createAdmin()
        try await lanyard.edit(identity: "web") { spec in
            spec.admin = nil
            spec.placement = .node
        }
        lanyard.placement.isKnown = false
        try await expectWithdrawal()
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").status != .yes)
    }

    @Test("objects that are edited while one looks at what exists")
    func edits() async throws {
        try await createAdmin()
        try await lanyard.edit(identity: "web") { spec in
            spec.admin = nil
            spec.hint = "\n"
        }
        let stale = try await lanyard.world.view()
        try await lanyard.edit(identity: "web") { $0.hint = "\n\n" }
        lanyard.boundaries.set([Self.boundary { $0.identity?.allowAdmin = false }])
        _ = try? await lanyard.reconcile(identity: "web", seeing: stale)
        #expect(try await lanyard.world.registry.entry(id: Self.id) == nil)
    }
}
