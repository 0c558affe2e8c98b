import Synchronization

/// Lets one call of a simulated process go wrong, as data of the history: at its n-th call, in one of several ways.
final class FaultInjector: Sendable {
    /// What goes wrong.
    enum Fault: String, CaseIterable, Sendable {
        /// The call fails and had no effect.
        case refused
        /// The call had its effect, but the answer is lost.
        case replyLost
        /// What is behind the server is slow: the call is not answered in time, and had no effect.
        case slow
        /// The same, but it has its effect after all.
        case slowDone
        /// The process dies before it sends the call.
        case crashBefore
        /// The process dies after the call had its effect.
        case crashAfter
    }

    private struct State {
        var callsUntilFault: Int?
        var fault: Fault = .refused
        var isDead = false
    }

    private let state = Mutex(State())

    /// Arms one fault, `calls` calls from now.
    func arm(_ fault: Fault, afterCalls calls: Int) {
        state.withLock {
            $0.callsUntilFault = calls
            $0.fault = fault
        }
    }

    /// Ends the armed fault, and tells whether the process died of it.
    func disarm() -> Bool {
        state.withLock {
            $0.callsUntilFault = nil
            return $0.isDead
        }
    }

    /// Runs one call with what is armed for it.
    ///
    /// - Parameters:
    ///   - failure: what the call of a server that is away fails with.
    ///   - slow: what one fails with that is not answered in time.
    func call<Value>(
        failure: some Error, slow: some Error, _ operation: () async throws -> Value
    ) async throws -> Value {
        switch begin() {
        case nil:
            return try await operation()
        case .slow:
            throw slow
        case .slowDone:
            _ = try await operation()
            throw slow
        case .refused, .crashBefore:
            throw failure
        case .replyLost, .crashAfter:
            _ = try await operation()
            throw failure
        }
    }

    private func begin() -> Fault? {
        state.withLock { state in
            if state.isDead { return .crashBefore }
            guard let calls = state.callsUntilFault else { return nil }
            guard calls == 0 else {
                state.callsUntilFault = calls - 1
                return nil
            }
            state.callsUntilFault = nil
            state.isDead = state.fault == .crashBefore || state.fault == .crashAfter
            return state.fault
        }
    }
}
