import KubernetesModel

/// Exponential backoff as pure arithmetic.
enum RetryBackoff {
    /// `base · 2^attempt`, at most `cap`; no attempt count overflows.
    static func exponential(base: Duration, cap: Duration, attempt: Int) -> Duration {
        var delay = base
        var doublings = attempt
        while doublings > 0, delay < cap {
            delay *= 2
            doublings -= 1
        }
        return min(delay, cap)
    }

    /// A duration varied by a share in both directions.
    ///
    /// - Parameter unit: a random number in `0 ..< 1`.
    static func jittered(_ duration: Duration, share: Double, unit: Double) -> Duration {
        duration * (1 + share * (2 * unit - 1))
    }
}
