import KubernetesModel
import Metrics

/// Counts and measures requests, under the names that existing dashboards read.
struct RequestMetrics: Sendable {
    private let host: String
    private let factory: any MetricsFactory

    /// Measures requests to a host.
    init(host: String, factory: any MetricsFactory) {
        self.host = host
        self.factory = factory
    }

    /// One try has got its answer's head, or failed.
    ///
    /// - Parameter status: nil without an answer.
    func ended(_ request: APIRequest, status: Int?, after duration: Duration) {
        let method = request.method.rawValue
        Counter(
            label: "rest_client_requests_total",
            dimensions: [("code", Self.code(status)), ("method", method), ("host", host)], factory: factory
        ).increment()
        Timer(
            label: "rest_client_request_duration_seconds", dimensions: verb(request), factory: factory
        ).record(duration: duration)
        record("rest_client_request_size_bytes", request.body?.count ?? 0, request)
    }

    /// The body of an answer has arrived.
    func received(_ byteCount: Int, _ request: APIRequest) {
        record("rest_client_response_size_bytes", byteCount, request)
    }

    /// A request is about to be sent again.
    func retried(_ request: APIRequest, after error: KubernetesError) {
        Counter(
            label: "rest_client_request_retries_total",
            dimensions: [("code", Self.code(error.httpStatus))] + verb(request), factory: factory
        ).increment()
    }

    private func record(_ label: String, _ byteCount: Int, _ request: APIRequest) {
        Recorder(label: label, dimensions: verb(request), aggregate: true, factory: factory).record(byteCount)
    }

    private func verb(_ request: APIRequest) -> [(String, String)] {
        [("verb", request.method.rawValue), ("host", host)]
    }

    private static func code(_ status: Int?) -> String {
        status.map(String.init) ?? "<error>"
    }
}

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
