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
