import ControllerRuntime
import KubernetesModel
import Metrics
import Synchronization

/// Gauges of which caches show what the API server has.
final class WatchGauges: Sendable {
    private let gauges: [(source: ObservedSource, gauge: Gauge)]
    private let onDemand: [OnDemandSource]
    /// Of the caches on demand that there are now, by kind.
    private let present = Mutex<[String: Gauge]>([:])
    private let factory: any MetricsFactory

    /// Makes one for each cache, at zero; those on demand have one while they are there.
    init(
        _ sources: [ObservedSource], onDemand: [OnDemandSource] = [],
        factory: any MetricsFactory = MetricsSystem.factory
    ) {
        gauges = sources.map { source in
            let gauge = Self.gauge(of: source.kind, factory)
            gauge.record(0)
            return (source, gauge)
        }
        self.onDemand = onDemand
        self.factory = factory
    }

    /// Brings the gauges up to date; call it before metrics are rendered.
    func update() {
        for (source, gauge) in gauges { gauge.record(source.health().isOpen ? 1 : 0) }
        present.withLock { present in
            for source in onDemand {
                let name = source.kind.qualifiedName
                guard let health = source.health() else {
                    present.removeValue(forKey: name)?.destroy()
                    continue
                }
                let gauge = present[name] ?? Self.gauge(of: source.kind, factory)
                present[name] = gauge
                gauge.record(health.isOpen ? 1 : 0)
            }
        }
    }

    private static func gauge(of kind: ResourceDescriptor, _ factory: any MetricsFactory) -> Gauge {
        Gauge(label: "lanyard_watch_open", dimensions: [("resource", kind.qualifiedName)], factory: factory)
    }
}

extension SourceHealth {
    fileprivate var isOpen: Bool { hasSynced && problem == nil }
}
