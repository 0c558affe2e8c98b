import Synchronization

/// Lets one call of a simulated process go wrong, as data of the history: at its n-th call, in one of three ways.
final class FaultInjector: Sendable {
    /// What goes wrong.
    enum Fault: String, CaseIterable, Sendable {
        /// The call fails and had no effect.
        case refused
        /// The call had its effect, but the answer is lost.
        case replyLost
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
    func call<Value>(
        failure: some Error, _ operation: () async throws -> Value
    ) async throws -> Value {
        switch begin() {
        case nil:
            return try await operation()
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
