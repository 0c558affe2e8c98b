import KubernetesModel
import Synchronization
import TestSupport
import Testing

@testable import VaultClient

@Suite("VaultConnection: fence, token upkeep, probes", .timeLimit(.minutes(1)))
struct VaultConnectionFenceTests {
    @Test("without leadership nothing is written, but reads go on", arguments: [nil, Duration.zero])
    func fenced(_ remaining: Duration?) async throws {
        let server = ScriptedServer()
        let connection = try TestConnection.make(server, fence: { remaining })
        #expect(await code { try await connection.write("a/b", [:]) } == .fenced)
        #expect(await code { _ = try await connection.submit("a/b", [:]) } == .fenced)
        #expect(await code { try await connection.delete("a/b") } == .fenced)
        #expect(server.requests.isEmpty)
        #expect(try await connection.read("a/b") == ["value": "x"])
    }

    @Test("leadership that ends while a write waits stops it")
    func fencedLate() async throws {
        let gate = Gate()
        let leads = Mutex(true)
        let server = ScriptedServer(loginGate: gate)
        let connection = try TestConnection.make(
            server, fence: { leads.withLock { $0 } ? .seconds(60) : nil })
        async let answer = code { try await connection.write("a/b", [:]) }
        try await eventually("the write waits for the login") { gate.count == 1 }
        leads.withLock { $0 = false }
        gate.open()
        #expect(await answer == .fenced)
        #expect(server.calls.isEmpty)
    }

    @Test("a write gets no more time than leadership lasts")
    func fencedTime() async throws {
        let clock = ManualClock()
        let server = ScriptedServer { request throws(VaultError) in
            guard request.method == .post else { return .data([:]) }
            do { try await clock.sleep(for: .seconds(999)) } catch { throw VaultError(.cancelled, "cancelled") }
            return .data([:])
        }
        let connection = try TestConnection.make(server, clock: clock, fence: { .milliseconds(900) })
        async let answer = code { try await connection.write("a/b", [:]) }
        try await eventually("the write is under way") { server.calls.count == 1 && clock.wakeTimes.count == 2 }
        #expect(clock.wakeTimes.first == .milliseconds(900))
        clock.advance(by: .milliseconds(900))
        #expect(await answer == .slow)
    }

    @Test("the state after a write is asked for in later reads, and in reads only")
    func index() async throws {
        let server = ScriptedServer { request in
            request.method == .get ? .data([:]) : VaultResponse(status: 204, index: "b3BhcXVl")
        }
        let connection = try TestConnection.make(server)
        _ = try await connection.read("a/b")
        try await connection.write("a/b", [:])
        _ = try await connection.read("a/b")
        try await connection.write("a/b", [:])
        #expect(server.requests.dropFirst().map(\.index) == [nil, nil, "b3BhcXVl", nil])
    }

