/// Notices that something keeps deleting the entries of an identity, as another controller does that takes the whole server
/// for its own (spire.md §3.3). Pure; the memory of one identity.
package struct EntryFight: Equatable, Sendable {
    /// How many deletions within the period make a fight.
    package static let threshold = 3
    /// How long a deletion counts.
    package static let period: Duration = .seconds(1_800)

    private var deletedAt: [Duration] = []

    /// Peace.
    package init() {}

    /// Notes that entries which were right were gone at a look.
    package mutating func noteDeletion(at time: Duration) {
        deletedAt = Array(deletedAt.filter { $0 + Self.period > time }.suffix(Self.threshold - 1)) + [time]
    }

    /// Whether something keeps deleting the entries.
    package func isOn(at time: Duration) -> Bool {
        deletedAt.count { $0 + Self.period > time } >= Self.threshold
    }

    /// When the fight is over if nothing more happens; nil while there is none.
    package func endsAt(now: Duration) -> Duration? {
        isOn(at: now) ? deletedAt.first.map { $0 + Self.period } : nil
    }

    /// What the condition adds while a fight is on; constant, since conditions are.
    package static let note =
        "something keeps deleting it, and it is made again each time; if spire-controller-manager uses the same server, "
        + "set its entryIDPrefix"
}
