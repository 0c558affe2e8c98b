import KubernetesModel
import Synchronization

/// Hands out the token; of several tasks that need a new one, one logs in and the others wait for its result.
final class TokenSource: Sendable {
    private struct State {
        var lifecycle = TokenLifecycle()
        var waiting: [Waiter] = []
        var lastID: UInt64 = 0
    }

    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Wake, Never>
    }

    /// Why a waiting task goes on.
    private enum Wake {
        /// The state has changed: look again.
        case lookAgain
        case failed(VaultError)
        case cancelled
    }

    private let state = Mutex(State())
    private let clock: any RuntimeClock

    init(_ clock: any RuntimeClock) {
        self.clock = clock
    }

    /// How many wait for a login, for tests.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// The current token, after a login if necessary.
    ///
    /// - Throws: `VaultError` of the login; `cancelled`.
    func token(
        _ logIn: () async throws(VaultError) -> LoginResult
    ) async throws(VaultError) -> VaultToken {
        while true {
            switch state.withLock({ $0.lifecycle.tokenNeeded(at: clock.now) }) {
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
            wake(.lookAgain) { $0.loginSucceeded(result, at: self.clock.now) }
        } catch {
            // When only this task was cancelled, the next who waits takes over.
            wake(error.code == .cancelled ? .lookAgain : .failed(error)) {
                $0.loginFailed(error, at: self.clock.now)
            }
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
    var current: VaultToken? { state.withLock { $0.lifecycle.token } }

    /// See `TokenLifecycle.tokenRefused`.
    func tokenRefused(_ number: Int, suggestsBadToken: Bool, path: VaultPath) -> TokenLifecycle.Refusal {
        state.withLock {
            $0.lifecycle.tokenRefused(number, suggestsBadToken: suggestsBadToken, path: path, at: clock.now)
        }
    }

    /// See `TokenLifecycle.upkeep`.
    func upkeep() -> TokenLifecycle.Upkeep {
        state.withLock { $0.lifecycle.upkeep(at: clock.now) }
    }

    /// See `TokenLifecycle.renewed`.
    func renewed(_ number: Int, lease: Duration, isRenewable: Bool) {
        state.withLock { $0.lifecycle.renewed(number, lease: lease, isRenewable: isRenewable, at: clock.now) }
    }

    /// See `TokenLifecycle.renewalFailed`.
    func renewalFailed(_ number: Int, _ error: VaultError) {
        state.withLock { $0.lifecycle.renewalFailed(number, error, at: clock.now) }
    }

    /// See `TokenLifecycle.close`.
    func close() -> VaultToken? {
        let (token, waiting) = state.withLock { state in
            defer { state.waiting = [] }
            return (state.lifecycle.close(), state.waiting)
        }
        for waiter in waiting { waiter.continuation.resume(returning: .lookAgain) }
        return token
    }

    private func wake(_ wake: Wake, _ change: (inout TokenLifecycle) -> Void) {
        let waiting = state.withLock { state in
            change(&state.lifecycle)
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.continuation.resume(returning: wake) }
    }

    /// Waits for the end of a login, unless the condition for waiting has gone meanwhile.
    private func wait(while condition: (TokenLifecycle) -> Bool) async throws(VaultError) {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let wake = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let wake: Wake? = state.withLock { state in
                    if Task.isCancelled { return .cancelled }
                    guard condition(state.lifecycle) else { return .lookAgain }
                    state.waiting.append(Waiter(id: id, continuation: continuation))
                    return nil
                }
                if let wake { continuation.resume(returning: wake) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: .cancelled)
        }
        switch wake {
        case .lookAgain: return
        case .failed(let error): throw error
        case .cancelled: throw VaultError(.cancelled, "the task was cancelled")
        }
    }
}
