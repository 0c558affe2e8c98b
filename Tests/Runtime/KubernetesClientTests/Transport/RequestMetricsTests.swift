import KubernetesModel
import Metrics
import Synchronization
import Testing

@testable import KubernetesClient

@Suite("Request metrics")
struct RequestMetricsTests {
    /// Takes note of the instruments that it is asked for, and measures nothing.
    private final class AskedFactory: MetricsFactory {
        private let asked = Mutex<[String]>([])

        /// Each with its first label.
        var instruments: [String] { asked.withLock { $0.sorted() } }

        private func handler(_ label: String, _ dimensions: [(String, String)]) -> NOOPMetricsHandler {
            asked.withLock { $0.append("\(label) \(dimensions.first?.1 ?? "")") }
            return NOOPMetricsHandler.instance
        }

        func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
            handler(label, dimensions)
        }
        func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
            handler(label, dimensions)
        }
        func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
            handler(label, dimensions)
        }
        func destroyCounter(_ handler: any CounterHandler) {}
        func destroyRecorder(_ handler: any RecorderHandler) {}
        func destroyTimer(_ handler: any TimerHandler) {}
    }

    @Test("instruments are made once for each method, and for each code that it is answered with")
    func once() {
        let factory = AskedFactory()
        let metrics = RequestMetrics(host: "h", factory: factory)
        let request = APIRequest(.get, "/version")
        for status in [200, 200, nil, 503, 200] {
            metrics.ended(request, status: status, after: .milliseconds(1))
            metrics.received(1, request)
        }
        for _ in 0..<2 { metrics.retried(request, after: KubernetesError(.unreachable, "no")) }
        #expect(
            factory.instruments == [
                "rest_client_request_duration_seconds GET", "rest_client_request_retries_total <error>",
                "rest_client_request_size_bytes GET", "rest_client_requests_total 200",
                "rest_client_requests_total 503", "rest_client_requests_total <error>",
                "rest_client_response_size_bytes GET",
            ])
    }
}
