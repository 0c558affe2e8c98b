import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers

extension VaultRoleBinding: WiredKind {
    /// What VaultRoleBindings add to the operator.
    static func wired(in context: OperatorContext) -> OperatorKind {
        let (changes, ledger, boundaries) = (context.changes, context.ledger, context.boundaries.book)
        let source = KindSource(context.stores.bindings, in: context.runtime) { delta in
            changes.handle(delta, ledger: ledger, boundaries: boundaries)
        }
        context.queues.bindingSizes.follow(source.reflectors)
        let reconciler = BindingReconciler(
            context.convergence(of: source.store, behind: context.vaultGate), identities: context.stores.identities,
            states: context.states, accounts: context.accounts, vault: context.vault, ledger: context.ledger,
            boundaries: context.boundaries.book, survey: context.survey)
        return OperatorKind(
            source,
            KindController(
                source: source, mayGet: true, reconciler: reconciler,
                queue: context.queues.bindings,
                workers: context.configuration.reconcile.workers * BindingReconciler.passesPerWorker,
                readiness: context.stores.synced, onLeading: [context.ledgerRead]))
    }
}
