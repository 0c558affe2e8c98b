import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Metrics
import PrometheusExposition
import Testing

@Suite("BoundaryReconciler")
struct BoundaryReconcilerTests {
    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    /// One pass over a boundary, and what its status is then.
    private func reconcile(_ boundary: IdentityBoundary) async throws -> IdentityBoundaryStatus? {
        if try await lanyard.world.api.get(IdentityBoundary.self, boundary.key) == nil {
            _ = try await lanyard.world.api.create(boundary)
        }
        let stored = try #require(try await lanyard.world.api.get(IdentityBoundary.self, boundary.key))
        lanyard.boundaries.set([stored])
        let reconciler = BoundaryReconciler(
            book: lanyard.boundaries.book,
            reporter: ObjectReporter(
                api: lanyard.world.api, store: lanyard.boundaries.boundaries, events: lanyard.events),
            environment: lanyard.world.environment)
        #expect(try await reconciler.reconcile(boundary.key) == .done)
        return try await lanyard.world.api.get(IdentityBoundary.self, boundary.key)?.status
    }

    @Test("counts namespaces, their resources, and those that are outside")
    func counts() async throws {
        lanyard.boundaries.set(labels: ["shop": [:], "farm": [:]])
        try await lanyard.create(identity: "web")
        try await lanyard.create(identity: "bad") { $0.admin = true }
        try await lanyard.create(binding: "web")
        try await lanyard.reconcile(identity: "web")
        try await lanyard.reconcile(identity: "bad")
        try await lanyard.reconcile(binding: "web")
        var boundary = IdentityBoundary.permissive
        boundary.spec.namespaces = .init(names: ["shop"])
        let status = try await reconcile(boundary)
        #expect(status?.namespaces == 1 && status?.resources == 3 && status?.violating == 1)
        #expect(status?.conditions?.condition("Ready")?.status == .yes)
        // What is gone is counted no more.
        try await lanyard.delete(identity: "bad")
        try await lanyard.reconcile(identity: "bad")
        try await lanyard.reconcile(identity: "bad")
        let later = try await reconcile(boundary)
        #expect(later?.resources == 2 && later?.violating == 0)
    }

    @Test("says which field of an invalid boundary is wrong")
    func invalid() async throws {
        var boundary = IdentityBoundary.permissive
        boundary.spec.vault?.paths = [.init(path: "+/x", capabilities: ["read"])]
        let status = try await reconcile(boundary)
        let accepted = status?.conditions?.condition("Accepted")
        #expect(accepted?.reason == "InvalidSpec")
        #expect(accepted?.message.contains("spec.vault.paths[0].path") == true)
    }

    @Test("withdrawals of both kinds are counted from zero, before there is any")
    func withdrawals() {
        let registry = PrometheusRegistry()
        withMetricsFactory(registry) {
            _ = BoundaryReconciler(
                book: lanyard.boundaries.book,
                reporter: ObjectReporter(
                    api: lanyard.world.api, store: lanyard.boundaries.boundaries, events: lanyard.events),
                environment: lanyard.world.environment)
        }
        let series = registry.render().split(separator: "\n")
            .filter { $0.hasPrefix("lanyard_boundary_withdrawals_total") }.map(String.init)
        #expect(
            series == [
                "lanyard_boundary_withdrawals_total{kind=\"VaultRoleBinding\"} 0",
                "lanyard_boundary_withdrawals_total{kind=\"WorkloadIdentity\"} 0",
            ])
    }
}
