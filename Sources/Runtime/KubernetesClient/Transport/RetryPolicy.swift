import KubernetesModel

/// When a request is sent again (rule talk-2).
enum RetryPolicy {
    /// Tries after the first one when the server says how long to wait.
    private static let maximumWithHint = 10
    /// Tries after the first one when it does not.
    private static let maximumWithoutHint = 3

    /// How long to wait before the next try; nil when there is none.
    ///
    /// - Parameters:
    ///   - isRepeatable: whether the request does no harm when it is carried out twice.
    ///   - failures: how many tries have failed.
    ///   - remaining: the time until the deadline.
    ///   - unit: a random number in `0 ..< 1` that spreads the waiting time by ten per cent.
    static func delay(
        after error: KubernetesError, isRepeatable: Bool, failures: Int, remaining: Duration, unit: Double
    ) -> Duration? {
        let wanted: Duration
        switch (error.code, error.retryAfter) {
        case (.tooManyRequests, let hint?), (.serverError, let hint?):
            // The server rejected the request before it did anything, so any request may be sent again.
            guard failures <= maximumWithHint else { return nil }
            wanted = hint
        case (.unreachable, _), (.serverError, nil):
            // It may have been carried out.
            guard isRepeatable, failures <= maximumWithoutHint else { return nil }
            guard error.code == .unreachable || [503, 504].contains(error.httpStatus) else { return nil }
            wanted = Backoff.exponential(base: .milliseconds(100), cap: .seconds(1), attempt: failures - 1)
        default:
            return nil
        }
        let delay = wanted.jittered(by: 0.1, unit: unit)
        return delay < remaining ? delay : nil
    }
}
