import GRPCCore

/// Makes a call again when the connection under it was lost: a server closes connections after a few minutes, and one that
/// restarts closes all of them. Every call of `EntryRegistry` can be repeated.
///
/// A server that is really away does not even take a connection; that fails at once, so the attempts cost no time.
struct CallAttempts: Sendable {
    /// How long all attempts may take together.
    let timeout: Duration
    /// How often a call is made at most.
    var count = 3
    /// Monotonic time.
    let now: @Sendable () -> Duration

    /// Makes the call, each time with what is left of the time.
    ///
    /// - Throws: What the last attempt threw.
    func make<Answer>(_ call: (_ timeout: Duration) async throws -> Answer) async throws -> Answer {
        let end = now() + timeout
        var rest = count
        var left = timeout
        while true {
            rest -= 1
            do {
                return try await call(left)
            } catch let error as RPCError where error.code == .unavailable && rest > 0 {
                left = end - now()
                guard left > .zero, !Task.isCancelled else { throw error }
            }
        }
    }
}
