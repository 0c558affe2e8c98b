/// How much is done at a time, and how often everything is verified.
struct ReconcileConfiguration: Equatable, Sendable {
    /// VaultMounts, and VaultRoleBindings of one namespace, that are worked on at a time.
    var workers: Int
    /// Each object is verified at least this often.
    var resyncInterval: Duration

    init(reading: inout ConfigurationReading) {
        workers = reading.number(.reconcileWorkers, in: 1...256)
        resyncInterval = reading.duration(.reconcileResyncInterval, in: .seconds(1)...(.seconds(86_400)))
    }
}
