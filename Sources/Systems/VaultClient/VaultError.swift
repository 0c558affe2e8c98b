import KubernetesModel

/// Why Vault did not do what it was asked. Messages never contain a whole server body, addresses or secrets.
package struct VaultError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kind of failure; switch on this, never on text.
    package var code: Code
    /// What happened, short and constant for one cause.
    package var message: String
    /// How long the server asked to wait.
    package var retryAfter: Duration?

    /// The message is for people: whoever decides looks at the code.
    package init(_ code: Code, _ message: String, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    package var description: String { "\(code): \(message)" }

    /// What callers decide by.
    package enum Code: String, Sendable, CustomStringConvertible {
        /// The server is sealed or not initialised.
        case sealed
        /// No connection, a 5xx that says nothing about the request, a standby without leader; no answer in time, to a cheap
        /// read neither.
        case unavailable
        /// No answer in time from a server that answers others: what is behind this call is slow, a database or the
        /// revocation of leases, and it may go on there.
        case slow
        /// 429, a rate-limit quota.
        case rateLimited
        /// The operator's own login was refused.
        case loginFailed
        /// 403 with a valid token.
        case permissionDenied
        /// No engine or auth method is mounted there.
        case mountMissing
        /// The server refuses what was asked (400 and the like): retrying the same does not help.
        case rejected
        /// A check-and-set parameter did not match: somebody else was faster.
        case checkAndSetFailed
        /// An answer that cannot be understood.
        case malformedAnswer
        /// This process does not lead (any more): nothing was sent.
        case fenced
        /// The task was cancelled.
        case cancelled

        package var description: String { rawValue }
    }
}

extension VaultError {
    /// The time is over.
    static let noAnswerInTime = VaultError(.slow, "no answer in time")
    /// So many calls take long that no further one may.
    static let tooManySlowCalls = VaultError(.slow, "no answer at once, and too many calls take long already")
    /// Nobody waits for the answer any more.
    static let taskCancelled = VaultError(.cancelled, "the task was cancelled")

    /// Why a call was ended.
    init(_ interruption: Interruption) {
        switch interruption {
        case .timeIsUp: self = .noAnswerInTime
        case .mayNotGoOn: self = .tooManySlowCalls
        case .cancelled: self = .taskCancelled
        }
    }
}
