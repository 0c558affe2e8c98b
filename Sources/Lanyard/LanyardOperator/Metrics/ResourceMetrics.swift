import ControllerRuntime
import KubernetesModel
import LanyardAPI
import Metrics
import Synchronization

/// Gauges of what the resources say: by condition, by namespace, in conflict, and how many registration entries they have.
final class ResourceMetrics: Sendable {
    private struct Counts {
        var tally = ConditionTally()
        /// Sum of `status.entryCount`.
        var entries = 0
    }

    private struct Gauges {
        var conditions: [ConditionTally.Label: Gauge] = [:]
        var conflicts: [String: Gauge] = [:]
        var namespaces: [NamespaceTally.Label: Gauge] = [:]
    }

    private let factory: any MetricsFactory
    private let times: ConvergenceTimes?
    private let namesNamespaces: Bool
    private let entries: Gauge
    private let counts = Mutex(Counts())
    /// Behind a lock of their own: watches do not wait for gauges that are made and forgotten.
    private let gauges = Mutex(Gauges())

    /// - Parameters:
    ///   - times: takes notice of the same changes.
    ///   - namesNamespaces: whether there is anything by namespace.
    init(
        times: ConvergenceTimes? = nil, namesNamespaces: Bool = true,
        factory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.factory = factory
        self.times = times
        self.namesNamespaces = namesNamespaces
        entries = Gauge(label: "lanyard_entries", factory: factory)
        counts.withLock { counts in
            for kind in LanyardKind.all where kind.isCleanedUp { counts.tally.expect(kind: kind.descriptor.kind) }
        }
    }

    /// Counts a change of an object that has no more to count than its conditions.
    func observe(_ delta: Delta<some ConditionedResource>) {
        times?.observe(delta)
        counts.withLock { $0.tally.count(delta) }
    }

    /// Counts a change of an identity.
    func observe(_ delta: Delta<WorkloadIdentity>) {
        times?.observe(delta)
        counts.withLock { counts in
            counts.tally.count(delta)
            counts.entries += Self.entries(of: delta.new) - Self.entries(of: delta.old)
        }
    }

    /// Brings the gauges up to date; call it before metrics are rendered.
    func updateGauges() {
        gauges.withLock { gauges in
            let (tally, sum) = counts.withLock { ($0.tally, $0.entries) }
            entries.record(sum)
            show(tally.counts, in: &gauges.conditions)
            show(tally.conflicts, in: &gauges.conflicts)
            if namesNamespaces { show(tally.namespaces.shown, in: &gauges.namespaces) }
        }
    }

    private func show(_ counts: [ConditionTally.Label: Int], in gauges: inout [ConditionTally.Label: Gauge]) {
        for (label, count) in counts {
            let gauge =
                gauges[label]
                ?? Gauge(
                    label: "lanyard_resources",
                    dimensions: [
                        ("kind", label.kind), ("condition", label.condition), ("status", label.status.rawValue),
                        ("reason", label.reason),
                    ], factory: factory)
            gauges[label] = gauge
            gauge.record(count)
        }
    }

    private func show(_ conflicts: [String: Int], in gauges: inout [String: Gauge]) {
        for (kind, count) in conflicts {
            let gauge =
                gauges[kind] ?? Gauge(label: "lanyard_conflicts", dimensions: [("kind", kind)], factory: factory)
            gauges[kind] = gauge
            gauge.record(count)
        }
    }

    private func show(_ shown: [NamespaceTally.Label: Int], in gauges: inout [NamespaceTally.Label: Gauge]) {
        for (label, count) in shown {
            let gauge =
                gauges[label]
                ?? Gauge(
                    label: "lanyard_namespace_resources",
                    dimensions: [
                        ("resource_namespace", label.namespace), ("kind", label.kind),
                        ("status", label.status.rawValue), ("reason", label.reason),
                    ], factory: factory)
            gauges[label] = gauge
            gauge.record(count)
        }
        for (label, gauge) in gauges where shown[label] == nil {
            gauge.destroy()
            gauges[label] = nil
        }
    }

    /// Whoever may write a status could make the sum overflow.
    private static func entries(of identity: WorkloadIdentity?) -> Int {
        min(max(identity?.status?.entryCount ?? 0, 0), 1_000_000)
    }
}

extension ConditionTally {
    fileprivate mutating func count<Object: ConditionedResource>(_ delta: Delta<Object>) {
        replace(
            kind: Object.descriptor.kind, namespace: delta.key?.namespace,
            old: delta.old.map { $0.status?.conditions ?? [] }, with: delta.new.map { $0.status?.conditions ?? [] })
    }
}