    @Test("the token is renewed at two thirds of its lease and revoked at the end")
    func upkeep() async throws {
        let clock = ManualClock()
        let server = ScriptedServer(lease: 300) { request in
            request.path.segments.last == "renew-self" ? .token("token-1", lease: 300) : .data([:])
        }
        let connection = try TestConnection.make(server, clock: clock)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await connection.keepTokenFresh() }
            _ = try await connection.read("a/b")
            for renewals in 1...3 {
                try await eventually("the upkeep sleeps") { clock.wakeTimes == [.seconds(200 * renewals)] }
                clock.advance(by: .seconds(200))
                try await eventually("renewal \(renewals)") {
                    server.calls.filter { $0 == "POST auth/token/renew-self" }.count == renewals
                }
            }
            group.cancelAll()
            try await group.waitForAll()
        }
        await connection.close()
        #expect(server.loginCount == 1)
        #expect(server.calls.last == "POST auth/token/revoke-self")
        #expect(server.requests.last?.token == "token-1")
        #expect(server.isShutDown)
        #expect(await code { _ = try await connection.read("a/b") } == .unavailable)
    }

    @Test("a token that cannot be renewed is replaced by a login")
    func replacement() async throws {
        let clock = ManualClock()
        let server = ScriptedServer(lease: 300) { request in
            request.path.segments.last == "renew-self" ? .errors(400, "lease is not renewable") : .data([:])
        }
        let connection = try TestConnection.make(server, clock: clock)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await connection.keepTokenFresh() }
            _ = try await connection.read("a/b")
            try await eventually("the upkeep sleeps") { clock.wakeTimes == [.seconds(200)] }
            clock.advance(by: .seconds(200))
            try await eventually("the second login") { server.loginCount == 2 }
            group.cancelAll()
            try await group.waitForAll()
        }
        _ = try await connection.read("a/b")
        #expect(server.requests.last?.token == "token-2")
    }

    @Test("a server that does not answer the revocation does not hold the shutdown up")
    func hangingRevocation() async throws {
        let clock = ManualClock()
        let server = ScriptedServer { request throws(VaultError) in
            guard request.path.segments.last == "revoke-self" else { return .data([:]) }
            do { try await clock.sleep(for: .seconds(999)) } catch { throw VaultError(.cancelled, "cancelled") }
            return .data([:])
        }
        let connection = try TestConnection.make(server, clock: clock)
        _ = try await connection.read("a/b")
        async let closing: Void = connection.close()
        try await eventually("the revocation hangs") { clock.wakeTimes.count == 2 }
        clock.advance(by: .seconds(2))
        await closing
        #expect(server.isShutDown)
    }

    @Test(
        "health tells sealed from unavailable",
        arguments: [
            (200, nil), (501, VaultError.Code.sealed), (503, .sealed), (472, .unavailable), (474, .unavailable),
            (530, .unavailable), (502, .unavailable),
        ])
    func health(_ status: Int, _ expected: VaultError.Code?) async throws {
        let server = ScriptedServer { _ in VaultResponse(status: status) }
        let connection = try TestConnection.make(server)
        #expect(await code { try await connection.checkHealth() } == expected)
        #expect(server.requests.first?.query == "standbyok=true&perfstandbyok=true")
        #expect(server.requests.first?.token == nil)
        #expect(server.loginCount == 0)
    }

    @Test("check-and-set of policies is OpenBao's, and is asked for once")
    func checkAndSet() async throws {
        var openBao = VaultEnvelope()
        openBao.commitDate = "2026-10-26T20:32:27Z"
        for (envelope, expected) in [(openBao, true), (VaultEnvelope(), false)] {
            let server = ScriptedServer { _ in VaultResponse(status: 200, body: .envelope(envelope)) }
            let connection = try TestConnection.make(server)
            #expect(try await connection.supportsPolicyCheckAndSet == expected)
            #expect(try await connection.supportsPolicyCheckAndSet == expected)
            #expect(server.calls == ["GET sys/seal-status"])
        }
    }

    @Test("a server that does not tell is no server without check-and-set, and is asked again")
    func unknownServer() async throws {
        let answers = Mutex(0)
        let server = ScriptedServer { _ in
            let count = answers.withLock { count in
                count += 1
                return count
            }
            var envelope = VaultEnvelope()
            envelope.commitDate = "2026"
            return count == 1 ? VaultResponse(status: 503) : VaultResponse(status: 200, body: .envelope(envelope))
        }
        let connection = try TestConnection.make(server)
        #expect(await code { _ = try await connection.supportsPolicyCheckAndSet } == .unavailable)
        #expect(try await connection.supportsPolicyCheckAndSet)
    }

    @Test("a server that forbids the question has answered it", arguments: [403, 404])
    func forbiddenQuestion(_ status: Int) async throws {
        let connection = try TestConnection.make(ScriptedServer { _ in VaultResponse(status: status) })
        #expect(try await !connection.supportsPolicyCheckAndSet)
    }
}
