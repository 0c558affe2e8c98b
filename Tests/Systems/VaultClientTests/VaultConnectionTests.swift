import FoundationEssentials
import KubernetesModel
import Synchronization
import TestSupport
import Testing

@testable import VaultClient

@Suite("VaultConnection", .timeLimit(.minutes(1)))
struct VaultConnectionTests {
    @Test("twenty requests at once share one login")
    func singleFlight() async throws {
        let gate = Gate()
        let server = ScriptedServer(loginGate: gate)
        let connection = try TestConnection.make(server, maxConcurrentRequests: 20)
        try await withThrowingTaskGroup(of: JSONValue?.self) { group in
            for number in 0..<20 {
                group.addTask { try await connection.read("auth/kubernetes/role/r\(number)") }
            }
            try await eventually("all but one wait for the login") { connection.tokens.waitingCount == 19 }
            gate.open()
            for try await data in group { #expect(data == ["value": "x"]) }
        }
        #expect(server.loginCount == 1)
        #expect(server.requests.dropFirst().allSatisfy { $0.token == "token-1" })
    }

    @Test("when the task that logs in is cancelled, another takes over")
    func cancelledLogin() async throws {
        let clock = ManualClock()
        let isHanging = Mutex(true)
        let server = LoginServer { () throws(VaultError) in
            guard isHanging.withLock({ $0 }) else { return .token("t", lease: 60) }
            do { try await clock.sleep(for: .seconds(999)) } catch { throw VaultError(.cancelled, "cancelled") }
            return .errors(500)
        }
        let connection = try TestConnection.make(server, clock: clock)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let first = Task { try await connection.read("a/b") }
            try await eventually("the first logs in") { server.count == 1 }
            group.addTask { _ = try await connection.read("a/b") }
            try await eventually("the second waits") { connection.tokens.waitingCount == 1 }
            isHanging.withLock { $0 = false }
            first.cancel()
            await #expect(throws: VaultError.self) { try await first.value }
            try await group.waitForAll()
        }
        #expect(server.count == 2)
    }

    @Test("a login that hangs ends with the deadline of the request")
    func loginDeadline() async throws {
        let clock = ManualClock()
        let server = LoginServer { () throws(VaultError) in
            do { try await clock.sleep(for: .seconds(999)) } catch { throw VaultError(.cancelled, "cancelled") }
            return .errors(500)
        }
        let connection = try TestConnection.make(server, clock: clock)
        async let answer = code { _ = try await connection.read("a/b") }
        try await eventually("the request waits") { clock.wakeTimes.count == 2 }
        clock.advance(by: .seconds(10))
        #expect(await answer == .unavailable)
    }

