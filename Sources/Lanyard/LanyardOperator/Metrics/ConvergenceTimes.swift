import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import Metrics
import Synchronization

/// How long it takes from a change of an object until it is Ready: what its author waits for.
///
/// The time begins when the watch tells of a new object, or of another spec, and ends when the watch tells that this very spec
/// is in place. Another change begins it anew, a pause ends it uncounted. What waits for people counts only while they are quick:
/// otherwise any tenant could decide the upper quantiles.
///
/// All replicas watch, and the one that leads at the end counts: so a failover is in the times.
final class ConvergenceTimes: Sendable {
    /// Bucket bounds in seconds by metric name.
    static let buckets: [String: [Double]] = [
        name: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800]
    ]

    /// How soon after it was seen to wait for somebody an object has to be Ready to count. Of what is declared together, one
    /// waits for the other for a moment.
    static let patience = Duration.seconds(10)

    private static let name = "lanyard_convergence_seconds"

    private struct Subject: Hashable {
        let kind: String
        let key: ObjectKey
    }

    private struct Change {
        let uid: String?
        let since: Duration
        /// When it was first seen to wait for somebody.
        var waitsSince: Duration?
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
        let generation = object.metadata.generation
        let ready = object.condition(ConditionType.ready)
        let reported = ready.flatMap { $0.observedGeneration == generation ? $0 : nil }
        guard reported?.status != .yes else { return end(subject, uid: object.metadata.uid) }
        guard ready?.reason != Reason.paused.rawValue else { return forget(subject) }
        let now = clock.now
        changes.withLock { changes in
            if delta.old.map({ $0.metadata.generation != generation }) ?? (ready == nil) {
                changes[subject] = Change(uid: object.metadata.uid, since: now)
            }
            guard let reported, Reason(rawValue: reported.reason)?.waitsForSomebody == true else { return }
            if changes[subject]?.waitsSince == nil { changes[subject]?.waitsSince = now }
        }
    }

    private func end(_ subject: Subject, uid: String?) {
        let now = clock.now
        guard let change = changes.withLock({ $0.removeValue(forKey: subject) }), change.uid == uid, isLeading(),
            now - (change.waitsSince ?? now) <= Self.patience
        else { return }
        timers[subject.kind]?.record(duration: now - change.since)
    }

    private func forget(_ subject: Subject) {
        changes.withLock { $0[subject] = nil }
    }
}

extension Reason {
    /// Whether it lasts until somebody mends this object, or brings what it is in need of.
    fileprivate var waitsForSomebody: Bool {
        switch self {
        case .identityNotFound, .identityNotReady, .federatedBundleMissing, .noLiveAgents: true
        default: needsIntervention
        }
    }
}
