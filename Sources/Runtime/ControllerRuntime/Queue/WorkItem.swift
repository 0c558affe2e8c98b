/// A key that was handed to a worker.
public struct WorkItem<Key: Hashable & Sendable>: Equatable, Sendable {
    /// What to work on.
    public let key: Key
    /// The priority with which it was added, for a requeue that keeps it.
    public let priority: WorkPriority
    /// How long the key was ready before a worker took it.
    public let waited: Duration
}

/// How urgent a key is; higher goes first. Use few values, since each one is a label value of the depth metric.
public struct WorkPriority: Hashable, Comparable, Sendable {
    /// The number that is compared and shown in metrics.
    public let level: Int

    /// A level between or beyond the given ones.
    public init(level: Int) {
        self.level = level
    }

    /// A change that somebody made and waits for.
    public static let normal = WorkPriority(level: 0)
    /// The initial list, periodic checks, fan-out of one change to many objects.
    public static let low = WorkPriority(level: -100)

    /// Less urgent is less.
    public static func < (left: WorkPriority, right: WorkPriority) -> Bool { left.level < right.level }
}
