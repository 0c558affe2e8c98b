import GRPCCore

/// Makes a call again when the connection under it was lost: a server closes connections after a few minutes, and one that
/// restarts closes all of them. Every call of `EntryRegistry` can be repeated.
struct CallAttempts: Sendable {
    /// How long all attempts may take together.
    let timeout: Duration
    /// How long to wait before each further attempt: not at all for a connection that is there again at once, and once for
    /// as long as the transport waits before it connects anew.
    var pauses: [Duration] = [.zero, .milliseconds(150)]
    /// Monotonic time.
    let now: @Sendable () -> Duration
    let sleep: @Sendable (Duration) async throws -> Void

    /// Makes the call, each time with what is left of the time.
    ///
    /// - Throws: What the last attempt threw; `CancellationError`.
    func make<Answer>(_ call: (_ timeout: Duration) async throws -> Answer) async throws -> Answer {
        // The transport (2.9) lets a call wait for ever that is cancelled before it has joined the queue of an idle
        // channel whose server does not answer: even its deadline is a cancellation.
        try Task.checkCancellation()
        let end = now() + timeout
        for pause in pauses {
            let left = end - now()
            do {
                return try await call(left)
            } catch let error as RPCError where error.code == .unavailable {
                guard now() + pause < end else { throw error }
            }
            if pause > .zero { try await sleep(pause) }
            try Task.checkCancellation()
        }
        return try await call(end - now())
    }
}
