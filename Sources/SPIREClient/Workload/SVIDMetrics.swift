import Metrics
import Synchronization

/// Counts what became of asking the Workload API for SVIDs.
final class SVIDMetrics: Sendable {
    /// What was asked for.
    enum Kind: String {
        case x509
        case jwt
    }

    private let counters = Mutex<[String: Counter]>([:])

    func fetched(_ kind: Kind, isSuccess: Bool) {
        let status = isSuccess ? "success" : "error"
        let counter = counters.withLock { counters in
            let key = "\(kind.rawValue) \(status)"
            let counter =
                counters[key]
                ?? Counter(
                    label: "spiffe_svid_fetch_total", dimensions: [("svid_type", kind.rawValue), ("status", status)])
            counters[key] = counter
            return counter
        }
        counter.increment()
    }
}
