import KubernetesModel
import KubernetesTesting
import Synchronization
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("CircuitBreaker", .timeLimit(.minutes(1)))
struct CircuitBreakerTests {
    private let stage = Stage()
    private var clock: VirtualClock { stage.clock }
    private let closed = Log<[ObjectKey]>()
    private let lengths = Log<Duration>()
    private let probes = Log<Duration>()

    struct Away: Error {}

    private func make(
        seed: UInt64 = 1, probe: @escaping @Sendable () async throws -> Void
    ) -> CircuitBreaker {
        let (clock, probes, closed, lengths) = (clock, probes, closed, lengths)
        return CircuitBreaker(
            name: "vault", environment: .simulated(seed: seed, clock: clock),
            probe: {
                probes.append(clock.now)
                try await probe()
            },
            onClose: { outage in
                closed.append(outage.waiting)
                lengths.append(outage.lasted)
            })
    }

    private func run(_ breaker: CircuitBreaker, _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup { group in
            group.addTask(executorPreference: stage.executor) { try await breaker.run() }
            try await body()
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.waitForAll() }
        }
    }

    @Test(
        "the first failure opens it; the first successful probe closes it and hands out all that waited, once each, in order"
    )
    func opensAndCloses() async throws {
        let isAway = Mutex(true)
        let breaker = make { if isAway.withLock({ $0 }) { throw Away() } }
        try await run(breaker) {
            #expect(!breaker.isOpen)
            for name in ["b", "a", "b", "c"] { breaker.recordFailure(waiting: .widget(name)) }
            #expect(breaker.isOpen)
            await stage.pass(.seconds(60))
            #expect(breaker.isOpen)
            #expect(closed.count == 0)
            isAway.withLock { $0 = false }
            await stage.run("not in time", atMost: .seconds(6)) { !breaker.isOpen }
            try await eventually("nothing was handed out") {
                closed.all == [[.widget("b"), .widget("a"), .widget("c")]]
            }
            breaker.recordFailure(waiting: .widget("d"))
            await stage.run("not in time", atMost: .seconds(6)) { closed.count == 2 }
            #expect(closed.all.last == [.widget("d")])
        }
    }

    @Test("probes come after 1 s and then ever more rarely, at most one per 4 s in the end, jittered")
    func backoff() async throws {
        let breaker = make { throw Away() }
        try await run(breaker) {
            breaker.recordFailure(waiting: .widget("a"))
            await stage.run("not in time", atMost: .seconds(60)) { probes.count == 10 }
        }
        let gaps = zip(probes.all, [.zero] + probes.all).map { $0 - $1 }
        let nominal = [1, 2, 4, 5, 5, 5, 5, 5, 5, 5].map { Duration.seconds($0) }
        for (gap, nominal) in zip(gaps, nominal) { #expect(gap <= nominal && gap >= nominal * 0.8) }
        #expect(Set(gaps.suffix(6)).count > 1)
    }

    @Test("a probe that hangs is given up at its deadline, and there is never more than one")
    func hangingProbe() async throws {
        let clock = clock
        let running = Monitor(0)
        let breaker = make {
            let count = running.update { count in
                count += 1
                return count
            }
            #expect(count == 1)
            defer { running.update { $0 -= 1 } }
            try await clock.sleep(for: .seconds(10_000))
        }
        try await run(breaker) {
            breaker.recordFailure(waiting: .widget("a"))
            await stage.run("not in time", atMost: .seconds(60)) { probes.count == 4 }
            breaker.recordFailure(waiting: .widget("b"))
            #expect(breaker.isOpen)
        }
    }

    @Test("a success of anybody closes it; while closed, successes cost nothing and hand out nothing")
    func success() async throws {
        let breaker = make { throw Away() }
        breaker.recordSuccess()
        #expect(closed.count == 0)
        breaker.recordFailure(waiting: .widget("a"))
        breaker.recordSuccess()
        #expect(!breaker.isOpen)
        #expect(closed.all == [[.widget("a")]])
    }

    @Test("it says for how long it was open, from the first failure on")
    func length() {
        let breaker = make { throw Away() }
        breaker.recordFailure(waiting: .widget("a"))
        clock.advance(by: .seconds(3))
        breaker.recordFailure(waiting: .widget("b"))
        clock.advance(by: .seconds(4))
        breaker.recordSuccess()
        breaker.recordFailure(waiting: .widget("a"))
        breaker.recordSuccess()
        #expect(lengths.all == [.seconds(7), .zero])
    }

    @Test("nothing is probed while it is closed")
    func idle() async throws {
        let breaker = make {}
        try await run(breaker) {
            await stage.pass(.seconds(1))
            clock.advance(by: .seconds(600))
            await stage.settle()
            #expect(probes.count == 0)
        }
    }
}
