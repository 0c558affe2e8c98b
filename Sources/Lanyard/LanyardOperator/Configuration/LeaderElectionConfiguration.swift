/// How replicas agree on the one that acts.
struct LeaderElectionConfiguration: Equatable, Sendable {
    var isEnabled: Bool
    var leaseDuration: Duration
    var renewDeadline: Duration
    var retryPeriod: Duration

    init(reading: inout ConfigurationReading) {
        let bounds: ClosedRange<Duration> = .seconds(1)...(.seconds(3_600))
        isEnabled = reading.flag(.leaderElectionEnabled)
        leaseDuration = reading.duration(.leaderElectionLeaseDuration, in: bounds)
        renewDeadline = reading.duration(.leaderElectionRenewDeadline, in: bounds)
        retryPeriod = reading.duration(.leaderElectionRetryPeriod, in: bounds)
        // A leader must have stopped, and its last write arrived, before another one may begin.
        if leaseDuration < renewDeadline + .seconds(1) {
            reading.problem(
                .leaderElectionLeaseDuration, "must be at least a second longer than leaderElection.renewDeadline")
        }
        // Writing ends a second before the deadline, and the next renewal has to be there by then.
        if renewDeadline <= max(retryPeriod + .seconds(1), retryPeriod * 1.2) {
            reading.problem(
                .leaderElectionRenewDeadline,
                "must be more than a second, and more than a fifth, longer than leaderElection.retryPeriod: "
                    + "a leader may write until a second before it")
        }
    }
}
