import KubernetesModel

/// When to log in, renew, replace and give up a token. Pure: time comes in, decisions go out.
///
/// One login serves all requests. A login that is refused is not repeated at once: the refusal is remembered for a
/// while that doubles from 1 s to 30 s, so that a thousand waiting objects do not become a thousand logins.
struct TokenLifecycle: Sendable {
    private enum State {
        case loggedOut
        /// Somebody logs in. `usable` is the token that is being replaced because of its age.
        case loggingIn(usable: VaultToken?)
        case loggedIn(VaultToken)
        /// The server refused our login.
        case refused(VaultError, until: Duration)
        case closed
    }

    private var state = State.loggedOut
    private var loginCount = 0
    private var refusalCount = 0
    /// When a refused token last led to a login.
    private var lastRefusedAt: Duration?
    /// When a refusal of each path last led to a login because of the token's age.
    private var replacedAt: [VaultPath: Duration] = [:]

    /// A login that follows a refusal is not repeated sooner.
    static let refusalInterval = Duration.seconds(10)
    /// From this age on, any 403 leads to a login: rights that a role gained since are only in new tokens.
    static let oldAge = Duration.seconds(300)
    /// One path leads to such a login no more often than this: what is denied for good stays denied.
    static let replacementInterval = Duration.seconds(3600)
    /// How many paths are remembered for that.
    static let rememberedPaths = 256

    init() {}

    /// What a request that needs a token does.
    enum Need: Equatable {
        case use(VaultToken)
        /// Log in, then report the result.
        case logIn
        /// Wait until the login that is under way ends.
        case wait
        case fail(VaultError)
    }

    /// What keeps the token fresh.
    enum Upkeep: Equatable {
        /// There is no token, or it is being replaced: wait until one was obtained.
        case waitForToken
        case sleep(Duration)
        case renew(VaultToken)
        /// Log in while the old token still works, then report the result.
        case replace
        case stop
    }

    var isLoggingIn: Bool {
        if case .loggingIn = state { true } else { false }
    }

    /// Whether there is no token and the connection is not closed.
    var isWithoutToken: Bool {
        switch state {
        case .loggedOut, .loggingIn, .refused: true
        case .loggedIn, .closed: false
        }
    }

    var token: VaultToken? {
        switch state {
        case .loggedIn(let token): token
        case .loggingIn(let usable): usable
        case .loggedOut, .refused, .closed: nil
        }
    }

    /// A request needs a token.
    mutating func tokenNeeded(at now: Duration) -> Need {
        switch state {
        case .closed:
            return .fail(VaultError(.unavailable, "the connection is closed"))
        case .loggingIn(let usable):
            if let usable, !Self.isExpired(usable, now) { return .use(usable) }
            return .wait
        case .loggedIn(let token) where !Self.isExpired(token, now):
            return .use(token)
        case .refused(let error, let until) where now < until:
            return .fail(error)
        case .loggedOut, .loggedIn, .refused:
            state = .loggingIn(usable: nil)
            return .logIn
        }
    }

    /// The login gave a token.
    mutating func loginSucceeded(_ result: LoginResult, at now: Duration) {
        guard case .loggingIn = state else { return }
        loginCount += 1
        refusalCount = 0
        var token = VaultToken(
            value: result.token, number: loginCount, isOurs: result.isOurs, isRenewable: result.isRenewable,
            lease: result.lease, obtainedAt: now)
        Self.setTimes(&token, result.lease, now)
        state = .loggedIn(token)
    }

    /// The login failed, or nobody waits for it any more (`cancelled`).
    mutating func loginFailed(_ error: VaultError, at now: Duration) {
        guard case .loggingIn(let usable) = state else { return }
        if var usable, !Self.isExpired(usable, now) {
            usable.renewAt = Self.retryTime(usable, now)
            state = .loggedIn(usable)
        } else if error.code == .loginFailed {
            let pause = Backoff.exponential(base: .seconds(1), cap: .seconds(30), attempt: refusalCount)
            state = .refused(error, until: now + pause)
            refusalCount += 1
        } else {
            state = .loggedOut
        }
    }

    /// What a 403 leads to.
    enum Refusal: Equatable {
        /// It is the answer.
        case isFinal
        /// Try once more: there is another token, or one is to be had.
        case tryAnother
        /// The same; and the server does not know the token any more, before its time. Said once of a token.
        case forgotten
        /// Log in while the old token still works, then report the result, and try once more.
        case replace
    }

