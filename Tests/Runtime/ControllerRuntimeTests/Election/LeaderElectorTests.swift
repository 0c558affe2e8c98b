import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("LeaderElector", .timeLimit(.minutes(1)))
struct LeaderElectorTests {
    private let stage = Stage()
    private let immediately = Immediately()
    private let clock: VirtualClock
    private let environment: Environment
    private let server: InMemoryAPIServer
    private let key = ObjectKey(namespace: "ns", name: "leader")

    init() {
        clock = stage.clock
        environment = .simulated(seed: 11, clock: clock)
        server = InMemoryAPIServer(environment: environment, resources: [Lease.descriptor])
    }

    /// A replica with its own connection, so that it alone can be cut off.
    private struct Replica {
        let elector: LeaderElector
        let fence: LeadershipFence
        let isConnected = Flag()
    }

    private final class Flag: Sendable {
        private let value = Mutex(true)
        var isSet: Bool {
            get { value.withLock { $0 } }
            set { value.withLock { $0 = newValue } }
        }
    }

    private func replica(_ identity: String) throws -> Replica {
        let api = FaultyAPI(server)
        let fence = LeadershipFence(clock: clock)
        let replica = Replica(
            elector: LeaderElector(
                api: api, lease: key, identity: identity, settings: try LeaderElectionSettings(),
                environment: environment, fence: fence, logger: Logger(label: identity)), fence: fence)
        let flag = replica.isConnected
        api.intercept { _ in
            if flag.isSet { return nil }
            throw KubernetesError(.unreachable, "cut off")
        }
        return replica
    }

