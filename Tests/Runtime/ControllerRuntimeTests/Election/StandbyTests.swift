import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import ControllerRuntime

/// A standby that has trouble with the API server itself.
@Suite("LeaderElector: standby", .timeLimit(.minutes(1)))
struct StandbyTests {
    private let stage = Stage()
    private let server: InMemoryAPIServer
    private let api: FaultyAPI
    private let elector: LeaderElector
    private let key = ObjectKey(namespace: "ns", name: "leader")
    private let lines = Log<String>()

    init() throws {
        let environment = Environment.simulated(seed: 3, clock: stage.clock)
        let lines = lines
        server = InMemoryAPIServer(environment: environment, resources: [Lease.descriptor])
        api = FaultyAPI(server)
        elector = LeaderElector(
            api: api, lease: key, identity: "standby", settings: try LeaderElectionSettings(),
            environment: environment, fence: LeadershipFence(clock: stage.clock),
            logger: Logger(label: "test") { _ in CapturingLogHandler(lines: lines) })
    }

    /// Runs the standby behind a leader that died just now.
    private func behindDeadLeader(_ body: () async throws -> Void) async throws {
        let _: Lease = try await server.create(
            Lease(
                metadata: ObjectMeta(name: key.name, namespace: key.namespace),
                spec: Lease.Spec(
                    holderIdentity: "dead", leaseDurationSeconds: 15, acquireTime: "then", renewTime: "then",
                    leaseTransitions: 0)))
        let elector = elector
        try await withThrowingTaskGroup { group in
            group.addTask(executorPreference: stage.executor) { try await elector.run() }
            try await body()
            group.cancelAll()
            while await group.nextResult() != nil {}
        }
    }

    @Test(
        "a dead leader's record ages through the standby's failed reads, whichever of them fail",
        arguments: [2, 3, 5])
    func flapping(every: Int) async throws {
        let reads = Mutex(0)
        api.intercept { request in
            guard request.method == .get else { return nil }
            let number = reads.withLock { count in
                count += 1
                return count
            }
            guard number % every == 0 else { return nil }
            throw KubernetesError(.serverError, "one of the servers is broken", httpStatus: 500)
        }
        try await behindDeadLeader {
            await stage.run("nobody took over", atMost: .seconds(60)) { elector.isLeading }
            #expect(stage.clock.now >= .seconds(15))
            #expect(stage.clock.now < .seconds(17))
        }
    }

    @Test("after an outage that outlasted the dead leader's lease, the first answer is enough to take over")
    func outage() async throws {
        let isUp = Mutex(true)
        api.intercept { _ in
            if isUp.withLock({ $0 }) { return nil }
            throw KubernetesError(.unreachable, "no route")
        }
        try await behindDeadLeader {
            await stage.pass(.seconds(5))
            isUp.withLock { $0 = false }
            let before = api.requests.count
            await stage.pass(.seconds(60))
            // A server that is away is not asked as often as one that answers.
            #expect(api.requests.count - before < 60)
            #expect(!elector.isLeading)
            isUp.withLock { $0 = true }
            await stage.run("nobody took over", atMost: .seconds(60)) { elector.isLeading }
            #expect(stage.clock.now < .seconds(65 + 5))
        }
    }

    @Test("a standby says once that it stands by, and behind whom")
    func told() async throws {
        try await behindDeadLeader {
            await stage.run("nobody took over", atMost: .seconds(60)) { elector.isLeading }
        }
        let told = lines.all.filter { $0.contains("standing by") }
        #expect(told == ["info standing by lease=ns/leader lease.holder=dead"])
    }

    @Test("a standby whose look at the lease never returns is not live; one that looks in vain is")
    func stuck() async throws {
        let stuck = Mutex<CheckedContinuation<Void, Never>?>(nil)
        let isStuck = Mutex(false)
        api.intercept { _ in
            if isStuck.withLock({ $0 }) {
                // Not even cancellation ends it.
                await withCheckedContinuation { continuation in stuck.withLock { $0 = continuation } }
            }
            throw KubernetesError(.unreachable, "no route")
        }
        #expect(!elector.isRenewalOverdue)
        try await behindDeadLeader {
            await stage.pass(.seconds(300))
            #expect(!elector.isRenewalOverdue)
            isStuck.withLock { $0 = true }
            await stage.pass(.seconds(30))
            #expect(!elector.isRenewalOverdue)
            await stage.pass(.seconds(15))
            #expect(elector.isRenewalOverdue)
            isStuck.withLock { $0 = false }
            stuck.withLock { $0 }?.resume()
            await stage.pass(.seconds(10))
            #expect(!elector.isRenewalOverdue)
        }
        stage.clock.advance(by: .seconds(600))
        #expect(!elector.isRenewalOverdue)
    }
}
