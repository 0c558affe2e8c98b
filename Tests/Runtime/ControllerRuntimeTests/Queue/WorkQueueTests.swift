import KubernetesModel
import KubernetesTesting
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("WorkQueue", .timeLimit(.minutes(1)))
struct WorkQueueTests {
    private let clock = VirtualClock()

    private func make() -> WorkQueue<String> {
        WorkQueue(environment: .simulated(seed: 1, clock: clock), name: "test")
    }

    @Test("a waiting worker gets a key as soon as it is added")
    func wakes() async throws {
        let queue = make()
        async let key = queue.withNext { $0.key }
        queue.add("a")
        #expect(try await key == "a")
    }

    @Test("a delayed key reaches a waiting worker when its time comes, and an earlier one shortens the wait")
    func delayed() async throws {
        let queue = make()
        let got = Log<String>()
        try await withThrowingTaskGroup { group in
            group.addTask { try await queue.run() }
            group.addTask { while try await queue.withNext({ got.append($0.key) }) != nil {} }
            queue.add("late", after: .seconds(60))
            await clock.waitForSleepers()
            queue.add("early", after: .seconds(1))
            try await eventually("the timer did not notice the earlier key") { clock.nextDeadline == .seconds(1) }
            clock.advance(by: .seconds(1))
            try await eventually("early was not handed out") { got.all == ["early"] }
            try await eventually("the timer does not wait for the next key") { clock.nextDeadline == .seconds(60) }
            clock.advance(by: .seconds(59))
            try await eventually("late was not handed out") { got.all == ["early", "late"] }
            queue.shutDown()
            try await group.waitForAll()
        }
    }

    @Test("a key is given back even when its work throws")
    func givesBack() async throws {
        let queue = make()
        queue.add("a")
        await #expect(throws: TestError.self) { try await queue.withNext { _ in throw TestError() } }
        queue.add("a")
        #expect(try await queue.withNext { $0.key } == "a")
    }

    @Test("shutdown wakes all waiting workers with nil, even when it races with their waiting", arguments: 0..<20)
    func shutdown(yields: Int) async throws {
        let queue = make()
        try await withThrowingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    let key = try await queue.withNext { $0.key }
                    #expect(key == nil)
                }
            }
            for _ in 0..<yields { await Task.yield() }
            queue.shutDown()
            try await group.waitForAll()
        }
        queue.add("a")
        #expect(queue.depth == 0)
    }

    @Test("many workers and many adders: every key is worked on, never by two at once")
    func stress() async throws {
        let queue = make()
        let busy = Monitor<Set<String>>([])
        let done = Log<String>()
        try await withThrowingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    while try await queue.withNext({ item in
                        let isAlone = busy.update { $0.insert(item.key).inserted }
                        #expect(isAlone)
                        await Task.yield()
                        busy.update { _ = $0.remove(item.key) }
                        done.append(item.key)
                    }) != nil {}
                }
            }
            await withTaskGroup { adders in
                for _ in 0..<4 {
                    adders.addTask {
                        for index in 0..<500 {
                            queue.add("k\(index % 50)")
                            if index % 7 == 0 { await Task.yield() }
                        }
                    }
                }
            }
            try await eventually("the queue did not empty") { queue.depth == 0 && busy.read { $0.isEmpty } }
            queue.shutDown()
            try await group.waitForAll()
        }
        #expect(Set(done.all).count == 50)
    }

    @Test("a retry counts as an addition, as it does in client-go")
    func retriesAreAdditions() {
        let metrics = RecordingMetrics()
        let queue = WorkQueue<String>(
            environment: .simulated(seed: 1, clock: clock), name: "q", metricsFactory: metrics)
        queue.add("a")
        queue.addRateLimited("b")
        #expect(metrics["workqueue_adds_total{controller=q,name=q}"] == 2)
        #expect(metrics["workqueue_retries_total{controller=q,name=q}"] == 1)
    }

    struct TestError: Error {}
}
