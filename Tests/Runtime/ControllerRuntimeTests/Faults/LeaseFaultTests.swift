import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import Synchronization
import Testing

@testable import ControllerRuntime

@Suite(
    "Fault: the lease holder pauses 20 s; the API is out of reach for it alone; its clock runs at 1.5 times the rate",
    .timeLimit(.minutes(5)))
struct LeaseFaultTests {
    private static let tick = Duration.milliseconds(250)

    private let stage = Stage()
    private let server: InMemoryAPIServer

    init() {
        server = InMemoryAPIServer(
            environment: .simulated(seed: 1, clock: stage.clock), resources: [Lease.descriptor])
    }

    /// Time as one process sees it: at another rate, and not at all while the process is stopped. Its `now` goes on, as the
    /// boot-time clock does.
    private final class ProcessClock: RuntimeClock {
        let base: VirtualClock
        let rate: Double
        private let isStopped = Monitor(false)

        init(_ base: VirtualClock, rate: Double = 1) {
            self.base = base
            self.rate = rate
        }

        func setStopped(_ value: Bool) { isStopped.update { $0 = value } }
        func waitWhileStopped() async throws { try await isStopped.wait { $0 ? nil : () } }

        var now: Duration { base.now * rate }
        var wallTime: WallTime { base.wallTime }

        func sleep(for duration: Duration) async throws {
            try await base.sleep(for: duration / rate)
            try await waitWhileStopped()
        }
    }

    private final class Switch: Sendable {
        private let value = Mutex(true)
        var isOn: Bool { value.withLock { $0 } }
        func set(_ new: Bool) { value.withLock { $0 = new } }
    }

    private func replica(_ name: String, rate: Double = 1) throws -> (Process, Switch) {
        let connection = Switch()
        let clock = ProcessClock(stage.clock, rate: rate)
        var environment = Environment.simulated(seed: UInt64(name.utf8.count), clock: stage.clock)
        environment.clock = clock
        let fence = LeadershipFence(clock: clock)
        let api = FaultyAPI(server)
        api.intercept { _ in
            try await clock.waitWhileStopped()
            guard connection.isOn else { throw KubernetesError(.unreachable, "cut off") }
            return nil
        }
        let elector = LeaderElector(
            api: api, lease: ObjectKey(namespace: "ns", name: "leader"), identity: name,
            settings: try LeaderElectionSettings(), environment: environment, fence: fence,
            logger: Logger(label: name) { _ in SwiftLogNoOpLogHandler() })
        return (Process(clock: clock, fence: fence, elector: elector), connection)
    }

    private struct Process: Sendable {
        let clock: ProcessClock
        let fence: LeadershipFence
        let elector: LeaderElector
    }

    /// Runs two replicas, lets the first lead, does something to it, and looks at every tick whose writes would be let
    /// through.
    private func writers(
        firstRate: Double = 1, secondRate: Double = 1, for time: Duration = .seconds(40),
        _ fault: (Process, Switch) -> Void, after delay: Duration? = nil, end: (Process, Switch) -> Void = { _, _ in }
    ) async throws -> (both: Int, first: [Duration], second: [Duration]) {
        let ((first, connection), (second, _)) = (
            try replica("one", rate: firstRate), try replica("two2", rate: secondRate)
        )
        var (both, firstTimes, secondTimes): (Int, [Duration], [Duration]) = (0, [], [])
        await withTaskGroup { group in
            group.addTask(executorPreference: stage.executor) { try? await first.elector.run() }
            await stage.run("the first does not lead") { first.fence.remaining() != nil }
            group.addTask(executorPreference: stage.executor) { try? await second.elector.run() }
            await stage.pass(.seconds(7))
            fault(first, connection)
            let start = stage.clock.now
            for tick in 0..<Int(time / Self.tick) {
                await stage.pass(Self.tick)
                let now = stage.clock.now - start
                if let delay, Int(delay / Self.tick) == tick + 1 { end(first, connection) }
                let (one, two) = (first.fence.remaining() != nil, second.fence.remaining() != nil)
                if one { firstTimes.append(now) }
                if two { secondTimes.append(now) }
                if one, two { both += 1 }
            }
            group.cancelAll()
        }
        return (both, firstTimes, secondTimes)
    }

    @Test("a holder that was stopped for 20 s finds its fence closed when it goes on; the other leads by then")
    func pause() async throws {
        let result = try await writers(
            { first, _ in first.clock.setStopped(true) }, after: .seconds(20),
            end: { first, _ in first.clock.setStopped(false) })
        #expect(result.both == 0)
        #expect((result.first.last ?? .zero) < .seconds(10))
        let taken = try #require(result.second.first)
        #expect(taken <= .seconds(20))
        #expect(result.second.last ?? .zero > .seconds(39))
    }

    @Test("a holder that alone cannot reach the API stops in time, and the other leads within lease and retries")
    func cutOff() async throws {
        let result = try await writers { _, connection in connection.set(false) }
        #expect(result.both == 0)
        #expect((result.first.last ?? .zero) < .seconds(10))
        let taken = try #require(result.second.first)
        #expect(taken <= .seconds(20))
    }

    @Test(
        "a clock that runs at 1.5 times the other's rate does not make two writers, whichever it is",
        arguments: [(1.5, 1.0), (1.0, 1.5), (1.0 / 1.5, 1.0), (1.0, 1.0 / 1.5)])
    func rates(first: Double, second: Double) async throws {
        let healthy = try await writers(firstRate: first, secondRate: second) { _, _ in }
        #expect(healthy.both == 0)
        #expect(healthy.second.isEmpty, "a healthy holder was overtaken")
        let cut = try await writers(firstRate: first, secondRate: second) { _, connection in connection.set(false) }
        #expect(cut.both == 0)
        #expect(!cut.second.isEmpty)
    }
}
