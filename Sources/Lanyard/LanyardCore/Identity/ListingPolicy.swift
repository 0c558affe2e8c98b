/// How entries are verified against the server: which way is cheaper, and at which pace (rule drift-2). Pure.
package struct ListingPolicy: Equatable, Sendable {
    /// How often each entry is verified.
    package var interval: Duration
    /// A listing costs the server 35 µs per entry, a point read several times that.
    package static let pointReadCost = 5
    /// At this many differences in one page the rest is looked at without pauses: the server may have lost much.
    package static let alarm = 10
    /// How many rounds of point reads follow one another before everything is listed again, for the sweep.
    package static let pointRounds = 5

    /// A way to verify our entries.
    package enum Round: Equatable, Sendable {
        /// Page by page through everything that the server has.
        case listing
        /// One by one, only ours.
        case pointReads
    }

    /// Verifies at an interval.
    package init(interval: Duration) {
        self.interval = interval
    }

    /// How the next round is made.
    ///
    /// - Parameters:
    ///   - owned: how many entries are ours.
    ///   - total: how many the server had at the last listing; nil before the first one.
    ///   - roundsSinceListing: rounds of point reads since then.
    package func nextRound(owned: Int, total: Int?, roundsSinceListing: Int) -> Round {
        guard let total, roundsSinceListing < Self.pointRounds else { return .listing }
        return owned * Self.pointReadCost < total ? .pointReads : .listing
    }

    /// How long to wait after a part of a round, so that all parts spread evenly over the interval.
    ///
    /// - Parameters:
    ///   - parts: how many parts the round is expected to have, at least 1.
    ///   - differences: how many differences the last part showed.
    package func pause(parts: Int, differences: Int) -> Duration {
        differences >= Self.alarm ? .zero : interval / max(1, parts)
    }
}
