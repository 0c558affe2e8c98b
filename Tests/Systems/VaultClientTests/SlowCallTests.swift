import KubernetesModel
import Synchronization
import TestSupport
import Testing

@testable import VaultClient

/// A call that waits for what is behind the server says nothing of the server, and takes nothing from other calls.
@Suite("VaultConnection: slow calls", .timeLimit(.minutes(1)))
struct SlowCallTests {
    private let clock = ManualClock()

    /// A server that never answers below `slow/`, nor where else it is told not to.
    private func server(silentAt paths: Set<String> = []) -> ScriptedServer {
        let clock = clock
        return ScriptedServer { request throws(VaultError) in
            let path = request.path.segments.joined(separator: "/")
            guard request.path.segments.first == "slow" || paths.contains(path) else { return .data(["value": "x"]) }
            do { try await clock.sleep(for: .seconds(999)) } catch { throw .taskCancelled }
            return .data([:])
        }
    }

    /// How many calls the server lets hang, and how many wait for a deadline. While a call is between two of its deadlines it
    /// hangs without one.
    private var waits: (hanging: Int, deadlines: Int) {
        let rests = clock.wakeTimes.map { $0 - clock.now }
        return (rests.count { $0 > .seconds(500) }, rests.count { $0 <= .seconds(500) })
    }

    /// Lets the time of calls that hang pass in steps, as they wait for one time after the other.
    private func pass(_ step: Duration) async throws {
        let until = clock.now + step
        while clock.now < until {
            try await eventually("each call that hangs has a deadline") { waits.deadlines >= waits.hanging }
            let next = clock.wakeTimes.first { $0 > clock.now } ?? until
            clock.advance(by: min(next, until) - clock.now)
        }
    }

    /// Lets time pass to the next deadline, and the next, until a call is answered.
    private func answer(to call: @escaping @Sendable () async -> VaultError.Code?) async -> VaultError.Code? {
        let isAnswered = Mutex(false)
        async let answer = {
            let answer = await call()
            isAnswered.withLock { $0 = true }
            return answer
        }()
        while !isAnswered.withLock({ $0 }) {
            // Not while the server is about to answer: that takes no time.
            if waits.hanging > 0, waits.deadlines == waits.hanging, let next = clock.wakeTimes.first {
                clock.advance(by: next - clock.now)
            }
            await Task.yield()
        }
        return await answer
    }

    @Test("a call that is not answered in time is slow, when the server answers a cheap read")
    func slow() async throws {
        let server = server()
        let connection = try TestConnection.make(server, clock: clock)
        #expect(await answer { await code { try await connection.write("slow/b", [:]) } } == .slow)
        #expect(server.calls == ["POST slow/b", "GET sys/health", "GET auth/token/lookup-self"])
    }

    @Test(
        "it is an outage, when a cheap read is not answered either",
        arguments: ["sys/health", "auth/token/lookup-self"])
    func outage(_ silent: String) async throws {
        let connection = try TestConnection.make(server(silentAt: [silent]), clock: clock)
        #expect(await answer { await code { _ = try await connection.read("slow/b") } } == .unavailable)
    }

    @Test("it is an outage, when the server says that it is sealed meanwhile")
    func sealed() async throws {
        let clock = clock
        let server = ScriptedServer { request throws(VaultError) in
            guard request.path.segments.first == "slow" else { return VaultResponse(status: 503) }
            do { try await clock.sleep(for: .seconds(999)) } catch { throw .taskCancelled }
            return .data([:])
        }
        let connection = try TestConnection.make(server, clock: clock)
        #expect(await answer { await code { _ = try await connection.read("slow/b") } } == .sealed)
    }

