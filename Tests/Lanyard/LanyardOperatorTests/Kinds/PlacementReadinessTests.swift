import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import Metrics
import PrometheusExposition
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

    private func controllers(
        api: InMemoryAPIServer, measuredBy registry: PrometheusRegistry
    ) throws -> ControllerServices {
        try withMetricsFactory(registry) { try controllers(api: api) }
    }

    private func api(without kind: ResourceDescriptor? = nil) -> InMemoryAPIServer {
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

    /// Runs controllers, and looks as soon as there is an identity that needs pods and nodes.
    private func run(
        _ controllers: ControllerServices, over api: InMemoryAPIServer, before: () throws -> Void = {},
        _ look: () async throws -> Void
    ) async throws {
        let parts: [OperatorPart: [any Service]] = [
            .sources: controllers.sources, .controllers: controllers.workers,
        ]
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(parts, signals: [], logger: lines.logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await eventually("all that is followed from the start is there") { problems(controllers).isEmpty }
            try before()
            var identity = WorkloadIdentity(metadata: ObjectMeta(name: "web", namespace: "shop"))
            identity.spec.placement = .node
            _ = try await api.create(NamespaceMetadata(metadata: ObjectMeta(name: "shop")))
            _ = try await api.create(identity)
            try await look()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test("it fails for a kind that cannot be listed, and names it", arguments: placementKinds)
    func unlisted(kind: ResourceDescriptor) async throws {
        let api = api(without: kind)
        let controllers = try controllers(api: api)
        try await run(controllers, over: api) {
            try await eventually("the check fails") {
                problems(controllers)["sync-\(kind.plural)"]?.hasPrefix("NotServed") == true
            }
            #expect(problems(controllers).count == 1)
        }
    }

    @Test("metrics tell of their watches then, and not before")
    func watches() async throws {
        let api = api()
        let registry = PrometheusRegistry()
        let controllers = try controllers(api: api, measuredBy: registry)
        func watchSeries() -> [String] {
            controllers.updateGauges()
            let series = Self.placementKinds.map { "lanyard_watch_open{resource=\"\($0.plural)\"} " }
            return registry.render().split(separator: "\n").map(String.init).filter { line in
                series.contains { line.hasPrefix($0) }
            }
        }
        try await run(controllers, over: api, before: { #expect(watchSeries() == []) }) {
            try await eventually("both are open") { watchSeries().map { $0.suffix(2) } == [" 1", " 1"] }
        }
    }
}
