import KubernetesModel
import Synchronization

/// Since when passes over objects have come to no end, for what may be over in a moment. By name: no edit begins it anew, and no
/// object that takes the place of another, as the access that is waited with is the same.
final class DoubtBook: Sendable {
    private struct Doubt {
        let since: Duration
        var renewed: Duration
    }

    /// Until then what exists is left for the next pass, which may put right in place what else would be taken away.
    private static let patience = Duration.seconds(60)
    /// A doubt that was not renewed for so long is over, and another one begins: longer than any retry takes.
    private static let lapse = Duration.seconds(3_600)

    private let doubts = Mutex((all: [ObjectKey: Doubt](), cleared: Duration.zero))

    /// Notes that an object is in doubt.
    ///
    /// - Returns: whether it has been for so long that it is not waited for.
    func lasts(of key: ObjectKey, at now: Duration) -> Bool {
        doubts.withLock { doubts in
            if now - doubts.cleared > Self.lapse {
                // Whoever is gone without an end of its doubt is forgotten, too.
                doubts.all = doubts.all.filter { now - $0.value.renewed <= Self.lapse }
                doubts.cleared = now
            }
            var doubt = doubts.all[key] ?? Doubt(since: now, renewed: now)
            if now - doubt.renewed > Self.lapse { doubt = Doubt(since: now, renewed: now) }
            doubt.renewed = now
            doubts.all[key] = doubt
            return now - doubt.since >= Self.patience
        }
    }

    /// Forgets an object that is not in doubt.
    func remove(_ key: ObjectKey) { doubts.withLock { _ = $0.all.removeValue(forKey: key) } }

    /// How many objects are in doubt, or were not long ago; for tests.
    var count: Int { doubts.withLock { $0.all.count } }
}
