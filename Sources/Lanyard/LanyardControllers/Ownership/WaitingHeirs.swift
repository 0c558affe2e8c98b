import KubernetesModel
import Synchronization

/// The bindings that are accepted and have not taken over what an earlier one of their name had, for no fault of their own: the
/// sweep waits for those. Known in memory only, from the passes over each.
///
/// A pass that comes to nothing, as while the identity has not been looked at yet, neither renews what is known nor refutes it: what
/// is known holds. But not for more than ten minutes after the first such pass (rule own-44): else whoever edits
/// without end, so that no pass comes to anything, would keep from the sweep what a boundary has come to forbid. A pass that fails is
/// tried again within six minutes, so that one which can say more has come by then. Where no pass is made nothing has changed, and
/// nothing lapses.
final class WaitingHeirs: Sendable {
    private struct Note {
        /// When the first pass began that has not found it so again; nil when the last one has.
        var isOpenSince: Duration?
    }

    private static let lapse = Duration.seconds(600)

    private let clock: any RuntimeClock
    private let notes = Mutex([ObjectKey: Note]())

    /// Knows of nobody yet.
    init(clock: any RuntimeClock) { self.clock = clock }

    /// Begins a pass, which has to find it so again.
    func begin(_ key: ObjectKey) {
        let now = clock.now
        notes.withLock { notes in
            guard let note = notes[key], note.isOpenSince == nil else { return }
            notes[key] = Note(isOpenSince: now)
        }
    }

    /// Notes what a pass has found.
    func note(_ key: ObjectKey) { notes.withLock { $0[key] = Note(isOpenSince: nil) } }

    /// Forgets one that is not waited for any more.
    func forget(_ key: ObjectKey) { notes.withLock { _ = $0.removeValue(forKey: key) } }

    /// Whether the sweep waits for a binding of a name.
    func contains(_ key: ObjectKey) -> Bool {
        let now = clock.now
        guard let note = notes.withLock({ $0[key] }) else { return false }
        return note.isOpenSince.map { now - $0 < Self.lapse } ?? true
    }
}
