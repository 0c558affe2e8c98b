public import KubernetesModel

/// Brings one object's world into the state that the object declares.
///
/// A reconciler gets a key and no event: it reads what is true now and acts on that, so lost, merged and repeated
/// triggers do no harm. The controller never runs two reconciles of one key at a time.
public protocol Reconciler: Sendable {
    /// Looks at the object with this key and does what is needed; an absent object is a normal case.
    ///
    /// - Returns: whether and when to look again without a trigger.
    /// - Throws: `RetryAfter` to wait for an exact time, `TerminalError` to wait for the next change of the object,
    ///   any other error to be retried with backoff.
    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult
}

/// What a successful reconcile asks for next.
public struct ReconcileResult: Equatable, Sendable {
    /// How long to wait until the next look; nil waits for a trigger.
    public let requeueAfter: Duration?
    /// The priority of that look; nil keeps the priority that this one had.
    public let priority: WorkPriority?

    /// Nothing to do until something changes.
    public static let done = ReconcileResult(requeueAfter: nil, priority: nil)

    /// Look again after a while. This is no failure: the key's backoff is forgotten.
    ///
    /// - Parameters:
    ///   - delay: how long to wait; jitter is the caller's.
    ///   - priority: `.low` for periodic checks; nil keeps the priority that this reconcile had.
    public static func requeue(after delay: Duration, priority: WorkPriority? = nil) -> Self {
        ReconcileResult(requeueAfter: delay, priority: priority)
    }
}
