import KubernetesModel
import Synchronization
import TestSupport
import Testing

@testable import VaultClient

/// No token of the operator outlives its use.
@Suite("VaultConnection: the end of tokens", .timeLimit(.minutes(1)))
struct TokenEndTests {
    private let clock = ManualClock()

    private func revoked(_ server: ScriptedServer) -> [String?] {
        server.requests.filter { $0.path.segments.last == "revoke-self" }.map(\.token)
    }

    @Test("an old token that is replaced because of a denied path is revoked, and the path does not do it again soon")
    func deniedPath() async throws {
        let server = ScriptedServer(lease: 36_000) { request in
            request.path.segments.first == "denied" ? .noCapability : .data(["value": "x"])
        }
        let connection = try TestConnection.make(server, clock: clock)
        _ = try await connection.read("a/b")
        for _ in 0..<5 {
            clock.advance(by: TokenLifecycle.oldAge)
            #expect(await code { _ = try await connection.read("denied/b") } == .permissionDenied)
        }
        #expect(server.loginCount == 2)
        #expect(revoked(server) == ["token-1"])
        clock.advance(by: TokenLifecycle.replacementInterval)
        #expect(await code { _ = try await connection.read("denied/b") } == .permissionDenied)
        #expect(server.loginCount == 3)
        #expect(revoked(server) == ["token-1", "token-2"])
    }

    @Test("when the login fails then, the old token stays in use: one denied path takes nothing from the others")
    func failedReplacement() async throws {
        let isRefusing = Mutex(false)
        let clock = clock
        let server = RefusingServer(isRefusing: { isRefusing.withLock { $0 } })
        let connection = try TestConnection.make(server, clock: clock)
        _ = try await connection.read("a/b")
        isRefusing.withLock { $0 = true }
        clock.advance(by: TokenLifecycle.oldAge)
        #expect(await code { _ = try await connection.read("denied/b") } == .permissionDenied)
        #expect(try await connection.read("a/b") == ["value": "x"])
    }

    @Test("the token is revoked also when everything is cancelled, as when the lease is lost")
    func cancelled() async throws {
        let server = ScriptedServer()
        let connection = try TestConnection.make(server, clock: clock)
        _ = try await connection.read("a/b")
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await connection.run() }
            group.cancelAll()
        }
        #expect(revoked(server) == ["token-1"])
        #expect(server.regardless.count == 1)
        #expect(server.isShutDown)
    }

    @Test("a server that does not know the token before its time, as after a restore, is told of once")
    func forgotten() async throws {
        let times = Mutex(0)
        let server = ScriptedServer { request in request.token == "token-1" ? .badToken : .data(["value": "x"]) }
        let connection = try TestConnection.make(
            server, clock: clock, onForgotten: { times.withLock { $0 += 1 } })
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { _ = try? await connection.read("a/b") } }
        }
        #expect(times.withLock { $0 } == 1)
        #expect(server.loginCount == 2)
    }

    @Test("a token that the upkeep replaces is revoked")
    func upkeep() async throws {
        let server = ScriptedServer(lease: 300) { request in
            request.path.segments.last == "renew-self" ? .errors(400, "lease is not renewable") : .data([:])
        }
        let connection = try TestConnection.make(server, clock: clock)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await connection.keepTokenFresh() }
            _ = try await connection.read("a/b")
            try await eventually("the upkeep sleeps") { clock.wakeTimes == [.seconds(200)] }
            clock.advance(by: .seconds(200))
            try await eventually("the old token is revoked") { revoked(server) == ["token-1"] }
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}

/// A server that denies `denied/`, and refuses logins when it is told to.
private final class RefusingServer: VaultTransport {
    private let isRefusing: @Sendable () -> Bool

    init(isRefusing: @escaping @Sendable () -> Bool) {
        self.isRefusing = isRefusing
    }

    func send(_ request: VaultRequest, timeout: Duration) async throws(VaultError) -> VaultResponse {
        if request.path.segments.last == "login" {
            return isRefusing() ? .errors(403, "no") : .token("t", lease: 36_000)
        }
        return request.path.segments.first == "denied" ? .noCapability : .data(["value": "x"])
    }

    func sendRegardless(_ request: VaultRequest, timeout: Duration) async throws(VaultError) -> VaultResponse {
        try await send(request, timeout: timeout)
    }

    func shutDown() async {}
}
