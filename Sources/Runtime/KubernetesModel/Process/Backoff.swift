/// Waits before something is tried again, as pure arithmetic.
package enum Backoff {
    /// `base · 2^attempt`, at most `cap`; no attempt count overflows.
    package static func exponential(base: Duration, cap: Duration, attempt: Int) -> Duration {
        var delay = base
        var doublings = attempt
        while doublings > 0, delay < cap {
            delay *= 2
            doublings -= 1
        }
        return min(delay, cap)
    }
}

extension Duration {
    /// Varied by a share in both directions, against herds.
    ///
    /// - Parameter unit: a random number in `0 ..< 1`.
    package func jittered(by share: Double, unit: Double) -> Duration {
        self * (1 + share * (2 * unit - 1))
    }

    /// Whole nanoseconds; nil when they are more than fit.
    package var wholeNanoseconds: Int64? {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carried) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || carried ? nil : sum
    }
}
