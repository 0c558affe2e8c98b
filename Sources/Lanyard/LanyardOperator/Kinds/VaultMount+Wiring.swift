import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore

extension VaultMount: WiredKind {
    /// What VaultMounts add to the operator, and the poll of what they refer to.
    static func wired(in context: OperatorContext) -> OperatorKind {
        let (mounts, changes, survey) = (context.stores.mounts, context.changes, context.survey)
        // Something of a mount was written, or a mount has become as declared: what waited for it can be run.
        let onChange: @Sendable () -> Void = {
            survey.expire()
            changes.mountChanged()
        }
        let source = KindSource(mounts, in: context.runtime) { delta in
            changes.handle(delta)
            if delta.old?.isReady == false, delta.new?.isReady == true { onChange() }
        }
        let (queue, sources) = (context.queues.mounts, context.queues.mountSources)
        let election = context.election
        let reconciler = MountReconciler(
            context.convergence(of: mounts, behind: context.vaultGate),
            sources: MountSourceReader(
                api: context.ports.api, registry: context.ports.registry, namespace: context.namespace),
            keyring: DigestKeyring(
                api: context.ports.api, namespace: context.namespace, random: context.environment.random,
                mayWrite: { election.timeToWrite() != nil }),
            vault: context.vault, ledger: context.ledger,
            users: MountUsers(
                bindings: context.stores.bindings, boundaries: context.boundaries.book, ledger: context.ledger),
            onWrite: onChange,
            onSources: { sources.add(MountSourcePoll.key, after: MountSourcePoll.interval, priority: .low) })
        // One that is signed by another one waits for it by being tried again.
        var kind = OperatorKind(
            source,
            KindController(
                source: source, mayGet: true, reconciler: reconciler,
                queue: queue, workers: context.configuration.reconcile.workers,
                readiness: context.stores.synced, onLeading: [context.ledgerRead]))
        kind.run(
            MountSourcePoll(of: reconciler) { queue.add($0, priority: .normal) }, queue: sources,
            readiness: context.ready + [{ try await mounts.waitUntilSynced() }], in: context)
        return kind
    }
}
