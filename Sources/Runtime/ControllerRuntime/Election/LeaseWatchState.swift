import KubernetesModel

/// Whether a standby may rely on a watch of the lease, and when it tries the next one. Pure.
struct LeaseWatchState: Sendable {
    /// How a watch came to its end.
    enum End: Equatable, Sendable {
        /// There is something else to do than to wait for the holder.
        case decided
        /// The server closed a watch that had shown something, as it does after some minutes.
        case closed
        /// It never began or broke, or nothing was heard when renewals should have come.
        case failed
        /// The server does not allow it, or has no such thing.
        case refused
    }

    /// How long no watch is tried after one that failed: doubling, for as long as none shows anything.
    private static let shortestPause: Duration = .seconds(1)
    private static let longestPause: Duration = .seconds(60)
    /// The same after one that was refused: rights may come later.
    private static let pauseAfterRefusal: Duration = .seconds(600)

    private var failures = 0
    /// None is tried before; nil when one may be tried at any time.
    private var triedAgainAt: Duration?
    /// Whether watches are not to be had, as far as is known.
    private(set) var isRefused = false
    /// When something was last heard over the watch, or when it began.
    private(set) var heardAt: Duration = .zero
    /// Whether the one that is open, or was last, showed a change of the lease. A bookmark is none: who sends one and closes
    /// would be asked again without a pause.
    private(set) var hasShown = false

    /// Whether to open one now.
    func isWorthATry(now: Duration) -> Bool { triedAgainAt.map { now >= $0 } ?? true }

    /// One is opened.
    mutating func begins(now: Duration) {
        heardAt = now
        hasShown = false
    }

    /// The connection is alive.
    mutating func heard(now: Duration) { heardAt = now }

    /// A change of the lease arrived: watches work.
    mutating func showed(now: Duration) {
        heardAt = now
        hasShown = true
        failures = 0
        isRefused = false
    }

    /// One has ended.
    mutating func ended(_ end: End, now: Duration) {
        switch end {
        case .decided, .closed:
            triedAgainAt = nil
        case .failed:
            triedAgainAt =
                now + Backoff.exponential(base: Self.shortestPause, cap: Self.longestPause, attempt: failures)
            failures += 1
        case .refused:
            triedAgainAt = now + Self.pauseAfterRefusal
            isRefused = true
        }
    }
}
