import LanyardControllers
import Metrics
import SPIREClient
import VaultClient

/// Gauges of which system is away, as this replica sees it: the leader does, while a standby calls neither.
struct OutageMetrics: Sendable {
    private let spire: Gauge
    private let vault: Gauge
    private let sealed: Gauge

    /// Makes all series, at zero.
    init(factory: any MetricsFactory = MetricsSystem.factory) {
        func gauge(_ system: String, _ reason: String) -> Gauge {
            let gauge = Gauge(
                label: "lanyard_system_away", dimensions: [("system", system), ("reason", reason)], factory: factory)
            gauge.record(0)
            return gauge
        }
        spire = gauge("spire", "unavailable")
        vault = gauge("vault", "unavailable")
        sealed = gauge("vault", "sealed")
    }

    /// Brings the gauges up to date; call it before metrics are rendered.
    func update(spire spireGate: DependencyGate<SPIREError>, vault vaultGate: DependencyGate<VaultError>) {
        spire.record(spireGate.currentFailure == nil ? 0 : 1)
        let failure = vaultGate.currentFailure?.code
        vault.record(failure == nil || failure == .sealed ? 0 : 1)
        sealed.record(failure == .sealed ? 1 : 0)
    }
}
