import KubernetesModel

/// Hands out the token; of several tasks that need a new one, one logs in and the others wait for its result.
final class TokenSource: Sendable {
    private struct State {
        var lifecycle = TokenLifecycle()
        /// How many logins have ended.
        var endedLogins = 0
        /// What those fail with who waited for the last of them; nil when they look again.
        var failure: VaultError?
    }

    private let state = Monitor(State())
    private let clock: any RuntimeClock

    init(_ clock: any RuntimeClock) {
        self.clock = clock
    }

    /// How many wait for a login, for tests.
    var waitingCount: Int { state.waitingCount }

    /// The current token, after a login if necessary.
    ///
    /// - Throws: `VaultError` of the login; `cancelled`.
    func token(
        _ logIn: () async throws(VaultError) -> LoginResult
    ) async throws(VaultError) -> VaultToken {
        while true {
            switch state.update({ $0.lifecycle.tokenNeeded(at: clock.now) }) {
            case .use(let token): return token
            case .fail(let error): throw error
            case .logIn: try await self.logIn(logIn)
            case .wait: try await wait { $0.isLoggingIn }
            }
        }
    }

    /// Performs the login that the lifecycle asked this task for, and tells everybody.
    ///
    /// - Throws: `VaultError` of the login.
    func logIn(_ logIn: () async throws(VaultError) -> LoginResult) async throws(VaultError) {
        do throws(VaultError) {
            let result = try await logIn()
            loginEnded { $0.loginSucceeded(result, at: self.clock.now) }
        } catch {
            // When only this task was cancelled, the next who waits takes over.
            loginEnded(error.code == .cancelled ? nil : error) { $0.loginFailed(error, at: self.clock.now) }
            throw error
        }
    }

    /// Waits until there is a token or the source was closed.
    ///
    /// - Throws: `VaultError` with code `cancelled`.
    func waitForToken() async throws(VaultError) {
        while true {
            do throws(VaultError) {
                try await wait { $0.isWithoutToken }
                return
            } catch  where error.code != .cancelled {
                continue
            }
        }
    }

    /// The token that there is, without any login.
    var current: VaultToken? { state.read { $0.lifecycle.token } }

    /// See `TokenLifecycle.tokenRefused`.
    func tokenRefused(_ number: Int, suggestsBadToken: Bool, path: VaultPath) -> TokenLifecycle.Refusal {
        state.update {
            $0.lifecycle.tokenRefused(number, suggestsBadToken: suggestsBadToken, path: path, at: clock.now)
        }
    }

    /// See `TokenLifecycle.upkeep`.
    func upkeep() -> TokenLifecycle.Upkeep {
        state.update { $0.lifecycle.upkeep(at: clock.now) }
    }

    /// See `TokenLifecycle.renewed`.
    func renewed(_ number: Int, lease: Duration, isRenewable: Bool) {
        state.update { $0.lifecycle.renewed(number, lease: lease, isRenewable: isRenewable, at: clock.now) }
    }

    /// See `TokenLifecycle.renewalFailed`.
    func renewalFailed(_ number: Int, _ error: VaultError) {
        state.update { $0.lifecycle.renewalFailed(number, error, at: clock.now) }
    }

    /// See `TokenLifecycle.close`.
    func close() -> VaultToken? {
        state.update { $0.lifecycle.close() }
    }

    private func loginEnded(_ failure: VaultError? = nil, _ change: (inout TokenLifecycle) -> Void) {
        state.update { state in
            change(&state.lifecycle)
            state.endedLogins += 1
            state.failure = failure
        }
    }

    /// Waits for the end of a login, unless the condition for waiting has gone meanwhile.
    private func wait(
        while condition: @escaping @Sendable (TokenLifecycle) -> Bool
    ) async throws(VaultError) {
        let before = state.read { $0.endedLogins }
        let failure: VaultError?
        do {
            failure = try await state.wait { (state: inout State) -> VaultError?? in
                if state.endedLogins != before { return .some(state.failure) }
                return condition(state.lifecycle) ? nil : .some(nil)
            }
        } catch {
            throw VaultError.taskCancelled
        }
        if let failure { throw failure }
    }
}
