import Testing

@testable import VaultClient

@Suite("TokenLifecycle")
struct TokenLifecycleTests {
    private static let result = LoginResult(
        token: "t", isOurs: true, isRenewable: true, lease: .seconds(300))
    private let path: VaultPath
    private let other: VaultPath

    init() throws {
        path = try VaultPath("a/b")
        other = try VaultPath("a/c")
    }

    /// A lifecycle that logged in at second 0.
    private func loggedIn(_ result: LoginResult = result) -> TokenLifecycle {
        var lifecycle = TokenLifecycle()
        _ = lifecycle.tokenNeeded(at: .zero)
        lifecycle.loginSucceeded(result, at: .zero)
        return lifecycle
    }

    @Test("the first who needs a token logs in, the others wait, then all use it")
    func singleFlight() throws {
        var lifecycle = TokenLifecycle()
        #expect(lifecycle.tokenNeeded(at: .zero) == .logIn)
        #expect(lifecycle.tokenNeeded(at: .zero) == .wait)
        lifecycle.loginSucceeded(Self.result, at: .zero)
        let token = try #require(lifecycle.token)
        #expect(lifecycle.tokenNeeded(at: .seconds(299)) == .use(token))
        #expect(token.renewAt == .seconds(200))
    }

    @Test("an expired token is replaced")
    func expiry() {
        var lifecycle = loggedIn()
        #expect(lifecycle.tokenNeeded(at: .seconds(300)) == .logIn)
        #expect(lifecycle.tokenNeeded(at: .seconds(300)) == .wait)
    }

    @Test("a token without lease never expires and is never renewed")
    func withoutLease() throws {
        var lifecycle = loggedIn(LoginResult(token: "root", isOurs: false, isRenewable: false, lease: nil))
        let token = try #require(lifecycle.token)
        #expect(lifecycle.tokenNeeded(at: .seconds(1_000_000)) == .use(token))
        #expect(lifecycle.upkeep(at: .seconds(1_000_000)) == .sleep(.seconds(3600)))
    }

    @Test("it is renewed at two thirds of each lease")
    func renewal() throws {
        var lifecycle = loggedIn()
        #expect(lifecycle.upkeep(at: .seconds(50)) == .sleep(.seconds(150)))
        let token = try #require(lifecycle.token)
        #expect(lifecycle.upkeep(at: .seconds(200)) == .renew(token))
        lifecycle.renewed(1, lease: .seconds(300), isRenewable: true, at: .seconds(200))
        #expect(lifecycle.upkeep(at: .seconds(200)) == .sleep(.seconds(200)))
        #expect(lifecycle.token?.expiresAt == .seconds(500))
    }

    @Test("a token near the end of its life is replaced while it still serves requests")
    func replacement() throws {
        var lifecycle = loggedIn()
        lifecycle.renewed(1, lease: .seconds(90), isRenewable: true, at: .seconds(200))
        #expect(lifecycle.upkeep(at: .seconds(260)) == .replace)
        guard case .use(let token) = lifecycle.tokenNeeded(at: .seconds(261)) else {
            Issue.record("the old token is not used during the replacement")
            return
        }
        #expect(token.number == 1)
        lifecycle.loginSucceeded(Self.result, at: .seconds(262))
        #expect(lifecycle.token?.number == 2)
    }

    @Test("a failed replacement keeps the old token and is tried again before it expires")
    func failedReplacement() {
        var lifecycle = loggedIn(LoginResult(token: "b", isOurs: true, isRenewable: false, lease: .seconds(300)))
        #expect(lifecycle.upkeep(at: .seconds(200)) == .replace)
        lifecycle.loginFailed(VaultError(.loginFailed, "no"), at: .seconds(201))
        #expect(lifecycle.token?.value == "b")
        #expect(lifecycle.upkeep(at: .seconds(201)) == .sleep(.seconds(30)))
    }

    @Test("a renewal that the server refuses leads to a login, one without answer to another try")
    func failedRenewal() {
        var refused = loggedIn()
        refused.renewalFailed(1, VaultError(.permissionDenied, "no"), at: .seconds(200))
        #expect(refused.upkeep(at: .seconds(200)) == .replace)
        var unanswered = loggedIn()
        unanswered.renewalFailed(1, VaultError(.unavailable, "no"), at: .seconds(200))
        #expect(unanswered.upkeep(at: .seconds(200)) == .sleep(.seconds(30)))
        unanswered.renewalFailed(1, VaultError(.unavailable, "no"), at: .seconds(298))
        #expect(unanswered.upkeep(at: .seconds(298)) == .sleep(.seconds(1)))
    }

