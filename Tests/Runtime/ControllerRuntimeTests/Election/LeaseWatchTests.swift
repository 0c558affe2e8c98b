import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import ControllerRuntime

/// What a standby knows of the leader by a watch, and what it does when the watch is not to be relied on.
@Suite("LeaseWatch", .timeLimit(.minutes(2)))
struct LeaseWatchTests {
    private let stage = Stage()
    private let server: InMemoryAPIServer
    /// The standby's way to the server, and the leader's.
    private let api: FaultyAPI
    private let leaderAPI: FaultyAPI
    private let standby: LeaderElector
    private let leader: LeaderElector
    private let key = ObjectKey(namespace: "ns", name: "leader")
    private let lines = Log<String>()

    init() throws {
        let (clock, lines, key) = (stage.clock, lines, key)
        let server = InMemoryAPIServer(
            environment: .simulated(seed: 3, clock: clock), resources: [Lease.descriptor])
        func elector(_ identity: String, _ api: any KubernetesAPI) throws -> LeaderElector {
            LeaderElector(
                api: api, lease: key, identity: identity, settings: try LeaderElectionSettings(),
                environment: .simulated(seed: 5, clock: clock), fence: LeadershipFence(clock: clock),
                logger: Logger(label: identity) { _ in
                    CapturingLogHandler(lines: identity == "standby" ? lines : Log<String>())
                })
        }
        self.server = server
        api = FaultyAPI(server)
        leaderAPI = FaultyAPI(server)
        standby = try elector("standby", api)
        leader = try elector("leader", leaderAPI)
    }

