import ControllerRuntime
import KubernetesModel
import Metrics

/// Gauges of which caches show what the API server has.
struct WatchGauges: Sendable {
    private let gauges: [(source: ObservedSource, gauge: Gauge)]

    /// Makes one for each cache, at zero.
    init(_ sources: [ObservedSource], factory: any MetricsFactory = MetricsSystem.factory) {
        gauges = sources.map { source in
            let dimensions = [("resource", source.kind.qualifiedName)]
            let gauge = Gauge(label: "lanyard_watch_open", dimensions: dimensions, factory: factory)
            gauge.record(0)
            return (source, gauge)
        }
    }

    /// Brings the gauges up to date; call it before metrics are rendered.
    func update() {
        for (source, gauge) in gauges {
            let health = source.health()
            gauge.record(health.hasSynced && health.problem == nil ? 1 : 0)
        }
    }
}