    @Test("a refused login fails the request and is not repeated at once")
    func refusedLogin() async throws {
        let clock = ManualClock()
        let server = LoginServer { () throws(VaultError) in .errors(403, "service account name not authorized") }
        let connection = try TestConnection.make(server, clock: clock)
        for _ in 0..<5 { #expect(await code { _ = try await connection.read("a/b") } == .loginFailed) }
        #expect(server.count == 1)
        clock.advance(by: .seconds(1))
        #expect(await code { _ = try await connection.read("a/b") } == .loginFailed)
        #expect(server.count == 2)
    }

    @Test("the ServiceAccount token is read again at each login")
    func rotatedToken() async throws {
        let file = try TestConnection.tokenFile()
        let server = ScriptedServer { request in request.token == "token-1" ? .badToken : .data([:]) }
        let connection = try TestConnection.make(server, tokenFile: file)
        try Data("first".utf8).write(to: URL(filePath: file))
        async let read = connection.read("a/b")
        _ = try await read
        let jwts = server.requests.compactMap { $0.body?["jwt"]?.string }
        #expect(jwts == ["first", "first"])
        try Data("second".utf8).write(to: URL(filePath: file))
        let other = ScriptedServer()
        _ = try await TestConnection.make(other, tokenFile: file).read("a/b")
        #expect(other.requests.first?.body == ["role": "lanyard", "jwt": "second"])
    }

    @Test("a missing token file is a failed login")
    func missingTokenFile() async throws {
        let server = ScriptedServer()
        let connection = try TestConnection.make(server, tokenFile: "/nonexistent/token")
        #expect(await code { _ = try await connection.read("a/b") } == .loginFailed)
        #expect(server.requests.isEmpty)
    }

    @Test("a refusal that suggests a bad token leads to one login and one more try")
    func badToken() async throws {
        let server = ScriptedServer { request in request.token == "token-1" ? .badToken : .data(["ok": true]) }
        let connection = try TestConnection.make(server)
        #expect(try await connection.read("a/b") == ["ok": true])
        #expect(server.loginCount == 2)
    }

    @Test("a refusal of the new token is a missing permission")
    func refusedAgain() async throws {
        let server = ScriptedServer { _ in .badToken }
        let connection = try TestConnection.make(server)
        #expect(await code { _ = try await connection.read("a/b") } == .permissionDenied)
        #expect(server.loginCount == 2)
        #expect(server.calls.count == 2)
    }

    @Test("a missing capability is not answered with a login")
    func missingCapability() async throws {
        let server = ScriptedServer { _ in .noCapability }
        let connection = try TestConnection.make(server)
        #expect(await code { try await connection.write("a/b", [:]) } == .permissionDenied)
        #expect(server.loginCount == 1)
        #expect(server.calls.count == 1)
    }

    @Test("absence is nil, every other 404 throws")
    func absence() async throws {
        let server = ScriptedServer { request in
            request.path.segments.first == "a"
                ? VaultResponse(status: 404, body: .envelope(VaultEnvelope(errors: [])))
                : .errors(404, "no handler for route")
        }
        let connection = try TestConnection.make(server)
        #expect(try await connection.read("a/b") == nil)
        try await connection.delete("a/b")
        #expect(await code { _ = try await connection.read("b/b") } == .mountMissing)
        #expect(await code { try await connection.delete("b/b") } == .mountMissing)
    }

    @Test("a read that is answered without data is malformed, not absent")
    func readWithoutData() async throws {
        let connection = try TestConnection.make(ScriptedServer { _ in VaultResponse(status: 204) })
        #expect(await code { _ = try await connection.read("a/b") } == .malformedAnswer)
    }

    @Test("of what is listed all that the answer says is told, and one that has names alone is malformed")
    func details() async throws {
        let server = ScriptedServer { request in
            switch request.path.segments.last {
            case "none": VaultResponse(status: 404, body: .envelope(VaultEnvelope(errors: [])))
            case "names": .data(["keys": ["web"]])
            default: .data(["keys": ["web"], "key_info": ["web": ["version": 3]]])
            }
        }
        let connection = try TestConnection.make(server)
        #expect(try await connection.details(below: "sys/policies/detailed/acl") == ["web": ["version": 3]])
        #expect(server.requests.last?.query == "list=true")
        #expect(try await connection.details(below: "sys/policies/detailed/none").isEmpty)
        let failure = await code { _ = try await connection.details(below: "sys/policies/detailed/names") }
        #expect(failure == .malformedAnswer)
    }

    @Test("a path that could be read as another is never sent")
    func badPath() async throws {
        let server = ScriptedServer()
        let connection = try TestConnection.make(server)
        #expect(await code { _ = try await connection.read("auth/x/../y") } == .rejected)
        #expect(await code { try await connection.write("auth//y", [:]) } == .rejected)
        #expect(await code { try await connection.delete("auth/y\n") } == .rejected)
        #expect(server.requests.isEmpty)
    }

    @Test("a node that lags behind is asked again, then given up, and the state it lacks is forgotten")
    func laggingNode() async throws {
        let clock = ManualClock()
        let server = ScriptedServer { request in
            switch request.method {
            case .get: request.index == nil ? .data(["ok": true]) : VaultResponse(status: 412)
            case .post, .delete: VaultResponse(status: 204, index: "b3BhcXVl")
            }
        }
        let connection = try TestConnection.make(server, clock: clock)
        _ = try await connection.read("a/b")
        try await connection.write("a/b", [:])
        async let answer = code { _ = try await connection.read("a/b") }
        for tries in 1...3 {
            try await eventually("try \(tries) waits") {
                // Its deadline is further away.
                server.requests.filter { $0.method == .get }.count == tries + 1
                    && clock.wakeTimes.contains { $0 <= clock.now + .milliseconds(200) }
            }
            clock.advance(by: .milliseconds(200))
        }
        #expect(await answer == .unavailable)
        #expect(server.requests.last?.index == "b3BhcXVl")
        #expect(try await connection.read("a/b") == ["ok": true])
    }

    @Test("no more requests than configured are under way, and one that waits can be cancelled")
    func limit() async throws {
        let gate = Gate()
        let server = ScriptedServer { _ in
            await gate.pass()
            return .data([:])
        }
        let connection = try TestConnection.make(server, maxConcurrentRequests: 3)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<10 { group.addTask { _ = try await connection.read("a/b") } }
            try await eventually("three are under way") { gate.count == 3 }
            let late = Task { try await connection.read("late/b") }
            late.cancel()
            await #expect(throws: VaultError(.cancelled, "the task was cancelled")) { try await late.value }
            #expect(gate.count == 3)
            gate.open()
            try await group.waitForAll()
        }
        #expect(server.calls == Array(repeating: "GET a/b", count: 10))
    }
}

/// A server whose logins are a closure, and which answers everything else with data.
private final class LoginServer: VaultTransport {
    private let logins = Mutex(0)
    private let logIn: @Sendable () async throws(VaultError) -> VaultResponse

    init(_ logIn: @escaping @Sendable () async throws(VaultError) -> VaultResponse) {
        self.logIn = logIn
    }

    /// How many logins came.
    var count: Int { logins.withLock { $0 } }

    func send(_ request: VaultRequest, timeout: Duration) async throws(VaultError) -> VaultResponse {
        guard request.path.segments.last == "login" else { return .data([:]) }
        logins.withLock { $0 += 1 }
        return try await logIn()
    }

    func sendRegardless(_ request: VaultRequest, timeout: Duration) async throws(VaultError) -> VaultResponse {
        try await send(request, timeout: timeout)
    }

    func shutDown() async {}
}
