import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Synchronization
import Testing

@testable import ControllerRuntime

@Suite("Fault: 429 with Retry-After, 500 loops, streams that end at once", .timeLimit(.minutes(5)))
struct OverloadTests {
    private let world = WatchedServer()

    /// How often the server is asked during ten minutes in which it answers so; afterwards it is followed again.
    private func requestsInTenMinutes(
        duringWatch: Bool, _ fault: @escaping @Sendable () throws -> [FaultyAPI.WatchStep]
    ) async throws -> Int {
        let (api, clock) = (world.api, world.clock)
        let isFaulty = Mutex(true)
        let asked = Log<Duration>()
        @Sendable func faulty() throws -> [FaultyAPI.WatchStep]? {
            guard isFaulty.withLock({ $0 }) else { return nil }
            asked.append(clock.now)
            return try fault()
        }
        api.interceptWatch { _ in duringWatch ? try faulty() : nil }
        if !duringWatch {
            api.intercept { _ in
                _ = try faulty()
                return nil
            }
        }
        try await world.follow { _ in
            await world.stage.pass(.seconds(600))
            isFaulty.withLock { $0 = false }
            _ = try await world.create("a")
            try await world.expectConvergence(atMost: .seconds(61))
        }
        return asked.count
    }

    @Test("a server that asks to wait is asked no more often than that", arguments: [true, false])
    func retryAfter(duringWatch: Bool) async throws {
        let asked = try await requestsInTenMinutes(duringWatch: duringWatch) {
            throw KubernetesError(.tooManyRequests, "slow down", httpStatus: 429, retryAfter: .seconds(20))
        }
        #expect((27...34).contains(asked), "\(asked) requests")
    }

    @Test("a 429 inside the stream is obeyed as well, and is no reason to list")
    func retryAfterInStream() async throws {
        let status = #"{"code":429,"reason":"TooManyRequests","details":{"retryAfterSeconds":20}}"#
        let asked = try await requestsInTenMinutes(duringWatch: true) {
            [.line(#"{"type":"ERROR","object":\#(status)}"#)]
        }
        #expect((27...34).contains(asked), "\(asked) requests")
        #expect(world.lists.count == 1)
    }

    @Test(
        "an absurd Retry-After neither traps nor stops the source for ever, and a negative one makes no hot loop",
        arguments: [Int.max, 86_400, -5, 0])
    func absurd(seconds: Int) async throws {
        let asked = try await requestsInTenMinutes(duringWatch: true) {
            [.line(#"{"type":"ERROR","object":{"code":429,"details":{"retryAfterSeconds":\#(seconds)}}}"#)]
        }
        #expect(asked <= 120, "\(asked) requests")
    }

    enum Loop: CaseIterable { case http500, html503, error500, closedAtOnce, errorOther }

    @Test("whatever fails over and over is asked with growing, jittered waits", arguments: Loop.allCases)
    func loops(loop: Loop) async throws {
        let asked = try await requestsInTenMinutes(duringWatch: true) {
            switch loop {
            case .http500: throw KubernetesError(.serverError, "HTTP 500", httpStatus: 500)
            case .html503: throw KubernetesError(.malformedAnswer, "HTTP 503 without a Status", httpStatus: 503)
            case .error500: [.line(#"{"type":"ERROR","object":{"code":500,"reason":"InternalError"}}"#)]
            case .closedAtOnce: []
            case .errorOther: [.line(#"{"type":"ERROR","object":{"code":418}}"#)]
            }
        }
        // The mean wait at the cap is 15 s.
        #expect((20...100).contains(asked), "\(asked) requests")
        let listLimit = loop == .errorOther ? 100 : loop == .error500 ? 25 : 1
        #expect(world.lists.count <= listLimit, "\(world.lists.count) lists")
    }
}
