import KubernetesModel
import Metrics
import PrometheusExposition
import Synchronization
import TestSupport
import Testing

@testable import VaultClient

@Suite("VaultMetrics", .timeLimit(.minutes(1)))
struct VaultMetricsTests {
    private let registry = PrometheusRegistry()
    private let clock = ManualClock()

    private func series(_ name: String) -> [String] {
        registry.render().split(separator: "\n").filter { $0.hasPrefix(name) }.map(String.init)
    }

    private func connection(_ server: any VaultTransport, tokenFile: String? = nil) throws -> VaultConnection {
        try withMetricsFactory(registry) {
            try TestConnection.make(server, clock: clock, tokenFile: tokenFile)
        }
    }

    /// What is exposed of logins, in the order of the labels: error, refused, success.
    private var logins: [String] { series("vault_logins_total").map { String($0.suffix(1)) } }

    @Test("logins are counted by how they end, from zero")
    func loginCounts() async throws {
        let answer = Mutex(VaultResponse.errors(403, "service account name not authorized"))
        let server = AnsweringServer { answer.withLock { $0 } }
        let connection = try connection(server)
        #expect(
            series("vault_logins_total") == [
                "vault_logins_total{status=\"error\"} 0", "vault_logins_total{status=\"refused\"} 0",
                "vault_logins_total{status=\"success\"} 0",
            ])
        #expect(await code { _ = try await connection.read("a/b") } == .loginFailed)
        // It is not tried again at once, and not counted.
        #expect(await code { _ = try await connection.read("a/b") } == .loginFailed)
        #expect(logins == ["0", "1", "0"])
        clock.advance(by: .seconds(1))
        answer.withLock { $0 = .errors(503, "Vault is sealed") }
        #expect(await code { _ = try await connection.read("a/b") } == .sealed)
        #expect(logins == ["1", "1", "0"])
        answer.withLock { $0 = .token("t", lease: 60) }
        _ = try await connection.read("a/b")
        _ = try await connection.read("a/b")
        #expect(logins == ["1", "1", "1"])
    }

    @Test("a login that fails before anything is sent is a refusal")
    func missingFile() async throws {
        let connection = try connection(AnsweringServer { .errors(500) }, tokenFile: "/nonexistent/token")
        #expect(await code { _ = try await connection.read("a/b") } == .loginFailed)
        #expect(logins == ["0", "1", "0"])
    }

    @Test("a login that is not answered in time is counted once, whoever ends it")
    func hungLogin() async throws {
        // The transport, whose deadline is the same.
        let slow = try connection(HungServer { VaultError.noAnswerInTime })
        #expect(await code { _ = try await slow.read("a/b") } == .unavailable)
        #expect(logins == ["1", "0", "0"])
        // The connection: what was called is only cancelled then.
        let clock = clock
        let hung = try connection(
            HungServer {
                try? await clock.sleep(for: .seconds(999))
                return .taskCancelled
            })
        async let end = code { _ = try await hung.read("a/b") }
        try await eventually("it hangs, with a deadline") { clock.wakeTimes == [.seconds(10), .seconds(999)] }
        clock.advance(by: .seconds(10))
        #expect(await end == .unavailable)
        #expect(logins == ["2", "0", "0"])
    }

    @Test("the life of a token is shown from the first login on, and that there is none any more")
    func tokenLife() async throws {
        let connection = try connection(AnsweringServer { .token("t", lease: 300) })
        func life() -> [String] {
            connection.updateGauges()
            return series("vault_token_expiration") + series("vault_token_lease")
        }
        #expect(life() == [])
        _ = try await connection.read("a/b")
        #expect(life() == ["vault_token_expiration_seconds 300", "vault_token_lease_seconds 300"])
        clock.advance(by: .seconds(100))
        #expect(life() == ["vault_token_expiration_seconds 200", "vault_token_lease_seconds 300"])
        let number = try #require(connection.tokens.current).number
        connection.tokens.renewed(number, lease: .seconds(60), isRenewable: true)
        #expect(life() == ["vault_token_expiration_seconds 60", "vault_token_lease_seconds 60"])
        clock.advance(by: .seconds(100))
        #expect(life() == ["vault_token_expiration_seconds 0", "vault_token_lease_seconds 60"])
        // Revoked at the end.
        await connection.close()
        #expect(life() == ["vault_token_expiration_seconds 0", "vault_token_lease_seconds 60"])
    }

    @Test("a token without expiry lives for ever")
    func withoutExpiry() async throws {
        let connection = try connection(AnsweringServer { .token("t", lease: 0) })
        _ = try await connection.read("a/b")
        connection.updateGauges()
        #expect(series("vault_token_expiration_seconds") == ["vault_token_expiration_seconds +Inf"])
        #expect(series("vault_token_lease_seconds") == ["vault_token_lease_seconds +Inf"])
    }
}

/// Answers logins in one way, and everything else with data.
private struct AnsweringServer: VaultTransport {
    let login: @Sendable () -> VaultResponse

    init(_ login: @escaping @Sendable () -> VaultResponse) {
        self.login = login
    }

    func send(_ request: VaultRequest, timeout: Duration) async throws(VaultError) -> VaultResponse {
        request.path.segments.last == "login" ? login() : .data(["value": "x"])
    }

    func sendRegardless(_ request: VaultRequest, timeout: Duration) async throws(VaultError) -> VaultResponse {
        try await send(request, timeout: timeout)
    }

    func shutDown() async {}
}

/// Answers nothing, and says at some time why.
private struct HungServer: VaultTransport {
    let end: @Sendable () async -> VaultError

    init(_ end: @escaping @Sendable () async -> VaultError) {
        self.end = end
    }

    func send(_ request: VaultRequest, timeout: Duration) async throws(VaultError) -> VaultResponse {
        throw await end()
    }

    func sendRegardless(_ request: VaultRequest, timeout: Duration) async throws(VaultError) -> VaultResponse {
        throw await end()
    }

    func shutDown() async {}
}
