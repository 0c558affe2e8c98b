import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import SPIREEmulator
import ServiceLifecycle
import TestSupport
import Testing
import VaultTesting

@testable import LanyardOperator

/// That a replica which could not do the work does not keep another one from it.
@Suite("Who stands for election", .timeLimit(.minutes(1)))
struct ElectionReadinessTests {
    /// Refuses all requests about one kind.
    private struct RefusingAPI: KubernetesAPI {
        let base: InMemoryAPIServer
        let refused: String?

        private func check(_ request: APIRequest) throws {
            if let refused, request.path.contains(refused) {
                throw KubernetesError(.forbidden, "forbidden", httpStatus: 403)
            }
        }

        func send(_ request: APIRequest) async throws -> Data {
            try check(request)
            return try await base.send(request)
        }

        func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable {
            try check(request)
            return try await base.openWatch(request)
        }
    }

    private struct Replica {
        let base: InMemoryReplica
        let group: ServiceGroup
    }

    private let lines = RecordedLines()
    private let server = InMemoryAPIServer(
        environment: .system,
        resources: LanyardKind.all.map(\.descriptor) + [
            NamespaceMetadata.descriptor, ServiceAccountMetadata.descriptor, Lease.descriptor,
        ])

    private func replica(_ name: String, refused: String? = nil) throws -> Replica {
        let api = RefusingAPI(base: server, refused: refused)
        let replica = try InMemoryReplica(name, over: api, logger: lines.logger)
        let parts: [OperatorPart: [any Service]] = [
            .sources: replica.controllers.sources,
            .election: [replica.election.service(after: replica.controllers.allSynced)],
        ]
        return Replica(
            base: replica,
            group: ServiceGroup(
                configuration: ServiceGroupConfiguration(parts, signals: [], logger: lines.logger)))
    }

    @Test(
        "a replica that cannot list one kind leaves the lease to one that can",
        arguments: LanyardKind.all.map(\.descriptor.plural))
    func refused(plural: String) async throws {
        let (sick, healthy) = (try replica("sick", refused: plural), try replica("healthy"))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { [group = sick.group] in try await group.run() }
            try await eventually("all other kinds are listed") {
                sick.base.controllers.readinessChecks.allSatisfy { check in
                    check.name == "sync-\(plural)" || check.name == "api-server" || check.problem() == nil
                }
            }
            tasks.addTask { [group = healthy.group] in try await group.run() }
            try await eventually("the healthy one leads") { healthy.base.election.timeToWrite() != nil }
            #expect(sick.base.election.timeToWrite() == nil)
            await sick.group.triggerGracefulShutdown()
            await healthy.group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}
