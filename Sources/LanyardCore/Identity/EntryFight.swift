/// Notices that something keeps deleting the entries of an identity, as another controller does that takes the whole server
/// for its own (spire.md §3.3). Pure; the memory of one identity.
package struct EntryFight: Equatable, Sendable {
    private var fight = Fight()

    /// Peace.
    package init() {}

    /// Notes that entries which were right were gone at a look.
    package mutating func noteDeletion(at time: Duration) { fight.noteCorrection(at: time) }

    /// Whether something keeps deleting the entries.
    package func isOn(at time: Duration) -> Bool { fight.isOn(at: time) }

    /// When the fight is over if nothing more happens; nil while there is none.
    package func endsAt(now: Duration) -> Duration? { fight.endsAt(now: now) }

    /// What the condition adds while a fight is on; constant, since conditions are.
    package static let note =
        "something keeps deleting it, and it is made again each time; if spire-controller-manager uses the same server, "
        + "set its entryIDPrefix"
}
