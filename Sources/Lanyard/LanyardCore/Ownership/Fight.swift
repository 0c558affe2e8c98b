/// Notices that something keeps undoing what is done, as another tool does that takes an object for its own. Pure; the
/// memory of one object.
package struct Fight: Equatable, Sendable {
    /// How many corrections within the period make a fight.
    package static let threshold = 3
    /// How long a correction counts.
    package static let period: Duration = .seconds(1_800)
    /// How many are counted.
    private static let counted = 99

    private var correctedAt: [Duration] = []
    private var names: Set<String> = []

    /// Nothing was put right yet.
    package init() {}

    /// Notes that something had to be put right again.
    ///
    /// - Parameter fields: what of it.
    package mutating func noteCorrection(of fields: Set<String> = [], at time: Duration) {
        correctedAt = correctedAt.filter { $0 + Self.period > time }
        if correctedAt.isEmpty { names = [] }
        correctedAt = correctedAt.suffix(Self.counted - 1) + [time]
        names.formUnion(fields)
    }

    /// Whether there were enough corrections lately.
    package func isOn(at time: Duration) -> Bool {
        correctedAt.count { $0 + Self.period > time } >= Self.threshold
    }

    /// When the fight is over if nothing more happens; nil while there is none.
    package func endsAt(now: Duration) -> Duration? {
        guard isOn(at: now), correctedAt.count >= Self.threshold else { return nil }
        return correctedAt[correctedAt.count - Self.threshold] + Self.period
    }

    /// Whether nothing of it counts any more.
    package func isForgotten(at time: Duration) -> Bool {
        correctedAt.allSatisfy { $0 + Self.period <= time }
    }

    /// What had to be put right, sorted.
    package var fields: [String] { names.sorted() }

    /// How often, in the period before the last time: constant until the next.
    package var count: Int { correctedAt.count }

    /// What a condition adds while the fight is on.
    ///
    /// - Parameter title: of the object: `auth role web`.
    package func note(on title: String) -> String {
        let what = fields.isEmpty ? "" : " (\(fields.joined(separator: ", ")))"
        return "something keeps changing \(title)\(what): it was put right \(count) times within half an hour"
    }
}