    /// Runs what is resumed before whoever resumes it goes on.
    private final class Immediately: TaskExecutor {
        func enqueue(_ job: consuming ExecutorJob) {
            UnownedJob(job).runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    private func holder() async throws -> String? {
        try await server.get(Lease.self, key)?.spec?.holderIdentity
    }

    @Test("one of two replicas leads; its fence stays open through renewals and the other's stays closed")
    func oneLeads() async throws {
        let (first, second) = (try replica("first"), try replica("second"))
        try await withThrowingTaskGroup { group in
            group.addTask(executorPreference: stage.executor) { try await first.elector.run() }
            try await first.elector.waitUntilLeading()
            group.addTask(executorPreference: stage.executor) { try await second.elector.run() }
            var lowest = Duration.seconds(10)
            var secondLeads = false
            await stage.pass(.seconds(120)) {
                lowest = min(lowest, first.fence.remaining(margin: .zero) ?? .zero)
                secondLeads = secondLeads || second.elector.isLeading || second.fence.remaining() != nil
            }
            #expect(!secondLeads)
            #expect(lowest >= .seconds(7.9))
            #expect(try await holder() == "first")
            group.cancelAll()
            while let result = await group.nextResult() { if case .success = result { Issue.record("ended normally") } }
        }
        #expect(first.fence.remaining() == nil)
    }

    @Test("whoever waits for the lead finds the fence open, however soon it looks")
    func fenceFirst() async throws {
        let first = try replica("first")
        try await withThrowingTaskGroup(of: Duration?.self) { group in
            group.addTask(executorPreference: immediately) {
                try await first.elector.waitUntilLeading()
                return first.fence.remaining()
            }
            group.addTask(executorPreference: stage.executor) {
                try await first.elector.run()
                return nil
            }
            let remaining = try #require(try await group.next())
            #expect(remaining != nil)
            group.cancelAll()
            while await group.nextResult() != nil {}
        }
    }

    @Test("a leader that cannot renew loses its fence in time and fails, before another can lead")
    func loss() async throws {
        let (first, second) = (try replica("first"), try replica("second"))
        try await withThrowingTaskGroup { group in
            group.addTask(executorPreference: stage.executor) {
                await #expect(throws: LeadershipLost.self) { try await first.elector.run() }
                throw CancellationError()
            }
            try await first.elector.waitUntilLeading()
            group.addTask(executorPreference: stage.executor) { try await second.elector.run() }
            await clock.waitForSleepers(2)
            first.isConnected.isSet = false
            let cutAt = clock.now
            var overlap = false
            await stage.run("nobody took over", atMost: .seconds(60)) {
                if first.fence.remaining(margin: .zero) != nil, second.fence.remaining(margin: .zero) != nil {
                    overlap = true
                }
                return second.elector.isLeading
            }
            #expect(!overlap)
            #expect(first.fence.remaining(margin: .zero) == nil)
            #expect(clock.now - cutAt <= .seconds(15 + 1))
            try await eventually("the loser still believes") { !first.elector.isLeading }
            group.cancelAll()
            while await group.nextResult() != nil {}
        }
    }

    @Test("a leader whose lease was taken by another stops at once")
    func takenAway() async throws {
        let first = try replica("first")
        try await withThrowingTaskGroup { group in
            group.addTask(executorPreference: stage.executor) {
                await #expect(throws: LeadershipLost.self) { try await first.elector.run() }
            }
            try await first.elector.waitUntilLeading()
            let _: Lease = try await server.mergePatch(
                Lease.self, key, ["spec": ["holderIdentity": "usurper"]])
            await stage.run("not in time", atMost: .seconds(3)) { !first.elector.isLeading }
            #expect(first.fence.remaining(margin: .zero) == nil)
            try await group.waitForAll()
        }
    }

    @Test("a conflict or a short outage within the deadline costs nothing")
    func recovers() async throws {
        let first = try replica("first")
        try await withThrowingTaskGroup { group in
            group.addTask(executorPreference: stage.executor) { try await first.elector.run() }
            try await first.elector.waitUntilLeading()
            let _: Lease = try await server.mergePatch(Lease.self, key, ["metadata": ["labels": ["a": "b"]]])
            await stage.pass(.seconds(5))
            first.isConnected.isSet = false
            await stage.pass(.seconds(6))
            first.isConnected.isSet = true
            await stage.pass(.seconds(6))
            #expect(first.elector.isLeading)
            #expect((first.fence.remaining(margin: .zero) ?? .zero) > .seconds(7))
            group.cancelAll()
            while await group.nextResult() != nil {}
        }
    }

    @Test("graceful shutdown closes the fence and releases the lease, so that the next replica leads at once")
    func release() async throws {
        let (first, second) = (try replica("first"), try replica("second"))
        let group = ServiceGroup(services: [first.elector], logger: Logger(label: "test"))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask(executorPreference: stage.executor) { try await group.run() }
            try await first.elector.waitUntilLeading()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(first.fence.remaining(margin: .zero) == nil)
        #expect(try await holder() == "")
        try await withThrowingTaskGroup { tasks in
            tasks.addTask(executorPreference: stage.executor) { try await second.elector.run() }
            try await second.elector.waitUntilLeading()
            #expect(clock.now < .seconds(1))
            #expect(try await holder() == "second")
            tasks.cancelAll()
            while await tasks.nextResult() != nil {}
        }
    }

    @Test("a standby that was there before leads within a second of the release")
    func handover() async throws {
        let (first, second) = (try replica("first"), try replica("second"))
        let group = ServiceGroup(services: [first.elector], logger: Logger(label: "test"))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask(executorPreference: stage.executor) { try await group.run() }
            try await first.elector.waitUntilLeading()
            tasks.addTask(executorPreference: stage.executor) { try await second.elector.run() }
            await stage.pass(.seconds(30))
            #expect(!second.elector.isLeading)
            let releasedAt = clock.now
            await group.triggerGracefulShutdown()
            // Time stands still until the shutdown has come to the elector.
            try await eventually("the lease is released") { try await holder() != "first" }
            await stage.run("nobody took over", atMost: .seconds(20)) { second.elector.isLeading }
            #expect(clock.now - releasedAt < .seconds(1))
            #expect(try await holder() == "second")
            tasks.cancelAll()
            while await tasks.nextResult() != nil {}
        }
    }

    @Test("a standby that is shut down touches nothing")
    func standby() async throws {
        let (first, second) = (try replica("first"), try replica("second"))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask(executorPreference: stage.executor) { try await first.elector.run() }
            try await first.elector.waitUntilLeading()
            let group = ServiceGroup(services: [second.elector], logger: Logger(label: "test"))
            tasks.addTask(executorPreference: stage.executor) { try await group.run() }
            await clock.waitForSleepers(2)
            await group.triggerGracefulShutdown()
            try await tasks.next()
            #expect(try await holder() == "first")
            tasks.cancelAll()
            while await tasks.nextResult() != nil {}
        }
    }

    @Test("with pauses below a second each renewal is one that others can see")
    func shortPeriods() async throws {
        let fence = LeadershipFence(clock: clock)
        let elector = LeaderElector(
            api: server, lease: key, identity: "quick",
            settings: try LeaderElectionSettings(
                leaseDuration: .seconds(3), renewDeadline: .seconds(1.5), retryPeriod: .milliseconds(250)),
            environment: environment, fence: fence, logger: Logger(label: "test"))
        try await withThrowingTaskGroup { group in
            group.addTask(executorPreference: stage.executor) { try await elector.run() }
            try await elector.waitUntilLeading()
            let before = server.resourceVersion
            var seen: Set<ResourceVersion> = [before]
            await stage.pass(.seconds(10)) { seen.insert(server.resourceVersion) }
            #expect(seen.count >= 40)
            group.cancelAll()
            while await group.nextResult() != nil {}
        }
    }
}
