import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import LanyardOperator

@Suite("ConnectionGroup", .timeLimit(.minutes(1)))
struct ConnectionGroupTests {
    /// Ends only when all connections have been told to.
    private final class Meeting: Sendable {
        let told = Mutex(0)
    }

    private struct Connection: Service {
        let meeting: Meeting

        func run() async throws {
            try await gracefulShutdown()
            meeting.told.withLock { $0 += 1 }
            while meeting.told.withLock({ $0 }) < 2 { await Task.yield() }
        }
    }

    @Test("connections are told to end at the same time, and none waits for another")
    func together() async throws {
        let meeting = Meeting()
        let group = ServiceGroup(
            services: [ConnectionGroup(connections: [Connection(meeting: meeting), Connection(meeting: meeting)])],
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        async let run: Void = group.run()
        await group.triggerGracefulShutdown()
        try await run
        #expect(meeting.told.withLock { $0 } == 2)
    }

    @Test("one that fails takes the others with it")
    func failure() async throws {
        struct Failing: Service {
            struct Failure: Error {}
            func run() async throws { throw Failure() }
        }
        await #expect(throws: Failing.Failure.self) {
            try await ConnectionGroup(connections: [Failing(), Connection(meeting: Meeting())]).run()
        }
    }
}
