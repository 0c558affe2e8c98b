import Metrics
import Synchronization

/// Counts what became of asking the Workload API for SVIDs, and shows how long the one in use is good for.
final class SVIDMetrics: Sendable {
    /// What was asked for.
    enum Kind: String {
        case x509
        case jwt
    }

    private struct Instruments {
        var fetches: [String: Counter] = [:]
        /// None before the first SVID: most operators need none.
        var rest: Gauge?
        var lifetime: Gauge?
    }

    private let instruments = Mutex(Instruments())
    private let factory: any MetricsFactory

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
    }

    func fetched(_ kind: Kind, isSuccess: Bool) {
        let status = isSuccess ? "success" : "error"
        let counter = instruments.withLock { instruments in
            let key = "\(kind.rawValue) \(status)"
            let counter =
                instruments.fetches[key]
                ?? Counter(
                    label: "spiffe_svid_fetch_total", dimensions: [("svid_type", kind.rawValue), ("status", status)],
                    factory: factory)
            instruments.fetches[key] = counter
            return counter
        }
        counter.increment()
    }

    /// Shows the life of the X.509-SVID in use.
    ///
    /// - Parameter now: seconds since 1970.
    func show(_ svid: X509SVID, at now: Int64) {
        instruments.withLock { instruments in
            let rest = instruments.rest ?? Gauge(label: "spiffe_x509_svid_expiration_seconds", factory: factory)
            let lifetime = instruments.lifetime ?? Gauge(label: "spiffe_x509_svid_lifetime_seconds", factory: factory)
            (instruments.rest, instruments.lifetime) = (rest, lifetime)
            rest.record(max(Double(svid.expiresAt) - Double(now), 0))
            lifetime.record(svid.lifetime)
        }
    }
}
