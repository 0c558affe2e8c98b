import ControllerRuntime
import KubernetesModel

/// A cache of the operator, as readiness sees it.
struct ObservedSource: Sendable {
    let plural: String
    let health: @Sendable () -> SourceHealth

    /// Looks at the cache that a reflector keeps.
    init<Object: KubernetesResource>(_ reflector: Reflector<Object>) {
        plural = Object.descriptor.plural
        health = { reflector.health }
    }

    /// Looks at the cache that some reflectors keep.
    init<Object: KubernetesResource>(_ reflectors: ReflectorGroup<Object>) {
        plural = Object.descriptor.plural
        health = { reflectors.health }
    }
}

extension HealthCheck {
    /// Whether all caches are complete, one check for each, and whether the API server answers.
    static func readiness(of sources: [ObservedSource]) -> [HealthCheck] {
        [HealthCheck("api-server") { SourceHealth.reachabilityProblem(of: sources.map { $0.health() }) }]
            + sources.map { source in HealthCheck("sync-\(source.plural)") { source.health().syncProblem } }
    }
}
