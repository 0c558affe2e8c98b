/// What a metrics back end should know about the runtime's metrics: the presets of histograms and the help texts.
public enum RuntimeMetrics {
    /// Bucket bounds in seconds by metric name.
    public static let buckets: [String: [Double]] = [
        "controller_runtime_reconcile_time_seconds": [
            0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60,
        ],
        "workqueue_queue_duration_seconds": queueBuckets,
        "workqueue_work_duration_seconds": queueBuckets,
    ]

    /// Help texts by metric name.
    public static let help: [String: String] = [
        "controller_runtime_active_workers": "Reconciles that run now.",
        "controller_runtime_max_concurrent_reconciles": "Reconciles that may run at the same time.",
        "controller_runtime_reconcile_errors_total": "Reconciles that failed.",
        "controller_runtime_reconcile_time_seconds": "Duration of reconciles.",
        "controller_runtime_reconcile_timeouts_total": "Reconciles that were cancelled because they took too long.",
        "controller_runtime_reconcile_total": "Reconciles by result.",
        "controller_runtime_terminal_reconcile_errors_total": "Reconciles that failed and are not retried.",
        "leader_election_master_status": "1 while this replica leads.",
        "leader_election_slowpath_total": "Renewals that had to read the lease first.",
        "workqueue_adds_total": "Keys that were added.",
        "workqueue_depth": "Keys that wait for a worker.",
        "workqueue_longest_running_processor_seconds": "Duration of the longest work in flight.",
        "workqueue_queue_duration_seconds": "How long keys waited for a worker.",
        "workqueue_retries_total": "Keys that were added again after a failure.",
        "workqueue_unfinished_work_seconds": "Duration of all work in flight.",
        "workqueue_work_duration_seconds": "How long workers had a key.",
    ]

    private static let queueBuckets = [0.000_1, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300]
}
