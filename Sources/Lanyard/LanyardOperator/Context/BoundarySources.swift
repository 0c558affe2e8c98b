import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Logging

/// What follows boundaries and namespaces, and what they say about each namespace.
struct BoundarySources {
    let boundaries: KindSource<IdentityBoundary>
    let namespaces: Reflector<NamespaceMetadata>
    /// What each namespace is allowed.
    let book: BoundaryBook

    /// Wires the caches.
    ///
    /// - Parameters:
    ///   - namespace: the operator's own.
    ///   - own: the operator's own SVIDs, whose IDs nobody else may have.
    init(
        in runtime: ControllerContext, changes: ChangeHandlers, ports: OperatorPorts,
        configuration: OperatorConfiguration, namespace: String, own: OwnIdentity?, environment: Environment,
        logger: Logger
    ) {
        let stores = changes.stores
        let settings = configuration.planning
        boundaries = KindSource(
            stores.boundaries, in: runtime, onUndecodable: { _ in changes.boundaryDecodingChanged() },
            // It may be as it was before, which is no change of the boundary, and a change for the objects all the same.
            onRecovery: { _ in changes.boundaryDecodingChanged() }
        ) { delta in changes.handle(delta) }
        namespaces = Reflector(
            api: ports.api, store: stores.namespaces, environment: environment, logger: logger,
            metrics: .lanyard
        ) { delta in changes.handle(delta) }
        let observed = [ObservedSource(boundaries.reflectors), ObservedSource(namespaces)]
        book = BoundaryBook(
            boundaries: stores.boundaries, namespaces: stores.namespaces, settings: settings,
            templates: stores.templates.lookup,
            source: ServedBoundaries(api: ports.api, settings: settings) {
                observed.lazy.compactMap { source in
                    source.health().problem.map { "\(source.plural): \($0.message)" }
                }.first
            }, ownIDs: { own?.spiffeIDs ?? [] }, ownNamespace: namespace
        ) { changes.recount(inNamespace: $0) }
    }
}
