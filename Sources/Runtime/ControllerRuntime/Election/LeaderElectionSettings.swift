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
    /// - Throws: `InvalidSettings` unless `renewDeadline > 1.2 × retryPeriod > 0` and `leaseDuration` is at least a second
    ///   more than `renewDeadline`: so long the last write of one leader may be on its way before another's first.
    public init(
        leaseDuration: Duration = .seconds(15), renewDeadline: Duration = .seconds(10),
        retryPeriod: Duration = .seconds(2)
    ) throws {
        guard retryPeriod > .zero, renewDeadline > retryPeriod * 1.2, leaseDuration >= renewDeadline + .seconds(1)
        else { throw InvalidSettings() }
        self.leaseDuration = leaseDuration
        self.renewDeadline = renewDeadline
        self.retryPeriod = retryPeriod
    }

    /// The lease's duration as its record has it: whole seconds, and never less than what was meant, since others go by them.
    var leaseSeconds: Int {
        let (seconds, attoseconds) = leaseDuration.components
        return Int(clamping: seconds) + (attoseconds > 0 ? 1 : 0)
    }

    /// Thrown for times with which two replicas could lead at once.
    public struct InvalidSettings: Error, CustomStringConvertible {
        /// The rule that was broken.
        public var description: String {
            "leader election needs leaseDuration ≥ renewDeadline + 1 s, and renewDeadline > 1.2 × retryPeriod > 0"
        }
    }
}
