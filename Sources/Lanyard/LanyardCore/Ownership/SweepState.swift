/// Which entries without an owner may be deleted, by the rule of all sweeps (`SweepRule`). Pure.
package struct SweepState: Equatable, Sendable {
    private var seen: [String: Int] = [:]
    private var succession: LookSuccession

    /// No look has found anything yet.
    ///
    /// - Parameter interval: how often is looked when nothing fails.
    package init(every interval: Duration) { succession = LookSuccession(every: interval) }

    /// What a sweep does.
    package enum Decision: Equatable, Sendable {
        /// Nothing yet: there is nothing, or it was seen for the first time.
        case keep
        /// These are deleted, in order.
        case delete([String])
        /// These are deleted, if any, and nothing of the namespaces that have too many.
        case deleteSome([String], SweepRule.Excess)
        /// That would be too many, by number or as all that so many namespaces had: nothing is deleted.
        case stop(count: Int, limit: Int, emptied: Int? = nil)

        /// How many are held.
        package var held: Int {
            switch self {
            case .keep, .delete: 0
            case .deleteSome(_, let excess): excess.held
            case .stop(let count, _, _): count
            }
        }
    }

    /// Decides after a complete look at both the API server and SPIRE. A look that was not complete is not brought here, but
    /// to `forget`.
    ///
    /// - Parameters:
    ///   - ownerless: IDs of our entries that no object owns, with the namespace that they were made for; empty for none.
    ///   - all: how many entries with our prefix there are in each namespace.
    ///   - owners: how many objects there are that can own any. When there is none at all, a definition may have vanished
    ///     with its objects, or the API server been restored without them: then nobody's access is taken, but a single
    ///     leftover may go.
    ///   - now: when it was looked. A look that is tried again in moments works from what was counted.
    package mutating func decide(
        ownerless: [String: String], among all: [String: Int], owners: Int, at now: Duration
    ) -> Decision {
        let counts = succession.counts(at: now)
        let judgement = SweepRule.judge(ownerless: ownerless, among: all, after: seen, counts: counts)
        seen = judgement.seen
        if judgement.gone.isEmpty, judgement.excess == nil { return .keep }
        if let excess = judgement.excess, excess.isStop {
            return .stop(count: excess.count, limit: excess.limit, emptied: excess.emptied)
        }
        if owners == 0, ownerless.count > 1 { return .stop(count: ownerless.count, limit: 1) }
        let ids = judgement.gone.sorted()
        return judgement.excess.map { .deleteSome(ids, $0) } ?? .delete(ids)
    }

    /// A look failed (rule sweep-3): what was seen before it is no longer the sweep before.
    package mutating func forget() {
        seen = [:]
        succession.forget()
    }
}
