import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Logging
import SPIREClient
import ServiceLifecycle
import VaultClient

/// What keeps mounts: the cache of VaultMounts, their controller, and the poll of what they refer to.
struct MountServices {
    /// What follows the API server.
    let sources: [any Service]
    /// The cache, as readiness sees it.
    let observed: [ObservedSource]
    /// The VaultMounts.
    let mounts: Store<VaultMount>
    private let surroundings: Surroundings
    private let onChange: @Sendable () -> Void

    /// What the controllers share with the rest of the operator.
    struct Surroundings {
        var api: any KubernetesAPI
        var namespace: String
        var registry: any EntryRegistry
        var vault: any VaultAPI
        var events: any EventRecorder
        var election: Election
        var gate: DependencyGate<VaultError>
        var users: MountUsers
        var resources: ResourceMetrics
        var queues: MountQueues
        var resyncInterval: Duration
        var environment: Environment
        var logger: Logger
    }

    /// Wires the cache.
    ///
    /// - Parameters:
    ///   - onUndecodable: gets what does not fit the kind.
    ///   - onChange: is told when something of a mount was written, or a mount has become as declared, so that what
    ///     waited for it can be run.
    init(
        in surroundings: Surroundings, mounts: Store<VaultMount>, undecodable: UndecodableReporter,
        onChange: @escaping @Sendable () -> Void
    ) {
        self.surroundings = surroundings
        self.onChange = onChange
        self.mounts = mounts
        let (resources, queues) = (surroundings.resources, surroundings.queues)
        let reflector = Reflector(
            api: surroundings.api, store: mounts, environment: surroundings.environment, logger: surroundings.logger,
            metricsPrefix: "lanyard", onUndecodable: undecodable.report(as: VaultMount.self)
        ) { delta in
            resources.observe(delta)
            if delta.changesMoreThanStatus, let key = delta.key { queues.mounts.add(key, priority: delta.priority) }
            if delta.old?.isReady == false, delta.new?.isReady == true { onChange() }
        }
        sources = [reflector]
        observed = [ObservedSource(reflector)]
    }

    /// The controllers.
    ///
    /// - Parameters:
    ///   - workers: how many mounts are worked on at a time. One that is signed by another one waits for it by being tried
    ///     again.
    ///   - ledger: the one of the operator.
    ///   - readiness: what they wait for.
    ///   - timeout: after which a pass is cancelled.
    func workers(
        _ workers: Int, ledger: OwnershipLedger, readiness: [@Sendable () async throws -> Void], timeout: Duration
    ) -> [any Service] {
        let (api, environment) = (surroundings.api, surroundings.environment)
        let (mounts, queues, election) = (mounts, surroundings.queues, surroundings.election)
        let keyring = DigestKeyring(
            api: api, namespace: surroundings.namespace, random: environment.random,
            mayWrite: { election.timeToWrite() != nil })
        let reconciler = MountReconciler(
            store: mounts,
            in: .init(
                api: api, registry: surroundings.registry, vault: surroundings.vault, ledger: ledger, keyring: keyring,
                namespace: surroundings.namespace, users: surroundings.users),
            reporter: ObjectReporter(
                api: api, store: mounts, events: surroundings.events, logger: surroundings.logger),
            gate: surroundings.gate, environment: environment, resyncInterval: surroundings.resyncInterval,
            onWrite: onChange)
        let ready = readiness + [{ try await mounts.waitUntilSynced() }]
        queues.sources.add(MountSourcePoll.key)
        return [
            Controller(
                name: "vaultmount", reconciler: reconciler, queue: queues.mounts, workers: workers, readiness: ready,
                barrier: { key in await mounts.waitForOwnWrites(key) { try await api.get(VaultMount.self, $0) } },
                timeout: timeout, environment: environment, logger: surroundings.logger),
            Controller(
                name: "mount-sources",
                reconciler: MountSourcePoll(of: reconciler) { queues.mounts.add($0, priority: .normal) },
                queue: queues.sources, workers: 1, readiness: ready, timeout: timeout, environment: environment,
                logger: surroundings.logger),
        ]
    }
}

/// The work queues of what keeps mounts.
struct MountQueues: Sendable {
    let mounts: WorkQueue<ObjectKey>
    let sources: WorkQueue<ObjectKey>

    init(environment: Environment) {
        mounts = WorkQueue(environment: environment, name: "vaultmount")
        sources = WorkQueue(environment: environment, name: "mount-sources")
    }

    /// Every queue.
    var all: [WorkQueue<ObjectKey>] { [mounts, sources] }
}

extension VaultMount {
    /// Whether it says that it is as declared.
    fileprivate var isReady: Bool { status?.conditions?.condition(ConditionType.ready)?.status == .yes }
}
