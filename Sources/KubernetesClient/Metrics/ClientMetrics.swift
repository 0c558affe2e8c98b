/// What a metrics back end should know about the client's metrics: the presets of histograms and the help texts.
public enum ClientMetrics {
    /// Bucket bounds by metric name, in seconds or bytes.
    public static let buckets: [String: [Double]] = [
        "rest_client_request_duration_seconds": [
            0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60,
        ],
        "rest_client_request_size_bytes": sizes,
        "rest_client_response_size_bytes": sizes,
    ]

    /// Help texts by metric name.
    public static let help: [String: String] = [
        "rest_client_exec_plugin_call_total": "Calls of the credential plugin, by exit code and result.",
        "rest_client_exec_plugin_ttl_seconds": "How long the credential plugin's answer is valid.",
        "rest_client_request_duration_seconds": "Duration of requests to the API server until the answer's head.",
        "rest_client_request_retries_total": "Requests to the API server that were sent again.",
        "rest_client_request_size_bytes": "Size of the bodies of requests to the API server.",
        "rest_client_requests_total": "Requests to the API server, each try by itself; code <error> without an answer.",
        "rest_client_response_size_bytes": "Size of the bodies of answers, watches aside.",
        "rest_client_transport_ca_reload_total": "Times that the CA bundle was read again, by result.",
    ]

    private static let sizes: [Double] = [64, 256, 512, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 16_777_216]
}
