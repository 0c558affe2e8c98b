import KubernetesModel
import KubernetesTesting
import Synchronization
import Testing

@Suite("Turns", .timeLimit(.minutes(1)))
struct TurnsTests {
    private let clock = VirtualClock()
    private let turns = Turns(2)

    private final class Served: Sendable {
        let numbers = Mutex<[Int]>([])
    }

    private func waitForWaiters(_ count: Int) async {
        while turns.waitingCount != count { await Task.yield() }
    }

    @Test("places are handed on in the order of arrival")
    func order() async {
        let served = Served()
        #expect(await turns.enter(atMost: .seconds(1), clock))
        #expect(await turns.enter(atMost: .seconds(1), clock))
        await withTaskGroup { group in
            for number in 0..<3 {
                group.addTask {
                    #expect(await turns.enter(atMost: .seconds(60), clock))
                    served.numbers.withLock { $0.append(number) }
                    turns.leave()
                }
                await waitForWaiters(number + 1)
            }
            turns.leave()
        }
        #expect(served.numbers.withLock { $0 } == [0, 1, 2])
        // The one that was never given back is still taken.
        #expect(await turns.enter(atMost: .zero, clock))
        #expect(await !turns.enter(atMost: .zero, clock))
    }

    @Test("who waits too long has no place, and nobody hands it one later")
    func timeout() async {
        for _ in 0..<2 { #expect(await turns.enter(atMost: .seconds(1), clock)) }
        async let entered = turns.enter(atMost: .seconds(20), clock)
        await waitForWaiters(1)
        await clock.waitForSleepers(1)
        clock.advance(by: .seconds(20))
        #expect(await !entered)
        turns.leave()
        #expect(turns.waitingCount == 0)
        #expect(await turns.enter(atMost: .zero, clock))
    }

    @Test("who is cancelled has no place")
    func cancellation() async {
        for _ in 0..<2 { #expect(await turns.enter(atMost: .seconds(1), clock)) }
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await turns.enter(atMost: .seconds(20), clock) }
            await waitForWaiters(1)
            group.cancelAll()
            #expect(await group.next() == false)
        }
        #expect(turns.waitingCount == 0)
    }
}
