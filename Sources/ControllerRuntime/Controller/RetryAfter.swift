/// Thrown by a reconciler that a dependency told how long to wait (`Retry-After`): counted as an error, repeated
/// after exactly this time in place of the key's own backoff.
public struct RetryAfter: Error, CustomStringConvertible {
    /// How long to wait.
    public let delay: Duration
    /// What the dependency answered.
    public let cause: any Error

    /// Asks for a repetition after a time that somebody else set.
    public init(_ delay: Duration, cause: any Error) {
        self.delay = delay
        self.cause = cause
    }

    /// The cause, for logs.
    public var description: String { "\(cause) (retry after \(delay))" }
}
