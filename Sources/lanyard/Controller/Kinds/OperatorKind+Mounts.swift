import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore

extension OperatorKind {
    /// VaultMounts, and the poll of what they refer to.
    static func mounts(in context: OperatorContext) -> OperatorKind {
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
        let reconciler = MountReconciler(
            store: mounts, in: dependencies(in: context), reporter: context.reporter(of: mounts),
            gate: context.vaultGate, environment: context.environment, resyncInterval: context.resyncInterval,
            onWrite: onChange)
        // One that is signed by another one waits for it by being tried again.
        var kind = OperatorKind(
            source,
            KindController(
                name: "vaultmount", source: source, mayGet: true, reconciler: reconciler,
                queue: context.queues.mounts, workers: context.configuration.reconcile.workers,
                readiness: context.stores.synced, onLeading: [context.ledgerRead]))
        let (queue, sources) = (context.queues.mounts, context.queues.mountSources)
        sources.add(MountSourcePoll.key)
        kind.workers.append(
            context.task(
                "mount-sources", MountSourcePoll(of: reconciler) { queue.add($0, priority: .normal) }, queue: sources,
                readiness: context.ready + [{ try await mounts.waitUntilSynced() }]))
        return kind
    }

    private static func dependencies(in context: OperatorContext) -> MountReconciler.Dependencies {
        let election = context.election
        let keyring = DigestKeyring(
            api: context.ports.api, namespace: context.namespace, random: context.environment.random,
            mayWrite: { election.timeToWrite() != nil })
        return MountReconciler.Dependencies(
            api: context.ports.api, registry: context.ports.registry, vault: context.ports.vault,
            ledger: context.ledger, keyring: keyring, namespace: context.namespace,
            users: MountUsers(
                bindings: context.stores.bindings, boundaries: context.boundaries.book, ledger: context.ledger,
                settings: context.configuration.planning))
    }
}

extension VaultMount {
    /// Whether it says that it is as declared.
    fileprivate var isReady: Bool { status?.conditions?.condition(ConditionType.ready)?.status == .yes }
}
