import ControllerRuntime
import KubernetesModel

/// A cache that is there only while something needs it, as readiness and metrics see it.
struct OnDemandSource: Sendable {
    /// The kind that is in it.
    let kind: ResourceDescriptor
    /// How the cache is; nil while there is none.
    let health: @Sendable () -> SourceHealth?
}

extension HealthCheck {
    /// Whether they can be followed, while they are.
    static func readiness(of sources: [OnDemandSource]) -> [HealthCheck] {
        sources.map { source in
            HealthCheck("sync-\(source.kind.plural)") {
                source.health().flatMap { $0.problem == nil ? nil : $0.syncProblem }
            }
        }
    }
}
