/// How urgent a key is; higher goes first. Use few values, since each one is a label value of the depth metric.
public struct WorkPriority: Hashable, Comparable, Sendable {
    /// The number that is compared and shown in metrics.
    public let level: Int

    /// Makes a priority.
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