    /// Runs the standby behind the leader.
    private func behindLeader(_ body: (ServiceGroup) async throws -> Void) async throws {
        let group = ServiceGroup(
            services: [leader], logger: Logger(label: "group") { _ in SwiftLogNoOpLogHandler() })
        let standby = standby
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask(executorPreference: stage.executor) { try await group.run() }
            try await leader.waitUntilLeading()
            tasks.addTask(executorPreference: stage.executor) { try await standby.run() }
            try await body(group)
            tasks.cancelAll()
            while await tasks.nextResult() != nil {}
        }
    }

    private func holder() async throws -> String? {
        try await server.get(Lease.self, key)?.spec?.holderIdentity
    }

    /// How long after the release the standby leads.
    private func handover(_ group: ServiceGroup) async throws -> Duration {
        let releasedAt = stage.clock.now
        await group.triggerGracefulShutdown()
        // Time stands still until the shutdown has come to the elector.
        try await eventually("the lease is released") { try await holder() != "leader" }
        await stage.run("nobody took over", atMost: .seconds(60)) { standby.isLeading }
        return stage.clock.now - releasedAt
    }

    @Test("behind a leader that lives a standby asks for nothing: it is told of the renewals by one watch of one lease")
    func quiet() async throws {
        try await behindLeader { _ in
            await stage.pass(.seconds(5))
            let before = api.requests.count
            await stage.pass(.seconds(300))
            #expect(api.requests.count == before)
            #expect(api.watches.count == 1)
            #expect(api.watches.first?.parameter("fieldSelector") == "metadata.name=leader")
            let current = try await holder()
            #expect(current == "leader")
            #expect(!standby.isRenewalOverdue)
        }
    }

    @Test("a release is known as it happens")
    func released() async throws {
        try await behindLeader { group in
            await stage.pass(.seconds(31))
            let gap = try await handover(group)
            #expect(gap == .zero)
            let current = try await holder()
            #expect(current == "standby")
        }
    }

    @Test("a leader that dies has its lease for as long as it lasts, and not longer")
    func died() async throws {
        try await behindLeader { _ in
            await stage.pass(.seconds(31))
            leaderAPI.intercept { _ in throw KubernetesError(.unreachable, "dead") }
            let diedAt = stage.clock.now
            await stage.run("nobody took over", atMost: .seconds(60)) { standby.isLeading }
            // The last renewal was up to two seconds before.
            #expect(stage.clock.now - diedAt > .seconds(12.9))
            #expect(stage.clock.now - diedAt <= .seconds(15))
        }
    }

    @Test("a watch that the server ends after some time is opened again")
    func ended() async throws {
        try await behindLeader { group in
            for count in 1...5 {
                await stage.pass(.seconds(11))
                #expect(api.watches.count == count)
                #expect(api.requests.count == count)
                server.closeWatches()
            }
            await stage.pass(.seconds(11))
            let gap = try await handover(group)
            #expect(gap == .zero)
        }
    }

    /// What becomes of watches.
    enum Fault: CaseIterable, Sendable { case refused, unreachable, closedAtOnce, bookmark, nonsense, expired }

    @Test("where watches are refused or break, a release is known by asking", arguments: Fault.allCases)
    func broken(fault: Fault) async throws {
        api.interceptWatch { [api] _ in
            switch fault {
            case .refused: throw KubernetesError(.forbidden, "no", httpStatus: 403)
            case .unreachable: throw KubernetesError(.unreachable, "no route")
            case .closedAtOnce: return []
            case .bookmark:
                // Without an end no time passes where watches follow each other at once.
                if api.watches.count > 50 { return [.hang] }
                return [.line(#"{"type":"BOOKMARK","object":{"kind":"Lease","metadata":{"resourceVersion":"1"}}}"#)]
            case .nonsense: return [.line("nonsense")]
            case .expired:
                return [.line(#"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}"#)]
            }
        }
        let isRefused = fault == .refused
        let limit: Duration = isRefused ? .milliseconds(1_300) : .milliseconds(400)
        try await behindLeader { group in
            await stage.pass(.seconds(100))
            #expect(try await holder() == "leader")
            #expect(api.watches.count <= (isRefused ? 1 : 10))
            #expect(api.requests.count < (isRefused ? 130 : 450))
            let elapsed = try await handover(group)
            #expect(elapsed < limit)
        }
        let told = lines.all.count { $0.hasPrefix("warning the lease is not watched") }
        #expect(told == (isRefused ? 1 : 0))
    }

    @Test("a standby that may not watch says so once, and watches when it may")
    func allowedLater() async throws {
        let isAllowed = Mutex(false)
        api.interceptWatch { _ in
            if isAllowed.withLock({ $0 }) { return nil }
            throw KubernetesError(.forbidden, "no", httpStatus: 403)
        }
        try await behindLeader { _ in
            await stage.pass(.seconds(1_300))
            #expect(api.watches.count == 3)
            isAllowed.withLock { $0 = true }
            await stage.pass(.seconds(605))
            #expect(api.watches.count == 4)
            let before = api.requests.count
            await stage.pass(.seconds(60))
            #expect(api.requests.count == before)
        }
        #expect(lines.all.count { $0.hasPrefix("warning the lease is not watched") } == 1)
    }

    @Test("a watch that hangs is found out by its silence, and nobody who lives is overtaken for it")
    func hangs() async throws {
        api.interceptWatch { _ in [.hang] }
        try await behindLeader { group in
            await stage.pass(.seconds(120))
            let current = try await holder()
            #expect(current == "leader")
            #expect(!standby.isRenewalOverdue)
            #expect(api.requests.allSatisfy { $0.method == .get })
            let gap = try await handover(group)
            #expect(gap <= .seconds(5))
        }
    }

    @Test("a standby says behind whom it stands by, also when only the watch shows another one")
    func holders() async throws {
        try await behindLeader { _ in
            await stage.pass(.seconds(5))
            let _: Lease = try await server.mergePatch(
                Lease.self, key, ["spec": ["holderIdentity": "third", "renewTime": "now"]])
            await stage.pass(.seconds(1))
        }
        let told = lines.all.filter { $0.contains("standing by") }
        #expect(
            told == [
                "info standing by lease=ns/leader lease.holder=leader",
                "info standing by lease=ns/leader lease.holder=third",
            ])
    }
}
