/// Which looks of a sweep are in the succession that it judges by (rule sweep-10). One that tries again in moments what has failed
/// is not: nobody has had a turn since, and a server that was restored has nothing back. Pure.
package struct LookSuccession: Equatable, Sendable {
    /// How often is looked when nothing fails.
    private let interval: Duration
    /// When the last look was made that counted; nil when there was none, or one has failed since.
    private var last: Duration?

    /// No look has counted yet.
    package init(every interval: Duration) { self.interval = interval }

    /// Whether a look that is made now counts.
    package mutating func counts(at now: Duration) -> Bool {
        if let last, now - last < interval / 2 { return false }
        last = now
        return true
    }

    /// A look failed (rule sweep-3): the next one is the first again.
    package mutating func forget() { last = nil }
}
