/// Which entries without an owner may be deleted (DESIGN §3.2): only those that two complete looks in succession found
/// without one, and never many at once. Pure.
package struct SweepState: Equatable, Sendable {
    /// At least this many may go in one sweep.
    package static let floor = 5
    /// Otherwise one in this many.
    package static let share = 10

    private var suspects: Set<String> = []

    /// Suspects nobody.
    package init() {}

    /// What a sweep does.
    package enum Decision: Equatable, Sendable {
        /// Nothing yet: there is nothing, or it was seen for the first time.
        case keep
        /// These are deleted, in order.
        case delete([String])
        /// That would be too many: nothing is deleted.
        case stop(count: Int, limit: Int)
    }

    /// Decides after a complete look at both the API server and SPIRE. A look that was not complete is not brought here, but
    /// to `forget`.
    ///
    /// - Parameters:
    ///   - ownerless: IDs of our entries that no object owns.
    ///   - owned: how many entries with our prefix there are in all.
    ///   - owners: how many objects there are that can own any. When there is none at all, a definition may have vanished
    ///     with its objects, or the API server been restored without them: then nobody's access is taken, but a single
    ///     leftover may go.
    package mutating func decide(ownerless: Set<String>, owned: Int, owners: Int) -> Decision {
        let confirmed = suspects.intersection(ownerless)
        suspects = ownerless
        let limit = max(Self.floor, owned / Self.share)
        if confirmed.isEmpty { return .keep }
        // All that is without an owner counts, so that a disaster is not carried out in small parts.
        if ownerless.count > limit { return .stop(count: ownerless.count, limit: limit) }
        if owners == 0, ownerless.count > 1 { return .stop(count: ownerless.count, limit: 1) }
        return .delete(confirmed.sorted())
    }

    /// A look failed: what was seen before it is no longer the sweep before.
    package mutating func forget() { suspects = [] }
}
