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
