import KubernetesModel
import KubernetesTesting
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("Controller", .timeLimit(.minutes(1)))
struct ControllerTests {
    private let stage = Stage()
    private let clock: VirtualClock
    private let environment: Environment
    private let queue: WorkQueue<ObjectKey>
    private let calls = Log<String>()

    init() {
        clock = stage.clock
        environment = .simulated(seed: 3, clock: clock)
        queue = WorkQueue(environment: environment, name: "test")
    }

    struct Failure: Error {}

    private struct Closure: Reconciler {
        let body: @Sendable (ObjectKey) async throws -> ReconcileResult
        func reconcile(_ key: ObjectKey) async throws -> ReconcileResult { try await body(key) }
    }

    private func make(
        workers: Int = 2, readiness: [ReadinessStep] = [],
        barrier: @escaping @Sendable (ObjectKey) async -> Bool = { _ in true },
        _ body: @escaping @Sendable (ObjectKey) async throws -> ReconcileResult
    ) -> some Service {
        Controller(
            reconciler: Closure(body: body), queue: queue, workers: workers, readiness: readiness,
            cache: CacheView(showsOwnWrites: barrier), logger: Logger(label: "test"))
    }

    private func run(_ controller: some Service, _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup { group in
            group.addTask(executorPreference: stage.executor) { try await controller.run() }
            try await body()
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.waitForAll() }
        }
    }

    @Test("no key is taken before everything is ready; what came before is worked on then")
    func readiness() async throws {
        let (store, isLeading) = (Store<Widget>(), Monitor(false))
        let calls = calls
        let controller = make(readiness: [
            { try await store.waitUntilSynced() }, { try await isLeading.wait { $0 ? () : nil } },
        ]) { key in
            calls.append(key.name)
            return .done
        }
        try await run(controller) {
            queue.add(.widget("a"))
            store.markSynced()
            await stage.settle()
            #expect(calls.count == 0)
            isLeading.update { $0 = true }
            try await eventually("not started") { calls.all == ["a"] }
        }
    }

    @Test(
        "a key that fails slowly pauses for as long as it took, and for 10 s at most: it has a worker half of the time")
    func slowFailure() async throws {
        let (starts, ends, clock) = (Log<Duration>(), Log<Duration>(), clock)
        let controller = make { _ in
            starts.append(clock.now)
            try await clock.sleep(for: .seconds(starts.count == 3 ? 40 : 4))
            ends.append(clock.now)
            throw Failure()
        }
        try await run(controller) {
            queue.add(.widget("a"))
            await stage.run("not in time") { starts.count == 5 }
        }
        let pauses = zip(starts.all.dropFirst(), ends.all).map { $0 - $1 }
        #expect(pauses.prefix(4) == [.seconds(4), .seconds(4), .seconds(10), .seconds(4)])
    }

    @Test("a failing key is retried with growing waits, which begin anew after a success")
    func backoff() async throws {
        let (calls, clock) = (Log<Duration>(), clock)
        let controller = make { _ in
            calls.append(clock.now)
            if calls.count == 8 { return .done }
            throw Failure()
        }
        try await run(controller) {
            queue.add(.widget("a"))
            await stage.run("not in time") { calls.count == 8 }
            queue.add(.widget("a"))
            await stage.run("not in time") { calls.count == 11 }
        }
        var gaps = zip(calls.all.dropFirst(), calls.all).map { $0 - $1 }
        // The second addition came from the test, at once.
        #expect(gaps.remove(at: 7) == .zero)
        for (index, gap) in gaps.enumerated() {
            let nominal = Duration.milliseconds(5) * (1 << (index < 7 ? index : index - 7))
            #expect(gap >= nominal * 0.79 && gap <= nominal * 1.21)
        }
    }

    @Test("a time set by a dependency is kept exactly, a requeue likewise, and a final error waits for a change")
    func times() async throws {
        let (calls, clock) = (Log<Duration>(), clock)
        let controller = make { _ in
            calls.append(clock.now)
            switch calls.count {
            case 1: throw RetryAfter(.seconds(17), cause: Failure())
            case 2: return .requeue(after: .seconds(100))
            default: throw TerminalError(Failure())
            }
        }
        try await run(controller) {
            queue.add(.widget("a"))
            await stage.run("not in time") { calls.count == 3 }
            #expect(calls.all == [.zero, .seconds(17), .seconds(117)])
            await stage.pass(.seconds(1_000))
            clock.advance(by: .seconds(1_000))
            await stage.settle()
            #expect(calls.count == 3)
            queue.add(.widget("a"))
            try await eventually("not looked at again") { calls.count == 4 }
        }
    }

    @Test("a reconcile that takes too long is cancelled and retried; other keys go on meanwhile")
    func timeout() async throws {
        let (calls, clock) = (calls, clock)
        let controller = make { key in
            calls.append(key.name)
            if key.name == "slow", calls.all.filter({ $0 == "slow" }).count == 1 {
                try await clock.sleep(for: .seconds(10_000))
            }
            return .done
        }
        try await run(controller) {
            queue.add(.widget("slow"))
            queue.add(.widget("fast"))
            try await eventually("one slow key stops all") { calls.all.contains("fast") }
            await stage.run("not in time", atMost: .seconds(100)) { calls.all.filter { $0 == "slow" }.count == 2 }
            #expect(clock.now >= .seconds(60))
        }
    }

    @Test("while the caches lack this process's own writes, the reconcile is put off by a second")
    func barrier() async throws {
        let (calls, clock, tries) = (calls, clock, Log<Duration>())
        let controller = make(barrier: { _ in
            tries.append(clock.now)
            return tries.count > 2
        }) { key in
            calls.append("\(key.name) at \(clock.now)")
            return .done
        }
        try await run(controller) {
            queue.add(.widget("a"))
            await stage.run("not in time") { calls.count == 1 }
        }
        #expect(tries.all == [.zero, .seconds(1), .seconds(2)])
    }

    @Test("at graceful shutdown what is in flight ends normally, and no new key is taken")
    func drains() async throws {
        let (calls, gate) = (calls, Monitor(false))
        let controller = make(workers: 1) { key in
            calls.append("begin \(key.name)")
            try await gate.wait { $0 ? () : nil }
            calls.append("end \(key.name)")
            return .done
        }
        let group = ServiceGroup(services: [controller], logger: Logger(label: "test"))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask(executorPreference: stage.executor) { try await group.run() }
            queue.add(.widget("a"))
            queue.add(.widget("b"))
            try await eventually("not begun") { calls.count == 1 }
            await group.triggerGracefulShutdown()
            try await eventually("the queue goes on") { queue.depth == 0 }
            gate.update { $0 = true }
            try await tasks.waitForAll()
        }
        #expect(calls.all == ["begin a", "end a"])
    }

    @Test("graceful shutdown ends a controller that still waits to become ready")
    func shutdownBeforeReady() async throws {
        let store = Store<Widget>()
        let calls = calls
        let group = ServiceGroup(
            services: [
                make(readiness: [{ try await store.waitUntilSynced() }]) { _ in
                    calls.append("called")
                    return .done
                }
            ], logger: Logger(label: "test"))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask(executorPreference: stage.executor) { try await group.run() }
            queue.add(.widget("a"))
            await stage.settle()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(calls.count == 0)
    }

    @Test("logs of a reconcile carry controller, object, generation and an id; a failure is logged once")
    func logs() async throws {
        let lines = Log<String>()
        let logger = Logger(label: "test") { _ in CapturingLogHandler(lines: lines) }
        let controller = Controller(
            reconciler: Closure { _ in
                Logger.current.info("inside")
                throw TerminalError(Failure())
            }, queue: queue, cache: CacheView(generation: { $0 == .widget("a") ? 7 : nil }), logger: logger)
        queue.add(.widget("a"))
        #expect(await controller.reconcileNextIfReady())
        #expect(lines.count == 2)
        let first = "info inside controller=test object.generation=7 object.key=ns/a reconcile.id="
        #expect(lines.all.first?.hasPrefix(first) == true)
        #expect(lines.all.last?.hasPrefix("error reconcile failed for good controller=test error=Failure()") == true)
        #expect(await !controller.reconcileNextIfReady())
    }
}
