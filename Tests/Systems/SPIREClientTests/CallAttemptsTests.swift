import GRPCCore
import Synchronization
import Testing

@testable import SPIREClient

@Suite("CallAttempts")
struct CallAttemptsTests {
    /// Fails as the list says, then succeeds; each call takes a second.
    private func attempt(
        failures: [RPCError.Code], timeout: Duration = .seconds(10)
    ) async -> (result: RPCError.Code?, timeouts: [Duration]) {
        let time = Mutex(Duration.zero)
        var timeouts: [Duration] = []
        let attempts = CallAttempts(
            timeout: timeout, now: { time.withLock { $0 } }, sleep: { pause in time.withLock { $0 += pause } })
        do {
            try await attempts.make { timeout in
                timeouts.append(timeout)
                time.withLock { $0 += .seconds(1) }
                if failures.count >= timeouts.count {
                    throw RPCError(code: failures[timeouts.count - 1], message: "")
                }
            }
            return (nil, timeouts)
        } catch {
            return ((error as? RPCError)?.code, timeouts)
        }
    }

    @Test("a call whose connection was lost is made again, with what is left of its time")
    func lost() async {
        let (result, timeouts) = await attempt(failures: [.unavailable, .unavailable])
        #expect(result == nil)
        #expect(timeouts == [.seconds(10), .seconds(9), .milliseconds(7850)])
    }

    @Test("it is given up after three attempts, or when the time is over")
    func givenUp() async {
        var (result, timeouts) = await attempt(failures: [.unavailable, .unavailable, .unavailable, .unavailable])
        #expect(result == .unavailable)
        #expect(timeouts.count == 3)
        (result, timeouts) = await attempt(failures: [.unavailable], timeout: .seconds(1))
        #expect(result == .unavailable)
        #expect(timeouts.count == 1)
    }

    @Test("a task that is cancelled already makes no call")
    func cancelled() async {
        let (isCancelled, calls) = await withTaskGroup(of: (Bool, Int).self) { group in
            group.addTask {
                let calls = Mutex(0)
                withUnsafeCurrentTask { $0?.cancel() }  // from outside, the call might have been made before
                do {
                    try await CallAttempts(timeout: .seconds(1), now: { .zero }, sleep: { _ in }).make { _ in
                        calls.withLock { $0 += 1 }
                    }
                    return (false, calls.withLock(\.self))
                } catch {
                    return (error is CancellationError, calls.withLock(\.self))
                }
            }
            return await group.next() ?? (false, -1)
        }
        #expect(isCancelled)
        #expect(calls == 0)
    }

    @Test("every other failure is an answer", arguments: [RPCError.Code.deadlineExceeded, .internalError, .notFound])
    func answered(_ code: RPCError.Code) async {
        let (result, timeouts) = await attempt(failures: [code])
        #expect(result == code)
        #expect(timeouts.count == 1)
    }
}
