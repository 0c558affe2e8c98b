import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers

extension OwnershipRecord: WiredKind {
    /// What OwnershipRecords add to the operator, which the ledger writes, and the sweep of those that nobody has any more.
    static func wired(in context: OperatorContext) -> OperatorKind {
        let (ledger, changes) = (context.ledger, context.changes)
        let reflector = Reflector(
            api: context.ports.api, store: context.stores.records,
            scope: WatchScope(namespace: context.namespace), environment: context.environment, logger: context.logger,
            metrics: .lanyard, notices: WatchNotices(onList: { ledger.observeList(at: $0) })
        ) { delta in
            ledger.observe(delta)
            changes.handle(delta)
        }
        let sweeper = OwnershipSweeper(
            api: context.ports.api, vault: context.vault, ledger: ledger, gate: context.vaultGate,
            boundaries: context.boundaries.book.source, namespaces: context.configuration.watchNamespaces,
            pace: Pace(every: context.resyncInterval * 6, in: context.environment),
            report: context.report(on: .records))
        context.queues.sweep.add(OwnershipSweeper.key)
        var kind = OperatorKind(readinessChecks: [HealthCheck("ledger") { ledger.readingProblem }])
        kind.follow(reflector, into: context.stores.records)
        kind.run(
            sweeper, queue: context.queues.sweep, readiness: context.ready + [context.ledgerRead], in: context)
        return kind
    }
}
