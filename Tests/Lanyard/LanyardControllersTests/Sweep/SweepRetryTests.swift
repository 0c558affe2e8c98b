import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import PrometheusExposition
import Testing
import VaultClient
import VaultTesting

extension OwnershipSweeper {
    /// A sweep an interval after the last one.
    @discardableResult
    func sweep(in lanyard: TestOperator) async throws -> ReconcileResult {
        lanyard.clock.advance(by: .seconds(3600))
        return try await reconcile(Self.key)
    }
}

/// A sweep that failed is tried again in moments (rule sweep-10).
@Suite("OwnershipSweeper: retries")
struct SweepRetryTests {
    private let lanyard: TestOperator
    private let sweeper: OwnershipSweeper

    init() async throws {
        let lanyard = try await TestOperator()
        self.lanyard = lanyard
        sweeper = OwnershipSweeperTests.sweeper(of: lanyard, countedBy: PrometheusRegistry())
        for name in ["web", "api"] {
            try await lanyard.create(binding: name) { $0.roleName = name }
            try await lanyard.reconcile(binding: name)
        }
    }

    private func exists(_ name: String) -> Bool { lanyard.world.vault.peek("sys/policies/acl/\(name)") != nil }

    /// Lets a binding go without the operator.
    private func strip(_ name: String) async throws {
        var binding = try await lanyard.binding(name)
        binding.metadata.finalizers = []
        _ = try await lanyard.world.api.replace(binding)
        try await lanyard.delete(binding: name)
        try await lanyard.reconcile(binding: name)
    }

    private func retry() async {
        for _ in 0..<5 {
            await #expect(throws: VaultError.self) { try await sweeper.reconcile(OwnershipSweeper.key) }
        }
    }

    @Test("while one record cannot be cleaned up, what loses its owner meanwhile has two sweeps as any other")
    func sweeps() async throws {
        try await strip("api")
        lanyard.journal.fail(
            "vault delete auth/kubernetes/role/api", with: VaultError(.permissionDenied, "permission denied"))
        try await sweeper.sweep(in: lanyard)
        await #expect(throws: VaultError.self) { try await sweeper.sweep(in: lanyard) }
        try await strip("web")
        await retry()
        #expect(exists("web"))
        await #expect(throws: VaultError.self) { try await sweeper.sweep(in: lanyard) }
        await retry()
        #expect(exists("web"))
        await #expect(throws: VaultError.self) { try await sweeper.sweep(in: lanyard) }
        #expect(!exists("web") && exists("api"))
        // A retry cleans up what the sweeps before it have found.
        lanyard.journal.heal()
        _ = try await sweeper.reconcile(OwnershipSweeper.key)
        #expect(!exists("api"))
    }

    @Test("a namesake that comes while Vault is away has its turn when that is back, however often it was tried")
    func turns() async throws {
        try await strip("web")
        try await sweeper.sweep(in: lanyard)
        lanyard.world.vault.isSealed = true
        await #expect(throws: VaultError.self) { try await sweeper.sweep(in: lanyard) }
        try await lanyard.create(binding: "web") { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "ghost")
        }
        for _ in 0..<4 { _ = try? await sweeper.reconcile(OwnershipSweeper.key) }
        lanyard.world.vault.isSealed = false
        _ = try await sweeper.reconcile(OwnershipSweeper.key)
        #expect(exists("web"))
        try await sweeper.sweep(in: lanyard)
        #expect(exists("web"))
        try await sweeper.sweep(in: lanyard)
        #expect(!exists("web"))
    }

    @Test("one that is accepted loses nothing by an outage, however long that lasts and whoever comes first after it")
    func outage() async throws {
        try await strip("web")
        lanyard.world.vault.isSealed = true
        try await lanyard.create(binding: "web")
        for _ in 0..<4 {
            await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
            try await sweeper.sweep(in: lanyard)
        }
        lanyard.world.vault.isSealed = false
        _ = try await sweeper.reconcile(OwnershipSweeper.key)
        try await sweeper.sweep(in: lanyard)
        #expect(exists("web"))
        try await lanyard.reconcile(binding: "web")
        let uid = try await lanyard.binding("web").metadata.uid
        #expect(lanyard.ledger.holder(of: "sys/policies/acl/web")?.uid == uid)
    }

    @Test("nor because its object cannot be written, as while a webhook refuses that")
    func unwritable() async throws {
        try await strip("web")
        try await lanyard.create(binding: "web")
        lanyard.journal.fail(
            "kube patch namespaces/shop/vaultrolebindings/web", with: KubernetesError(.badRequest, "denied"))
        for _ in 0..<5 {
            await #expect(throws: KubernetesError.self) { try await lanyard.reconcile(binding: "web") }
            try await sweeper.sweep(in: lanyard)
        }
        #expect(exists("web"))
        lanyard.journal.heal()
        try await lanyard.reconcile(binding: "web")
        let uid = try await lanyard.binding("web").metadata.uid
        #expect(lanyard.ledger.holder(of: "sys/policies/acl/web")?.uid == uid)
        // What was known of it ended with that, and not with another pass.
        var binding = try await lanyard.binding("web")
        binding.metadata.finalizers = []
        _ = try await lanyard.world.api.replace(binding)
        try await lanyard.delete(binding: "web")
        for _ in 0..<2 { try await sweeper.sweep(in: lanyard) }
        #expect(!exists("web"))
    }
}
