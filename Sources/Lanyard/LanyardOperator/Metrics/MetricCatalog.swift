import ControllerRuntime
import KubernetesClient
import LanyardControllers

/// What the metrics back end has to know of each metric. Every metric is in `docs/metrics.md` as well.
enum MetricCatalog {
    /// Help texts by metric name.
    static let help = RuntimeMetrics.help.merging(ClientMetrics.help) { _, client in client }
        .merging(BoundaryMetrics.help) { _, boundary in boundary }
        .merging(DriftMetrics.help) { _, drift in drift }
        .merging(SweepReport.help) { _, sweep in sweep }
        .merging(own) { _, own in own }

    /// Bucket bounds in seconds by metric name.
    static let buckets = RuntimeMetrics.buckets.merging(ClientMetrics.buckets) { _, client in client }
        .merging(ConvergenceTimes.buckets) { _, times in times }
        .merging(["spire_request_duration_seconds": requests, "vault_request_duration_seconds": requests]) { _, own in
            own
        }

    private static let requests = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private static let own: [String: String] = [
        "lanyard_conflicts": "Resources that want what somebody else has.",
        "lanyard_convergence_seconds": "Time from a change of an object until it is Ready.",
        "lanyard_crd_outdated": "Whether a CustomResourceDefinition is missing, or not that of this version.",
        "lanyard_drift_detected_total": "Differences by foreign hand that were found.",
        "lanyard_entries": "Registration entries of all identities.",
        "lanyard_events_dropped_total": "Events that could not be written.",
        "lanyard_fence_denied_total": "External writes that were not made because this replica does not lead.",
        "lanyard_fence_open": "1 while this replica may write to SPIRE, Vault and the ledger.",
        "lanyard_namespace_resources": "Resources by namespace and by what Ready says of them.",
        "lanyard_remote_writes_total": "Writes to external systems.",
        "lanyard_resources": "Resources by what their conditions say.",
        "lanyard_store_objects": "Objects in the cache.",
        "lanyard_system_away": "1 while an external system is away, by why.",
        "lanyard_undecodable_objects": "Objects that do not fit their kind and are left alone.",
        "lanyard_watch_open": "1 while a cache is complete and its watch is open.",
        "lanyard_watch_restarts_total": "Watches that were opened again.",
        "lanyard_watch_stalled_total": "Watches that fell silent and were opened again.",
        "process_cpu_seconds_total": "Processor time of the process.",
        "process_open_fds": "Open file descriptors.",
        "process_resident_memory_bytes": "Memory in use.",
        "process_start_time_seconds": "When the process started, in seconds since 1970.",
        "process_virtual_memory_bytes": "Address space.",
        "spiffe_svid_fetch_total": "Attempts to obtain an SVID of the operator's own.",
        "spiffe_x509_svid_expiration_seconds": "How much longer the operator's own X.509-SVID is valid.",
        "spiffe_x509_svid_lifetime_seconds": "How long the operator's own X.509-SVID is valid in all.",
        "spire_request_duration_seconds": "Duration of calls to SPIRE.",
        "spire_requests_total": "Calls to SPIRE by how they ended.",
        "vault_logins_total": "Logins of the operator to Vault.",
        "vault_request_duration_seconds": "Duration of requests to Vault.",
        "vault_requests_total": "Requests to Vault by status.",
        "vault_token_expiration_seconds": "How much longer the operator's Vault token lives.",
        "vault_token_lease_seconds": "How long the last login or renewal lets the operator's Vault token live.",
        "vault_token_renewals_total": "Renewals of the operator's Vault token.",
    ]
}
