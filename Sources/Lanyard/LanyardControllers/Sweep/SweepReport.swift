package import ControllerRuntime
import KubernetesModel
import LanyardAPI
package import Logging
import Metrics

/// How a sweep tells what it does: by events on the operator's Lease, as it has no other resource of its own, and by a gauge of
/// what it holds.
package struct SweepReport: Sendable {
    /// What is swept.
    package enum Subject: String, Sendable {
        /// Registration entries.
        case entries
        /// What ownership records name.
        case records
    }

    /// Help texts by metric name.
    package static let help: [String: String] = [
        label: "What has no owner and is held, because it is too much for a sweep to delete."
    ]

    private static let label = "lanyard_sweep_held"

    let logger: Logger
    private let events: any EventRecorder
    private let lease: ObjectReference
    private let held: Gauge

    /// Reports on one sweep, which holds nothing yet.
    ///
    /// - Parameter namespace: the operator's own, where the events are found.
    package init(on subject: Subject, namespace: String, events: any EventRecorder, logger: Logger) {
        self.logger = logger
        self.events = events
        lease = ObjectReference(
            apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace: namespace, name: LanyardGroup.leaseName,
            uid: "")
        held = Gauge(label: Self.label, dimensions: [("sweep", subject.rawValue)])
        held.record(0)
    }

    /// Says what was done, or was not.
    func tell(_ kind: ObjectEvent.Kind, _ reason: String, _ note: String) {
        events.record(ObjectEvent(regarding: lease, kind: kind, reason: reason, action: "Sweep", note: note))
    }

    /// Says how much is held now.
    func hold(_ count: Int) { held.record(count) }
}
