import KubernetesModel
import Metrics
import Synchronization

/// The metrics of a connection. No label carries the name of an object.
final class VaultMetrics: Sendable {
    private struct Instruments {
        var requests: [String: Counter] = [:]
        var durations: [String: Timer] = [:]
        var renewals: [String: Counter] = [:]
    }

    private let instruments = Mutex(Instruments())

    /// Makes the series that are known in advance, at zero, so that `rate()` sees the first increment.
    init() {
        for status in ["success", "error"] {
            instruments.withLock { $0.renewals[status] = Self.renewals(status) }
        }
    }

    private static func renewals(_ status: String) -> Counter {
        Counter(label: "vault_token_renewals_total", dimensions: [("status", status)])
    }

    /// - Parameter status: the HTTP status; nil when there was no answer.
    func requestFinished(_ operation: String, status: Int?, after duration: Duration) {
        let status = status.map(String.init) ?? "none"
        let (counter, timer) = instruments.withLock { instruments in
            let key = "\(operation) \(status)"
            let counter =
                instruments.requests[key]
                ?? Counter(
                    label: "vault_requests_total", dimensions: [("operation", operation), ("status", status)])
            let timer =
                instruments.durations[operation]
                ?? Timer(label: "vault_request_duration_seconds", dimensions: [("operation", operation)])
            instruments.requests[key] = counter
            instruments.durations[operation] = timer
            return (counter, timer)
        }
        counter.increment()
        timer.record(duration: duration)
    }

    func renewalFinished(isSuccess: Bool) {
        let status = isSuccess ? "success" : "error"
        instruments.withLock { $0.renewals[status] }?.increment()
    }
}