    /// The server answered 403.
    ///
    /// - Parameters:
    ///   - suggestsBadToken: whether the answer looks like that to a bad token.
    ///   - path: what was asked for.
    mutating func tokenRefused(_ number: Int, suggestsBadToken: Bool, path: VaultPath, at now: Duration) -> Refusal {
        switch state {
        case .loggedIn(let token) where token.number == number:
            if let last = lastRefusedAt, now - last < Self.refusalInterval { return .isFinal }
            if suggestsBadToken {
                lastRefusedAt = now
                state = .loggedOut
                return Self.isExpired(token, now) ? .tryAnother : .forgotten
            }
            guard now - token.obtainedAt >= Self.oldAge, mayReplace(because: path, at: now) else { return .isFinal }
            lastRefusedAt = now
            // One object's missing right must not cost the others a token that works.
            state = .loggingIn(usable: token)
            return .replace
        case .loggingIn(let usable):
            guard let usable, usable.number == number else { return .tryAnother }
            // The login that replaces it is under way; nobody else shall use it.
            if suggestsBadToken { state = .loggingIn(usable: nil) }
            return suggestsBadToken ? .tryAnother : .isFinal
        case .loggedIn, .loggedOut:
            // It was replaced or dropped since.
            return .tryAnother
        case .refused, .closed:
            return .isFinal
        }
    }

    private mutating func mayReplace(because path: VaultPath, at now: Duration) -> Bool {
        replacedAt = replacedAt.filter { now - $0.value < Self.replacementInterval }
        guard replacedAt[path] == nil, replacedAt.count < Self.rememberedPaths else { return false }
        replacedAt[path] = now
        return true
    }

    /// What is to be done for the token now.
    mutating func upkeep(at now: Duration) -> Upkeep {
        switch state {
        case .closed:
            return .stop
        case .loggedOut, .loggingIn, .refused:
            return .waitForToken
        case .loggedIn(let token):
            guard let renewAt = token.renewAt else { return .sleep(.seconds(3600)) }
            if now < renewAt { return .sleep(renewAt - now) }
            if token.isRenewable && !Self.isExpired(token, now) { return .renew(token) }
            state = .loggingIn(usable: token)
            return .replace
        }
    }

    /// A renewal gave a new lease.
    mutating func renewed(_ number: Int, lease: Duration, isRenewable: Bool, at now: Duration) {
        guard case .loggedIn(var token) = state, token.number == number else { return }
        Self.setTimes(&token, lease, now)
        // A shorter lease means that the end of the token's life is near: replace it next time.
        token.isRenewable = isRenewable && lease * 2 >= token.lease ?? lease
        state = .loggedIn(token)
    }

    /// A renewal failed.
    mutating func renewalFailed(_ number: Int, _ error: VaultError, at now: Duration) {
        guard case .loggedIn(var token) = state, token.number == number else { return }
        switch error.code {
        case .unavailable, .rateLimited, .sealed, .cancelled, .malformedAnswer:
            token.renewAt = Self.retryTime(token, now)
        default:
            token.isRenewable = false
        }
        state = .loggedIn(token)
    }

    /// Ends it.
    ///
    /// - Returns: the token to revoke.
    mutating func close() -> VaultToken? {
        let token = token
        state = .closed
        return token?.isOurs == true ? token : nil
    }

    private static func isExpired(_ token: VaultToken, _ now: Duration) -> Bool {
        token.expiresAt.map { now >= $0 } ?? false
    }

    private static func setTimes(_ token: inout VaultToken, _ lease: Duration?, _ now: Duration) {
        token.term = lease
        token.renewAt = lease.map { now + $0 * 2 / 3 }
        token.expiresAt = lease.map { now + $0 }
    }

    /// Half of what is left, at least a second, at most 30.
    private static func retryTime(_ token: VaultToken, _ now: Duration) -> Duration? {
        token.expiresAt.map { now + min(max(($0 - now) / 2, .seconds(1)), .seconds(30)) }
    }
}

/// A token of ours and the times of its life.
struct VaultToken: Equatable, Sendable {
    let value: String
    /// Counts logins, so that a refusal can be told to concern a token that was replaced already.
    let number: Int
    /// Whether we made it by logging in and therefore revoke it.
    let isOurs: Bool
    var isRenewable: Bool
    /// The lease that the login gave; nil when the token does not expire.
    let lease: Duration?
    let obtainedAt: Duration
    /// How long the login or the last renewal lets it live; nil when it does not expire.
    var term: Duration?
    /// When to renew or replace it; nil when it does not expire.
    var renewAt: Duration?
    var expiresAt: Duration?
}

/// What a login gave.
struct LoginResult: Equatable, Sendable {
    var token: String
    var isOurs: Bool
    var isRenewable: Bool
    /// nil when the token does not expire.
    var lease: Duration?
    /// Names of the policies that the token has, as far as the server says.
    var policies: [String] = []
}
