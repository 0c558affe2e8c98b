import ControllerRuntime
import KubernetesModel

/// A cache of the operator, as readiness and metrics see it.
struct ObservedSource: Sendable {
    /// The kind that is in it.
    let kind: ResourceDescriptor
    let health: @Sendable () -> SourceHealth

    /// Looks at the cache that a reflector keeps.
    init<Object: KubernetesResource>(_ reflector: Reflector<Object>) {
        self.init(Object.descriptor) { reflector.health }
    }

    /// Looks at the cache that some reflectors keep.
    init<Object: KubernetesResource>(_ reflectors: ReflectorGroup<Object>) {
        self.init(Object.descriptor) { reflectors.health }
    }

    /// Looks at a cache by asking how it is.
    init(_ kind: ResourceDescriptor, health: @escaping @Sendable () -> SourceHealth) {
        self.kind = kind
        self.health = health
    }

    var plural: String { kind.plural }
}

extension HealthCheck {
    /// Whether all caches are complete, one check for each, and whether the API server answers.
    static func readiness(of sources: [ObservedSource]) -> [HealthCheck] {
        [HealthCheck("api-server") { SourceHealth.reachabilityProblem(of: sources.map { $0.health() }) }]
            + sources.map { source in HealthCheck("sync-\(source.plural)") { source.health().syncProblem } }
    }
}
