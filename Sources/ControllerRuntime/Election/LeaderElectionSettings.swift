/// The timing of leader election.
public struct LeaderElectionSettings: Equatable, Sendable {
    /// How long others wait after the last renewal that they saw.
    public var leaseDuration: Duration
    /// How long the leader tries to renew, and how long it may write after its last success.
    public var renewDeadline: Duration
    /// The pause between tries.
    public var retryPeriod: Duration

    /// Takes times that keep two leaders apart.
    ///
    /// - Throws: `InvalidSettings` unless `leaseDuration > renewDeadline > 1.2 × retryPeriod > 0` and the lease lasts at
    ///   least a second.
    public init(
        leaseDuration: Duration = .seconds(15), renewDeadline: Duration = .seconds(10),
        retryPeriod: Duration = .seconds(2)
    ) throws {
        guard retryPeriod > .zero, renewDeadline > retryPeriod * 1.2, leaseDuration > renewDeadline,
            leaseDuration >= .seconds(1)
        else { throw InvalidSettings() }
        self.leaseDuration = leaseDuration
        self.renewDeadline = renewDeadline
        self.retryPeriod = retryPeriod
    }

    /// Thrown for times with which two replicas could lead at once.
    public struct InvalidSettings: Error, CustomStringConvertible {
        /// The rule that was broken.
        public var description: String {
            "leader election needs leaseDuration > renewDeadline > 1.2 × retryPeriod > 0, and a lease of a second or more"
        }
    }
}
