import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import Metrics

/// Counts drift where it is told: every difference that was found is an event, whether it is corrected or only reported.
struct MeteredEvents: EventRecorder {
    private let recorder: any EventRecorder
    private let spire: Counter
    private let vault: Counter

    /// Counts what goes to a recorder.
    init(_ recorder: any EventRecorder, factory: any MetricsFactory = MetricsSystem.factory) {
        self.recorder = recorder
        func counter(_ system: String) -> Counter {
            Counter(label: "lanyard_drift_detected_total", dimensions: [("system", system)], factory: factory)
        }
        spire = counter("spire")
        vault = counter("vault")
    }

    func record(_ event: ObjectEvent) {
        if [EventReason.driftCorrected, EventReason.driftDetected].contains(event.reason) {
            (event.regarding.kind == WorkloadIdentity.descriptor.kind ? spire : vault).increment()
        }
        recorder.record(event)
    }
}
