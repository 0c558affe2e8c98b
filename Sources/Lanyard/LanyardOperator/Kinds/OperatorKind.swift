import ControllerRuntime
import KubernetesModel
import ServiceLifecycle

/// What a kind of object, with the tasks that belong to it, adds to the operator. Each has a file of its own here, and a line
/// in the list of `ControllerServices`.
struct OperatorKind {
    /// What follows the API server.
    var sources: [any Service] = []
    /// The caches, as readiness sees them.
    var observed: [ObservedSource] = []
    var workers: [any Service] = []
    /// What else readiness depends on.
    var readinessChecks: [HealthCheck] = []
}

extension OperatorKind {
    /// A kind with its controller.
    init<Object: KubernetesResource, R: Reconciler>(
        _ source: KindSource<Object>, _ controller: KindController<Object, R>
    ) {
        sources = [source.reflectors]
        observed = [ObservedSource(source.reflectors)]
        workers = [controller]
    }
}
