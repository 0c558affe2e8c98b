import KubernetesModel
import Metrics
import Synchronization

/// Counts and measures requests, under the names that existing dashboards read. Instruments are made once: to find one anew by
/// its labels costs more than all else that is done here.
final class RequestMetrics: Sendable {
    /// What requests of one method are measured with.
    private struct Instruments {
        let duration: Timer
        let requestSize: Recorder
        let answerSize: Recorder
        /// By the code of the answer, nil without one.
        var requests: [Int?: Counter] = [:]
        var retries: [Int?: Counter] = [:]
    }

    private let host: String
    private let factory: any MetricsFactory
    private let methods = Mutex<[APIRequest.Method: Instruments]>([:])

    /// Measures requests to a host.
    init(host: String, factory: any MetricsFactory) {
        self.host = host
        self.factory = factory
    }

    /// One try has got its answer's head, or failed.
    ///
    /// - Parameter status: nil without an answer.
    func ended(_ request: APIRequest, status: Int?, after duration: Duration) {
        let (counter, timer, size) = with(request.method) { instruments in
            let counter =
                instruments.requests[status]
                ?? Counter(
                    label: "rest_client_requests_total",
                    dimensions: [("code", Self.code(status)), ("method", request.method.rawValue), ("host", host)],
                    factory: factory)
            instruments.requests[status] = counter
            return (counter, instruments.duration, instruments.requestSize)
        }
        counter.increment()
        timer.record(duration: duration)
        size.record(request.body?.count ?? 0)
    }

    /// The body of an answer has arrived.
    func received(_ byteCount: Int, _ request: APIRequest) {
        with(request.method) { $0.answerSize }.record(byteCount)
    }

    /// A request is about to be sent again.
    func retried(_ request: APIRequest, after error: KubernetesError) {
        let status = error.httpStatus
        let counter = with(request.method) { instruments in
            let counter =
                instruments.retries[status]
                ?? Counter(
                    label: "rest_client_request_retries_total",
                    dimensions: [("code", Self.code(status))] + verb(request.method), factory: factory)
            instruments.retries[status] = counter
            return counter
        }
        counter.increment()
    }

    private func with<Result: Sendable>(
        _ method: APIRequest.Method, _ body: (inout Instruments) -> Result
    ) -> Result {
        methods.withLock { body(&$0[method, default: makeInstruments(method)]) }
    }

    private func makeInstruments(_ method: APIRequest.Method) -> Instruments {
        let verb = verb(method)
        return Instruments(
            duration: Timer(label: "rest_client_request_duration_seconds", dimensions: verb, factory: factory),
            requestSize: Recorder(
                label: "rest_client_request_size_bytes", dimensions: verb, aggregate: true, factory: factory),
            answerSize: Recorder(
                label: "rest_client_response_size_bytes", dimensions: verb, aggregate: true, factory: factory))
    }

    private func verb(_ method: APIRequest.Method) -> [(String, String)] {
        [("verb", method.rawValue), ("host", host)]
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
