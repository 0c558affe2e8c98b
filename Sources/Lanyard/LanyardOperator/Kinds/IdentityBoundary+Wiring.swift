import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers

extension IdentityBoundary: WiredKind {
    /// What IdentityBoundaries add to the operator, and the namespaces that they are about.
    static func wired(in context: OperatorContext) -> OperatorKind {
        let sources = context.boundaries
        let source = sources.boundaries
        let reconciler = BoundaryReconciler(
            book: sources.book, reporter: context.reporter(of: source.store), environment: context.environment)
        var kind = OperatorKind(
            source,
            KindController(
                source: source, mayGet: false, reconciler: reconciler,
                queue: context.queues.boundaries, workers: 1, readiness: context.stores.synced))
        kind.follow(sources.namespaces, into: context.stores.namespaces)
        return kind
    }
}
