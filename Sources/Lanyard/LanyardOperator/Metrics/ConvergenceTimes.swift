import ControllerRuntime
import KubernetesModel
import LanyardAPI
import Metrics
import Synchronization

/// How long it takes from a change of an object until it is Ready: what its author waits for.
///
/// The time begins when the watch tells of a new object, or of another spec, and ends when the watch tells that this very spec
/// is in place. Another change begins it anew. What only people can mend counts while it lasts; a pause does not.
///
/// All replicas watch, and the one that leads at the end counts: so a failover is in the times.
final class ConvergenceTimes: Sendable {
    /// Bucket bounds in seconds by metric name.
    static let buckets: [String: [Double]] = [
        name: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800]
    ]

    private static let name = "lanyard_convergence_seconds"

    private struct Subject: Hashable {
        let kind: String
        let key: ObjectKey
    }

    private struct Change {
        let uid: String?
        let since: Duration
    }

    private let clock: any RuntimeClock
    private let isLeading: @Sendable () -> Bool
    private let timers: [String: Timer]
    /// Of those that are not Ready since; gone with their objects.
    private let changes = Mutex<[Subject: Change]>([:])

    /// Makes all series, at zero.
    init(
        clock: any RuntimeClock, isLeading: @escaping @Sendable () -> Bool,
        factory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.clock = clock
        self.isLeading = isLeading
        let kinds = LanyardKind.all.filter(\.isCleanedUp).map(\.descriptor.kind)
        timers = Dictionary(
            uniqueKeysWithValues: kinds.map { kind in
                (kind, Timer(label: Self.name, dimensions: [("kind", kind)], factory: factory))
            })
    }

    /// Takes notice of a change of an object or its status.
    func observe<Object: ConditionedResource>(_ delta: Delta<Object>) {
        guard let key = delta.key else { return }
        let subject = Subject(kind: Object.descriptor.kind, key: key)
        guard let object = delta.new, !object.metadata.isBeingDeleted else { return forget(subject) }
        let ready = object.condition(ConditionType.ready)
        if ready?.status == .yes, ready?.observedGeneration == object.metadata.generation {
            end(subject, uid: object.metadata.uid)
        } else if ready?.reason == Reason.paused.rawValue {
            forget(subject)
        } else if delta.old.map({ $0.metadata.generation != object.metadata.generation }) ?? (ready == nil) {
            let change = Change(uid: object.metadata.uid, since: clock.now)
            changes.withLock { $0[subject] = change }
        }
    }

    private func end(_ subject: Subject, uid: String?) {
        guard let change = changes.withLock({ $0.removeValue(forKey: subject) }), change.uid == uid, isLeading() else {
            return
        }
        timers[subject.kind]?.record(duration: clock.now - change.since)
    }

    private func forget(_ subject: Subject) {
        changes.withLock { $0[subject] = nil }
    }
}
