import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import SPIREEmulator
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing
import VaultTesting

@testable import LanyardOperator

/// That each kind is wired with the report of objects that do not fit their type.
@Suite("Objects that do not fit their type, of each kind", .timeLimit(.minutes(1)))
struct UndecodableKindsTests {
    private static let kinds = LanyardKind.declared.map(\.descriptor)

    private let lines = RecordedLines()
    private let events = UndecodableEvents()

    private func createBad(_ kind: ResourceDescriptor, on api: InMemoryAPIServer) async throws {
        let object: JSONValue = [
            "apiVersion": .string(kind.apiVersion), "kind": .string(kind.kind), "metadata": ["name": "bad"], "spec": 7,
        ]
        _ = try await api.send(
            APIRequest(
                .post, kind.path(namespace: "shop"), contentType: "application/json", body: try JSON.encode(object)))
    }

    private func group(_ parts: [OperatorPart: [any Service]]) -> ServiceGroup {
        ServiceGroup(configuration: ServiceGroupConfiguration(parts, signals: [], logger: lines.logger))
    }

    @Test("who comes to lead says which there are, of each kind; a standby says nothing")
    func report() async throws {
        let api = InMemoryAPIServer(
            environment: .system,
            resources: Self.kinds + [
                OwnershipRecord.descriptor, NamespaceMetadata.descriptor, ServiceAccountMetadata.descriptor,
                Lease.descriptor,
            ])
        for kind in Self.kinds { try await createBad(kind, on: api) }
        let replica = try InMemoryReplica(over: api, events: events, logger: lines.logger)
        let (election, controllers) = (replica.election, replica.controllers)
        let sources = group([.sources: controllers.sources])
        let leader = group([
            .election: [election.service(after: controllers.allSynced)], .controllers: controllers.workers,
        ])
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await sources.run() }
            try await eventually("all kinds are listed") {
                controllers.readinessChecks.allSatisfy { $0.problem() == nil }
            }
            #expect(events.kinds == [])
            tasks.addTask { try await leader.run() }
            try await eventually("each kind is told of") { events.kinds == Set(Self.kinds.map(\.kind)) }
            await leader.triggerGracefulShutdown()
            await sources.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}

/// The kinds of the objects that were said not to fit their type.
private final class UndecodableEvents: EventRecorder {
    private let told = Mutex<Set<String>>([])

    var kinds: Set<String> { told.withLock { $0 } }

    func record(_ event: ObjectEvent) {
        guard event.reason == "Undecodable", let kind = event.regarding.kind else { return }
        _ = told.withLock { $0.insert(kind) }
    }
}
