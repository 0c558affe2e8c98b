import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing

/// Of several bindings that want a name the oldest has it. How many are looked at for that is bounded.
@Suite("BindingReconciler: older bindings that want the same name")
struct BindingRivalTests {
    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    /// Some that are refused wherever tokens are limited; then `first`, and then `second`.
    private func create(refused count: Int, in namespace: String) async throws {
        var spec = VaultRoleBindingSpec()
        spec.serviceAccountNames = ["web"]
        spec.roleName = "web"
        spec.token = .init()
        spec.token?.ttl = "48h"
        for index in 0..<count {
            _ = try await lanyard.world.api.create(
                VaultRoleBinding(metadata: ObjectMeta(name: "rival-\(index)", namespace: namespace), spec: spec))
        }
        for name in ["first", "second"] { try await lanyard.create(binding: name) }
    }

    @Test("those that must not have it do not hide one that has a right to it, however many they are")
    func forbidden() async throws {
        var boundary = IdentityBoundary.permissive
        boundary.spec.namespaces = .init(names: [TestOperator.namespace])
        lanyard.boundaries.set([boundary])
        try await create(refused: 40, in: "evil")
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "second") }
        let message = try await lanyard.condition("PolicySynced", ofBinding: "second").message
        #expect(message.contains("also wanted by VaultRoleBinding shop/first"))
    }

    @Test(
        "32 are looked at closely; who comes behind so many that are refused is waited for by nobody",
        arguments: [31, 32])
    func bounded(count: Int) async throws {
        var boundary = IdentityBoundary.permissive
        boundary.spec.vault?.maxTokenTTL = "24h"
        lanyard.boundaries.set([boundary])
        try await create(refused: count, in: TestOperator.namespace)
        _ = try? await lanyard.reconcile(binding: "second")
        #expect(try await (lanyard.condition("Ready", ofBinding: "second").status == .yes) == (count == 32))
    }

    @Test("each is decided on once, for all names that it wants and all passes of those behind it")
    func decisions() async throws {
        var boundary = IdentityBoundary.permissive
        boundary.spec.vault?.maxTokenTTL = "24h"
        lanyard.boundaries.set([boundary])
        try await create(refused: 10, in: TestOperator.namespace)
        for _ in 0..<3 { _ = try? await lanyard.reconcile(binding: "second") }
        // Policy and auth role were looked for behind ten that are refused, and `first`.
        #expect(lanyard.boundaries.book.timesDecidedOnRivals == 11)
        // A change of what holds is news.
        boundary.spec.vault?.maxTokenTTL = "72h"
        lanyard.boundaries.set([boundary])
        _ = try? await lanyard.reconcile(binding: "second")
        let message = try await lanyard.condition("PolicySynced", ofBinding: "second").message
        #expect(message.contains("also wanted by VaultRoleBinding shop/rival-"))
    }
}
