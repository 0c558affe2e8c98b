import KubernetesModel
import Metrics
import Synchronization

/// The metrics of a connection. No label carries the name of an object.
final class VaultMetrics: Sendable {
    /// How a login of the operator's own ended.
    enum Login: String, CaseIterable {
        case success
        /// Vault, the file with the token or the SPIRE agent says no. Time alone does not mend that.
        case refused
        /// There was no answer, or none that says anything of the login.
        case error
    }

    private struct Instruments {
        var requests: [String: Counter] = [:]
        var durations: [String: Timer] = [:]
        var renewals: [String: Counter] = [:]
        /// None before the first token: a standby needs none.
        var life: Life?
    }

    /// The gauges of the token.
    private struct Life {
        let rest: Gauge
        let lease: Gauge

        init(factory: any MetricsFactory) {
            rest = Gauge(label: "vault_token_expiration_seconds", factory: factory)
            lease = Gauge(label: "vault_token_lease_seconds", factory: factory)
        }
    }

    private let instruments = Mutex(Instruments())
    private let logins: [Login: Counter]
    private let factory: any MetricsFactory

    /// Makes the series that are known in advance, at zero, so that `rate()` sees the first increment.
    init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
        func counter(_ name: String, _ status: String) -> Counter {
            Counter(label: name, dimensions: [("status", status)], factory: factory)
        }
        logins = Dictionary(
            uniqueKeysWithValues: Login.allCases.map { ($0, counter("vault_logins_total", $0.rawValue)) })
        for status in ["success", "error"] {
            instruments.withLock { $0.renewals[status] = counter("vault_token_renewals_total", status) }
        }
    }

    /// - Parameter status: the HTTP status; nil when there was no answer.
    func requestFinished(_ operation: String, status: Int?, after duration: Duration) {
        let status = status.map(String.init) ?? "none"
        let (counter, timer) = instruments.withLock { instruments in
            let key = "\(operation) \(status)"
            let counter =
                instruments.requests[key]
                ?? Counter(
                    label: "vault_requests_total", dimensions: [("operation", operation), ("status", status)],
                    factory: factory)
            let timer =
                instruments.durations[operation]
                ?? Timer(
                    label: "vault_request_duration_seconds", dimensions: [("operation", operation)], factory: factory)
            instruments.requests[key] = counter
            instruments.durations[operation] = timer
            return (counter, timer)
        }
        counter.increment()
        timer.record(duration: duration)
    }

    /// Shows how long a token lives on, and of how long; that there is none any more.
    func show(_ token: VaultToken?, at now: Duration) {
        instruments.withLock { instruments in
            guard token != nil || instruments.life != nil else { return }
            let life = instruments.life ?? Life(factory: factory)
            instruments.life = life
            guard let token else {
                life.rest.record(0)
                return
            }
            life.rest.record(Self.seconds(token.expiresAt.map { max($0 - now, .zero) }))
            life.lease.record(Self.seconds(token.term))
        }
    }

    private static func seconds(_ duration: Duration?) -> Double {
        guard let duration else { return .infinity }
        return duration / .seconds(1)
    }

    func loginFinished(_ login: Login) { logins[login]?.increment() }

    func renewalFinished(isSuccess: Bool) {
        let status = isSuccess ? "success" : "error"
        instruments.withLock { $0.renewals[status] }?.increment()
    }
}
