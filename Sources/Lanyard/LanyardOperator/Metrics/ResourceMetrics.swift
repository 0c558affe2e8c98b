import ControllerRuntime
import KubernetesModel
import LanyardAPI
import Metrics
import Synchronization

/// Gauges of what the resources say: by condition, by namespace, in conflict, and how many registration entries they have.
final class ResourceMetrics: Sendable {
    private struct State {
        var tally = ConditionTally()
        /// Sum of `status.entryCount`.
        var entries = 0
        var gauges: [ConditionTally.Label: Gauge] = [:]
        var conflictGauges: [String: Gauge] = [:]
        var namespaceGauges: [NamespaceTally.Label: Gauge] = [:]
    }

    private let factory: any MetricsFactory
    private let times: ConvergenceTimes?
    private let entries: Gauge
    private let state = Mutex(State())

    /// - Parameter times: takes notice of the same changes.
    init(times: ConvergenceTimes? = nil, factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
        self.times = times
        entries = Gauge(label: "lanyard_entries", factory: factory)
        state.withLock { state in
            for kind in LanyardKind.all where kind.isCleanedUp { state.tally.expect(kind: kind.descriptor.kind) }
        }
    }

    /// Counts a change of an object that has no more to count than its conditions.
    func observe(_ delta: Delta<some ConditionedResource>) {
        times?.observe(delta)
        state.withLock { $0.tally.count(delta) }
    }

    /// Counts a change of an identity.
    func observe(_ delta: Delta<WorkloadIdentity>) {
        times?.observe(delta)
        state.withLock { state in
            state.tally.count(delta)
            state.entries += Self.entries(of: delta.new) - Self.entries(of: delta.old)
        }
    }

    /// Brings the gauges up to date; call it before metrics are rendered.
    func updateGauges() {
        state.withLock { state in
            for (label, count) in state.tally.counts {
                let gauge =
                    state.gauges[label]
                    ?? Gauge(
                        label: "lanyard_resources",
                        dimensions: [
                            ("kind", label.kind), ("condition", label.condition), ("status", label.status.rawValue),
                            ("reason", label.reason),
                        ], factory: factory)
                state.gauges[label] = gauge
                gauge.record(count)
            }
            for (kind, count) in state.tally.conflicts {
                let gauge =
                    state.conflictGauges[kind]
                    ?? Gauge(label: "lanyard_conflicts", dimensions: [("kind", kind)], factory: factory)
                state.conflictGauges[kind] = gauge
                gauge.record(count)
            }
            entries.record(state.entries)
            updateNamespaces(&state)
        }
    }

    private func updateNamespaces(_ state: inout State) {
        let shown = state.tally.namespaces.shown
        for (label, count) in shown {
            let gauge =
                state.namespaceGauges[label]
                ?? Gauge(
                    label: "lanyard_namespace_resources",
                    dimensions: [
                        ("resource_namespace", label.namespace), ("kind", label.kind),
                        ("status", label.status.rawValue), ("reason", label.reason),
                    ], factory: factory)
            state.namespaceGauges[label] = gauge
            gauge.record(count)
        }
        for (label, gauge) in state.namespaceGauges where shown[label] == nil {
            gauge.destroy()
            state.namespaceGauges[label] = nil
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
