/// A key that was handed to a worker.
public struct WorkItem<Key: Hashable & Sendable>: Equatable, Sendable {
    /// What to work on.
    public let key: Key
    /// The priority with which it was added, for a requeue that keeps it.
    public let priority: WorkPriority
    /// How long the key was ready before a worker took it.
    public let waited: Duration
}
