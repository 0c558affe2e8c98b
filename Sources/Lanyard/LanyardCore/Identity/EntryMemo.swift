import LanyardAPI

/// The entries of one identity as they were made last, so that a look makes anew only those of nodes and pods that are new, or not
/// what they were. It saves time alone: what it answers is what the blueprint makes. Pure.
package struct EntryMemo: Sendable {
    /// For fewer nodes or pods nothing is kept: the blueprint, which is kept as well, is as large as some of them.
    package static let least = 64

    private struct Known {
        var place: EntryPlace
        /// The look that found it last.
        var look: UInt32

        /// Notes what there is now.
        ///
        /// - Returns: whether that is what there was; nil when this look has found it before.
        mutating func note(_ place: EntryPlace, in look: UInt32) -> Bool? {
            guard self.look != look else { return nil }
            self.look = look
            // Equal ones as well: the facts of the former need not be kept beside those of the cache.
            defer { self.place = place }
            return self.place == place
        }
    }

    private let least: Int
    private var blueprint: EntryBlueprint?
    private var known: [String: Known] = [:]
    private var agents = EntryBlueprint.Agents()
    private var entries = DesiredEntries()
    private var look: UInt32 = 0
    /// How many entries were made.
    package private(set) var timesMade = 0

    /// Knows nothing yet.
    ///
    /// - Parameter least: for how many nodes or pods something is kept.
    package init(least: Int = EntryMemo.least) { self.least = least }

    /// Of how many nodes or pods something is kept.
    package var count: Int { known.count }

    /// The entries that should exist.
    package mutating func entries(of blueprint: EntryBlueprint, at facts: PlacementFacts) -> DesiredEntries {
        guard blueprint.placement != .cluster else {
            forget()
            return blueprint.entries(at: facts)
        }
        let places = blueprint.places(at: facts)
        if self.blueprint != blueprint { forget() }
        guard places.count >= least, let (stale, fresh) = changes(to: places) else {
            forget()
            timesMade += places.count
            return blueprint.entries(for: places, at: facts)
        }
        self.blueprint = blueprint
        if agents.count > 2 * facts.nodes.count { agents = [:] }
        let made = fresh.map { blueprint.outcome(at: $0, &agents) }
        timesMade += made.count
        entries.replace(Set(stale.map { blueprint.id(uid: $0) }), with: made)
        var result = entries
        result.withhold(blueprint.unknownNodes(at: facts))
        return result
    }

    /// Notes which places there are now.
    ///
    /// - Returns: the UIDs of those that are gone or other ones than before, and those that need an entry; nil where two cannot be
    ///   told from each other.
    private mutating func changes(to places: [EntryPlace]) -> (stale: [String], fresh: [EntryPlace])? {
        look &+= 1
        var stale: [String] = []
        var fresh: [EntryPlace] = []
        for place in places {
            if let index = known.index(forKey: place.uid) {
                guard let isSame = known.values[index].note(place, in: look) else { return nil }
                if isSame { continue }
                stale.append(place.uid)
            } else {
                known[place.uid] = Known(place: place, look: look)
            }
            fresh.append(place)
        }
        if known.count > places.count {
            for uid in known.filter({ $0.value.look != look }).keys {
                known[uid] = nil
                stale.append(uid)
            }
        }
        return (stale, fresh)
    }

    private mutating func forget() {
        blueprint = nil
        known = [:]
        agents = [:]
        entries = DesiredEntries()
    }
}
