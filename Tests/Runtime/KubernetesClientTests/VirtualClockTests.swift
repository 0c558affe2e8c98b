import FoundationEssentials
import KubernetesModel
import KubernetesTesting
import Testing

@Suite("VirtualClock")
struct VirtualClockTests {
    @Test("wakes sleepers in the order of their deadlines, and only when time has come")
    func order() async throws {
        let clock = VirtualClock()
        let woken = try await withThrowingTaskGroup(of: Int.self) { group in
            for seconds in [3, 1, 2] {
                group.addTask {
                    try await clock.sleep(for: .seconds(seconds))
                    return seconds
                }
            }
            await clock.waitForSleepers(3)
            var woken: [Int] = []
            for _ in 0..<3 {
                #expect(clock.advanceToNextDeadline())
                if let next = try await group.next() { woken.append(next) }
            }
            return woken
        }
        #expect(woken == [1, 2, 3])
        #expect(clock.now == .seconds(3))
        #expect(!clock.advanceToNextDeadline())
    }

    @Test("moves civil time with itself")
    func wallTime() {
        let clock = VirtualClock(origin: WallTime(secondsSince1970: 100))
        clock.advance(by: .milliseconds(2500))
        #expect(clock.wallTime == WallTime(secondsSince1970: 102, microseconds: 500_000))
    }

    @Test("lets go of a sleeper that is cancelled")
    func cancellation() async {
        let clock = VirtualClock()
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await clock.sleep(for: .seconds(1)) }
            await clock.waitForSleepers()
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.waitForAll() }
        }
        #expect(clock.sleeperCount == 0)
    }

    @Test("gives UUIDs of version 4 that repeat with the seed")
    func uuids() {
        let first = Environment.simulated(seed: 5)
        let uuids = (0..<4).map { _ in first.makeUUID() }
        let second = Environment.simulated(seed: 5)
        #expect((0..<4).map { _ in second.makeUUID() } == uuids)
        #expect(Set(uuids).count == 4)
        #expect(uuids.allSatisfy { UUID(uuidString: $0) != nil && Array($0)[14] == "4" })
    }
}
