import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import ServiceLifecycle
import Synchronization
import Testing

@testable import LanyardOperator

@Suite("The election's own thread", .timeLimit(.minutes(1)))
struct ElectionThreadTests {
    /// Counts what is sent.
    private final class CountedAPI: KubernetesAPI {
        private let base = InMemoryAPIServer(environment: .system, resources: [Lease.descriptor])
        private let number = Atomic(0)

        var count: Int { number.load(ordering: .relaxed) }

        func send(_ request: APIRequest) async throws -> Data {
            number.add(1, ordering: .relaxed)
            return try await base.send(request)
        }

        func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable {
            try await base.openWatch(request)
        }
    }

    @Test("the lease is renewed while all shared threads are busy")
    func renewal() async throws {
        let api = CountedAPI()
        var configuration = try OperatorConfiguration(ConfigurationSample.sources()).leaderElection
        configuration.retryPeriod = .milliseconds(20)
        let election = try Election(
            configuration: configuration, namespace: "lanyard-system", identity: "test", api: api,
            environment: .system, logger: RecordedLines().logger)
        let candidate = election.service(after: [])
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await candidate.run() }
            try await election.waitUntilLeading()
            let (wanted, deadline) = (api.count + 3, ContinuousClock.now + .seconds(5))
            // More than there are threads: what is not busy yet is so next.
            await withTaskGroup(of: Void.self) { busy in
                for _ in 0..<4 * ProcessInfo.processInfo.activeProcessorCount {
                    busy.addTask { while api.count < wanted, ContinuousClock.now < deadline {} }
                }
            }
            #expect(ContinuousClock.now < deadline)
            #expect(election.fence.remaining() != nil)
            tasks.cancelAll()
            _ = await tasks.nextResult()
        }
    }
}
