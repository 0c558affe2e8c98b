import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import ControllerRuntime

/// A shutdown in the middle of a write of the lease, whose answer nobody hears any more.
@Suite("LeaderElector: release of a lease in doubt", .timeLimit(.minutes(1)))
struct LeaseReleaseTests {
    private let stage = Stage()
    private let server: InMemoryAPIServer
    private let api: FaultyAPI
    private let key = ObjectKey(namespace: "ns", name: "leader")

    init() {
        server = InMemoryAPIServer(
            environment: .simulated(seed: 3, clock: stage.clock), resources: [Lease.descriptor])
        api = FaultyAPI(server)
    }

    /// When the server stores the write that was under way.
    enum Arrival: CaseIterable, Sendable { case beforeShutdown, afterNextRead, never }

    /// Lets the answer of one write be lost.
    private func lose(_ method: APIRequest.Method, number: Int, _ arrival: Arrival) -> LostWrite {
        let (clock, server, late, writes) = (stage.clock, server, LostWrite(), Log<Int>())
        api.intercept { request in
            if request.method == .get {
                let answer = try await server.send(request)
                if let request = late.take(), arrival == .afterNextRead { _ = try? await server.send(request) }
                return answer
            }
            guard request.method == method else { return nil }
            writes.append(1)
            guard writes.count == number else { return nil }
            if arrival == .beforeShutdown { _ = try await server.send(request) } else { late.put(request) }
            late.hasSent.withLock { $0 = true }
            try await clock.sleep(for: .seconds(1_000))
            return nil
        }
        return late
    }

    private final class LostWrite: Sendable {
        let hasSent = Mutex(false)
        private let request = Mutex<APIRequest?>(nil)

        func put(_ value: APIRequest) { request.withLock { $0 = value } }
        func take() -> APIRequest? {
            request.withLock { value in
                defer { value = nil }
                return value
            }
        }
    }

    /// Shuts an elector down as soon as the write is on the wire.
    private func shutDownDuring(_ lost: LostWrite) async throws {
        let elector = LeaderElector(
            api: api, lease: key, identity: "me", settings: try LeaderElectionSettings(),
            environment: .simulated(seed: 5, clock: stage.clock), fence: LeadershipFence(clock: stage.clock),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let group = ServiceGroup(services: [elector], logger: Logger(label: "test"))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask(executorPreference: stage.executor) { try await group.run() }
            await stage.run("no write", atMost: .seconds(30)) { lost.hasSent.withLock { $0 } }
            let startedAt = stage.clock.now
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            #expect(stage.clock.now - startedAt < .seconds(1))
        }
    }

    @Test("a renewal that is on the wire at shutdown does not keep the lease", arguments: Arrival.allCases)
    func renewal(arrival: Arrival) async throws {
        try await shutDownDuring(lose(.patch, number: 2, arrival))
        #expect(try await server.get(Lease.self, key)?.spec?.holderIdentity == "")
    }

    @Test("nor does the very first one, of a lease that nobody had", arguments: [Arrival.beforeShutdown, .never])
    func creation(arrival: Arrival) async throws {
        try await shutDownDuring(lose(.post, number: 1, arrival))
        #expect(try await server.get(Lease.self, key)?.spec?.holderIdentity ?? "" == "")
    }

    @Test("a lease that another has taken meanwhile is left alone")
    func taken() async throws {
        let (clock, server, key, lost) = (stage.clock, server, key, LostWrite())
        api.intercept { request in
            guard request.method == .patch, !lost.hasSent.withLock({ $0 }) else { return nil }
            let _: Lease = try await server.mergePatch(Lease.self, key, ["spec": ["holderIdentity": "usurper"]])
            lost.hasSent.withLock { $0 = true }
            try await clock.sleep(for: .seconds(1_000))
            return nil
        }
        try await shutDownDuring(lost)
        #expect(try await server.get(Lease.self, key)?.spec?.holderIdentity == "usurper")
    }
}
