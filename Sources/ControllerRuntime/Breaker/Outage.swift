public import KubernetesModel

/// A time in which a circuit breaker was open.
public struct Outage: Equatable, Sendable {
    /// The keys that wait, in the order in which they failed.
    public let waiting: [ObjectKey]
    /// From the first failure to the first answer.
    public let lasted: Duration

    /// Describes one.
    public init(waiting: [ObjectKey], lasted: Duration) {
        self.waiting = waiting
        self.lasted = lasted
    }
}
