import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import SPIREEmulator
import ServiceLifecycle
import TestSupport
import Testing
import VaultTesting

@testable import LanyardOperator

/// Pods and nodes are followed only while an identity needs them; then the operator is ready only if it can.
@Suite("Readiness while pods and nodes are followed", .timeLimit(.minutes(1)))
struct PlacementReadinessTests {
    private static let placementKinds = [Pod.descriptor, Node.descriptor]

    private let lines = RecordedLines()

    /// An operator before an API server that does not serve one of the kinds.
    private func controllers(api: InMemoryAPIServer) throws -> ControllerServices {
        try InMemoryReplica(over: api, settings: ["leaderElection.enabled=false"], logger: lines.logger).controllers
    }

    private func api(without kind: ResourceDescriptor) -> InMemoryAPIServer {
        InMemoryAPIServer(
            environment: .system,
            resources: LanyardKind.all.map(\.descriptor) + [
                NamespaceMetadata.descriptor, ServiceAccountMetadata.descriptor,
            ] + Self.placementKinds.filter { $0 != kind })
    }

    /// What is wrong, by the name of the check.
    private func problems(_ controllers: ControllerServices) -> [String: String] {
        Dictionary(
            controllers.readinessChecks.compactMap { check in check.problem().map { (check.name, $0) } },
            uniquingKeysWith: { first, _ in first })
    }

    @Test("it fails for a kind that cannot be listed, and names it", arguments: placementKinds)
    func unlisted(kind: ResourceDescriptor) async throws {
        let api = api(without: kind)
        let controllers = try controllers(api: api)
        let parts: [OperatorPart: [any Service]] = [
            .sources: controllers.sources, .controllers: controllers.workers,
        ]
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(parts, signals: [], logger: lines.logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await eventually("all that is followed from the start is there") { problems(controllers).isEmpty }
            var identity = WorkloadIdentity(metadata: ObjectMeta(name: "web", namespace: "shop"))
            identity.spec.placement = .node
            _ = try await api.create(NamespaceMetadata(metadata: ObjectMeta(name: "shop")))
            _ = try await api.create(identity)
            try await eventually("the check fails") {
                problems(controllers)["sync-\(kind.plural)"]?.hasPrefix("NotServed") == true
            }
            #expect(problems(controllers).count == 1)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}
