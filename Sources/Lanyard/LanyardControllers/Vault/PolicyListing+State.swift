import KubernetesModel

extension PolicyListing {
    /// What was listed, and for whom it still may stand for a read.
    struct State {
        private static let prefix = "sys/policies/acl/"

        private struct Listing {
            let flight = SingleFlight<Void>()
            /// When it was sent at the earliest.
            let sent: Duration
            /// What it shows and nobody has taken, by name; nil until it is answered.
            var policies: [String: JSONValue]?
            /// How many it has shown.
            var count = 0

            /// A policy in it costs about a tenth of a read, so it has to have stood for more than a tenth of so many reads.
            var wasWorthIt: Bool { policies.map { (count - $0.count) * 10 > count } ?? false }

            func stands(at now: Duration) -> Bool { now - sent <= PolicyListing.lifetime }
        }

        /// Whether there may be first passes.
        private var isOpen = true
        /// When a policy was asked for first.
        private var begin: Duration?
        /// The paths that were asked for.
        private var asked: Set<String> = []
        /// Those that were written or deleted, as the server folds them.
        private var changed: Set<String> = []
        private var listing: Listing?

        /// How many wait for the listing of another.
        var waitingCount: Int { listing?.flight.waitingCount ?? 0 }

        /// The listing that may stand for a read, sent or to be sent; nil when there is none.
        ///
        /// - Parameter population: how many bindings there are.
        mutating func flight(for path: String, of population: Int, at now: Duration) -> SingleFlight<Void>? {
            guard isOpen else { return nil }
            let begin = self.begin ?? now
            self.begin = begin
            let isFirst = asked.insert(path).inserted && !changed.contains(path)
            if let listing, listing.stands(at: now) { return isFirst ? listing.flight : nil }
            let isWorthIt = population - asked.count >= PolicyListing.leastWaiting && listing?.wasWorthIt ?? true
            guard isWorthIt, now - begin <= PolicyListing.longestLook else {
                close()
                return nil
            }
            guard isFirst else { return nil }
            let next = Listing(sent: now)
            listing = next
            return next.flight
        }

        /// Whether a listing is the last one, and not answered yet.
        func awaits(_ flight: SingleFlight<Void>) -> Bool { listing?.flight === flight && listing?.policies == nil }

        /// Keeps an answer.
        mutating func note(_ policies: [String: JSONValue], of flight: SingleFlight<Void>) {
            guard awaits(flight) else { return }
            listing?.policies = policies
            listing?.count = policies.count
        }

        /// What a listing shows of a policy; nil when that has to be read. Without a version it could be overwritten unseen.
        mutating func take(_ path: String, at now: Duration) -> JSONValue? {
            guard listing?.stands(at: now) == true, !changed.contains(path),
                let policy = listing?.policies?.removeValue(forKey: String(path.dropFirst(Self.prefix.count))),
                policy["version"]?.integer != nil
            else { return nil }
            return policy
        }

        /// Has a listing not stand for a read of a policy any more, be it answered or not.
        mutating func forget(_ path: String) {
            if isOpen, path.hasPrefix(Self.prefix) { changed.insert(path.lowercased()) }
        }

        /// Lists nothing any more.
        mutating func close() {
            self = State()
            isOpen = false
        }
    }
}