    @Test("a refused login is remembered, longer each time, up to 30 seconds")
    func refusedLogin() {
        var lifecycle = TokenLifecycle()
        let error = VaultError(.loginFailed, "no")
        var now = Duration.zero
        for pause in [1, 2, 4, 8, 16, 30, 30] {
            #expect(lifecycle.tokenNeeded(at: now) == .logIn)
            lifecycle.loginFailed(error, at: now)
            #expect(lifecycle.tokenNeeded(at: now + .seconds(pause) - .milliseconds(1)) == .fail(error))
            now += .seconds(pause)
        }
    }

    @Test(
        "a login without answer is not remembered, nor one that was cancelled",
        arguments: [
            VaultError.Code.unavailable, .sealed, .cancelled,
        ])
    func unansweredLogin(_ code: VaultError.Code) {
        var lifecycle = TokenLifecycle()
        _ = lifecycle.tokenNeeded(at: .zero)
        lifecycle.loginFailed(VaultError(code, "no"), at: .zero)
        #expect(lifecycle.tokenNeeded(at: .zero) == .logIn)
    }

    @Test("a token that looks bad is dropped once, not by everybody who used it")
    func badToken() {
        var lifecycle = loggedIn()
        #expect(lifecycle.tokenRefused(1, suggestsBadToken: true, path: path, at: .seconds(1)) == .forgotten)
        #expect(lifecycle.tokenRefused(1, suggestsBadToken: true, path: path, at: .seconds(1)) == .tryAnother)
        #expect(lifecycle.tokenNeeded(at: .seconds(1)) == .logIn)
        lifecycle.loginSucceeded(Self.result, at: .seconds(2))
        #expect(lifecycle.tokenRefused(1, suggestsBadToken: true, path: path, at: .seconds(2)) == .tryAnother)
        #expect(lifecycle.token?.number == 2)
    }

    @Test("a token that has expired is not forgotten when the server does not know it")
    func expiredToken() {
        var lifecycle = loggedIn()
        #expect(lifecycle.tokenRefused(1, suggestsBadToken: true, path: path, at: .seconds(300)) == .tryAnother)
    }

    @Test("a fresh token that lacks a capability is kept")
    func missingCapability() {
        var lifecycle = loggedIn()
        #expect(lifecycle.tokenRefused(1, suggestsBadToken: false, path: path, at: .seconds(1)) == .isFinal)
        #expect(lifecycle.token?.number == 1)
    }

    @Test("an old token is replaced even then, because its role may have gained rights since")
    func oldToken() {
        var lifecycle = loggedIn(LoginResult(token: "t", isOurs: true, isRenewable: true, lease: .seconds(3600)))
        #expect(lifecycle.tokenRefused(1, suggestsBadToken: false, path: path, at: TokenLifecycle.oldAge) == .replace)
        // It is good enough for everybody else until there is another.
        guard case .use(let token) = lifecycle.tokenNeeded(at: TokenLifecycle.oldAge) else {
            Issue.record("the old token is not used during the replacement")
            return
        }
        #expect(token.number == 1)
        lifecycle.loginSucceeded(Self.result, at: TokenLifecycle.oldAge)
        #expect(lifecycle.token?.number == 2)
        let later = TokenLifecycle.oldAge * 2
        #expect(lifecycle.tokenRefused(2, suggestsBadToken: false, path: path, at: later) == .isFinal)
        #expect(lifecycle.tokenRefused(2, suggestsBadToken: false, path: other, at: later) == .replace)
    }

    @Test("new tokens that are refused as well do not become a storm of logins")
    func noLoginStorm() {
        var lifecycle = loggedIn()
        #expect(lifecycle.tokenRefused(1, suggestsBadToken: true, path: path, at: .seconds(1)) == .forgotten)
        _ = lifecycle.tokenNeeded(at: .seconds(1))
        lifecycle.loginSucceeded(Self.result, at: .seconds(1))
        #expect(lifecycle.tokenRefused(2, suggestsBadToken: true, path: path, at: .seconds(2)) == .isFinal)
        #expect(
            lifecycle.tokenRefused(
                2, suggestsBadToken: true, path: path, at: .seconds(1) + TokenLifecycle.refusalInterval) == .forgotten)
    }

    @Test("only a token of ours is revoked at the end, and nothing is handed out after it")
    func close() {
        var ours = loggedIn()
        #expect(ours.close()?.value == "t")
        guard case .fail(let error) = ours.tokenNeeded(at: .zero) else {
            Issue.record("a closed lifecycle hands out a token")
            return
        }
        #expect(error.code == .unavailable)
        #expect(ours.upkeep(at: .zero) == .stop)
        var foreign = loggedIn(LoginResult(token: "root", isOurs: false, isRenewable: false, lease: nil))
        #expect(foreign.close() == nil)
    }
}