    @Test(
        "an answer like in an outage is one only if cheap reads fail as well",
        arguments: [
            (500, VaultError.Code.rejected, VaultError.Code.unavailable), (502, .slow, .unavailable),
            (503, .slow, .unavailable), (501, .slow, .sealed),
        ])
    func singleFailure(status: Int, alone: VaultError.Code, confirmed: VaultError.Code) async throws {
        for (isAway, expected) in [(false, alone), (true, confirmed)] {
            let server = ScriptedServer { request throws(VaultError) in
                isAway || request.path.segments.first == "database" ? VaultResponse(status: status) : .data([:])
            }
            let connection = try TestConnection.make(server, clock: clock)
            #expect(await code { try await connection.write("database/roles/a", [:]) } == expected)
            #expect(server.calls.prefix(2) == ["POST database/roles/a", "GET sys/health"])
        }
    }

    @Test("calls that hang in every place give them to others after a second")
    func makesRoom() async throws {
        let server = server()
        let connection = try TestConnection.make(server, clock: clock, maxConcurrentRequests: 4)
        try await withThrowingTaskGroup(of: VaultError.Code?.self) { group in
            for number in 0..<2 { group.addTask { await code { try await connection.write("slow/\(number)", [:]) } } }
            try await eventually("two hang") { server.calls.count == 2 }
            try await pass(.seconds(1))
            for number in 2..<6 { group.addTask { await code { try await connection.write("slow/\(number)", [:]) } } }
            try await eventually("four more hang") { server.calls.count == 6 }
            async let bystander = connection.read("quick/b")
            try await pass(.seconds(1))
            #expect((try? await bystander) == ["value": "x"])
            group.cancelAll()
        }
    }

    @Test("no more calls hang than their share: the others end after a second, and are slow, too")
    func share() async throws {
        let server = server()
        let connection = try TestConnection.make(server, clock: clock, maxConcurrentRequests: 4)
        try await withThrowingTaskGroup(of: VaultError.Code?.self) { group in
            for number in 0..<4 { group.addTask { await code { try await connection.write("slow/\(number)", [:]) } } }
            try await eventually("four hang") { server.calls.count == 4 }
            try await pass(.seconds(1))
            // Half of four may go on.
            for _ in 0..<2 { #expect(try await group.next() == .slow) }
            try await pass(.seconds(9))
            for _ in 0..<2 { #expect(try await group.next() == .slow) }
        }
        // All places are free again.
        #expect(try await connection.read("quick/b") == ["value": "x"])
    }

    @Test("the time of a call runs from its turn, and a turn that never comes says nothing of the server")
    func turn() async throws {
        let gate = Gate()
        let server = ScriptedServer { request throws(VaultError) in
            if request.path.segments.first == "first" { await gate.pass() }
            return .data(["value": "x"])
        }
        let connection = try TestConnection.make(server, clock: clock, maxConcurrentRequests: 1)
        async let first = connection.read("first/b")
        try await eventually("the first has the place") { gate.count == 1 }
        // A place that is only kept for less than a second: the clock stands still for the first.
        async let second = connection.read("second/b")
        try await eventually("the second waits") { clock.wakeTimes.contains(.seconds(20)) }
        gate.open()
        #expect(try await first == ["value": "x"])
        #expect(try await second == ["value": "x"])
    }

    @Test("the deadline of leadership cuts a write that hangs, and that is no outage")
    func fence() async throws {
        let server = server()
        let connection = try TestConnection.make(server, clock: clock, fence: { .seconds(3) })
        #expect(await answer { await code { try await connection.write("slow/b", [:]) } } == .slow)
    }

    @Test("what is listed is counted, and nothing is when there is nothing")
    func count() async throws {
        let server = ScriptedServer { request in
            request.path.segments.last == "none"
                ? VaultResponse(status: 404, body: .envelope(VaultEnvelope(errors: []))) : .data(["keys": ["a", "b"]])
        }
        let connection = try TestConnection.make(server)
        #expect(try await connection.count(below: "sys/leases/lookup/some") == 2)
        #expect(try await connection.count(below: "sys/leases/lookup/none") == 0)
        #expect(try await connection.names(below: "sys/leases/lookup/some") == ["a", "b"])
        #expect(server.requests.last?.query == "list=true")
    }
}
