import KubernetesModel
import KubernetesTesting
import Testing

@testable import ControllerRuntime

@Suite("Alarm clock", .timeLimit(.minutes(1)))
struct AlarmClockTests {
    private let base = VirtualClock()
    private let alarm: AlarmClock
    private let woken = Monitor<[Int]>([])

    init() { alarm = AlarmClock(base: base) }

    /// Runs the clock until the body has ended.
    private func whileItRuns(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await alarm.run() }
            while !alarm.isRunning { await Task.yield() }
            try await body()
            group.cancelAll()
            do {
                try await group.waitForAll()
                Issue.record("the clock ended by itself")
            } catch is CancellationError {}
        }
    }

    /// Sleeps so many seconds, and says so afterwards.
    private func sleep(_ seconds: Int) async throws {
        try await alarm.sleep(for: .seconds(seconds))
        woken.update { $0.append(seconds) }
    }

    private func waitForSleepers(_ count: Int) async {
        while alarm.sleeperCount != count { await Task.yield() }
    }

    @Test("sleepers wake in their time, by one timer for the earliest")
    func order() async throws {
        try await whileItRuns {
            try await withThrowingTaskGroup(of: Void.self) { sleepers in
                for (count, seconds) in [30, 10, 20].enumerated() {
                    sleepers.addTask { try await sleep(seconds) }
                    await waitForSleepers(count + 1)
                }
                for (count, seconds) in [10, 20, 30].enumerated() {
                    while base.sleeperCount != 1 || base.nextDeadline != .seconds(seconds) { await Task.yield() }
                    base.advance(by: .seconds(9))
                    #expect(woken.read { $0.count } == count)
                    base.advance(by: .seconds(1))
                    try await woken.wait { $0.count > count ? () : nil }
                }
                try await sleepers.waitForAll()
            }
        }
        #expect(woken.read { $0 } == [10, 20, 30])
    }

    @Test("who is cancelled is gone, and nothing is left of it but the timer that is set")
    func cancelled() async throws {
        try await whileItRuns {
            for _ in 0..<1_000 {
                await #expect(throws: RetryAfter.self) {
                    try await alarm.withTimeout(.seconds(60)) { () async throws -> Void in
                        await waitForSleepers(1)
                        throw RetryAfter(.zero, cause: CancellationError())
                    }
                }
                #expect(alarm.sleeperCount == 0)
            }
            #expect(base.sleeperCount <= 1)
            #expect(alarm.rememberedCount <= 66)
        }
    }

    @Test("a sleep that is cancelled before it begins ends at once")
    func cancelledBefore() async throws {
        try await whileItRuns {
            await withTaskGroup(of: Void.self) { sleepers in
                sleepers.cancelAll()
                sleepers.addTask {
                    await #expect(throws: CancellationError.self) { try await alarm.sleep(for: .seconds(60)) }
                }
            }
            #expect(alarm.sleeperCount == 0)
        }
    }

    @Test("sleepers see to themselves before it runs, and from its end on")
    func alone() async throws {
        try await withThrowingTaskGroup(of: Void.self) { sleepers in
            sleepers.addTask { try await sleep(5) }
            await base.waitForSleepers()
            base.advance(by: .seconds(5))
            try await sleepers.waitForAll()
        }
        try await withThrowingTaskGroup(of: Void.self) { sleepers in
            let hasBegun = Monitor(false)
            sleepers.addTask {
                try await hasBegun.wait { $0 ? () : nil }
                try await sleep(20)
            }
            try await whileItRuns {
                hasBegun.update { $0 = true }
                await waitForSleepers(1)
                base.advance(by: .seconds(5))
            }
            while base.nextDeadline != .seconds(25) { await Task.yield() }
            #expect(alarm.sleeperCount == 0)
            base.advance(by: .seconds(15))
            try await sleepers.waitForAll()
        }
        #expect(woken.read { $0 } == [5, 20])
    }
}
