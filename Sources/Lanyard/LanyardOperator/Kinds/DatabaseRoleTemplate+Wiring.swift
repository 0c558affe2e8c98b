import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers

extension DatabaseRoleTemplate: WiredKind {
    /// What DatabaseRoleTemplates add to the operator.
    static func wired(in context: OperatorContext) -> OperatorKind {
        let changes = context.changes
        let source = KindSource(context.stores.templates, in: context.runtime) { delta in changes.handle(delta) }
        let reconciler = TemplateReconciler(
            reporter: context.reporter(of: source.store), settings: context.configuration.planning,
            environment: context.environment)
        return OperatorKind(
            source,
            KindController(
                source: source, mayGet: false, reconciler: reconciler,
                queue: context.queues.templates, workers: 1, readiness: context.stores.synced))
    }
}
