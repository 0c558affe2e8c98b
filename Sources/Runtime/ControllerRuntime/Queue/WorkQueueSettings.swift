/// The timing of a work queue.
public struct WorkQueueSettings: Equatable, Sendable {
    /// The backoff of a key's first failure; doubles with each further one.
    public var baseBackoff: Duration = .milliseconds(5)
    /// The longest wait for a retry, by the key's own backoff and by the retry budget of its group.
    public var maximumBackoff: Duration = .seconds(300)
    /// The share by which a backoff varies in both directions, so that keys which failed together do not retry together.
    public var backoffJitter: Double = 0.2
    /// Retries per second of all keys of a group together, beyond the burst.
    public var retriesPerSecond: Double = 10
    /// Retries that may happen at once after a quiet time.
    public var retryBurst: Double = 100
    /// A key that waited this long counts as `.normal`, so that low priorities cannot starve.
    public var ageingThreshold: Duration = .seconds(30)
    /// How many keys of a group, by their weight, may be in flight at once, so that a group whose work hangs does not take
    /// every worker; nil is no limit. Keys without a group have none.
    public var inFlightPerGroup: Int?

    /// The defaults: 5 ms·2ⁿ up to 5 min ± 20 %, 10 retries per second after a burst of 100, ageing after 30 s.
    public init() {}
}
