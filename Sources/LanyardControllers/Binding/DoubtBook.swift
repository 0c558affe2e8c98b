import KubernetesModel
import Synchronization

/// Since when passes over objects have come to no end, for what may be over in a moment. By UID: no edit begins it anew.
final class DoubtBook: Sendable {
    private struct Doubt {
        let uid: String?
        let since: Duration
    }

    /// Until then what exists is left for the next pass, which may put right in place what else would be taken away.
    private static let patience = Duration.seconds(60)

    private let doubts = Mutex<[ObjectKey: Doubt]>([:])

    /// Notes that an object is in doubt.
    ///
    /// - Returns: whether it has been for so long that it is not waited for.
    func lasts(of key: ObjectKey, uid: String?, at now: Duration) -> Bool {
        doubts.withLock { doubts in
            if let doubt = doubts[key], doubt.uid == uid { return now - doubt.since >= Self.patience }
            doubts[key] = Doubt(uid: uid, since: now)
            return false
        }
    }

    /// Forgets an object that is not in doubt, or gone.
    func remove(_ key: ObjectKey) { doubts.withLock { _ = $0.removeValue(forKey: key) } }
}
