import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import ServiceLifecycle
import VaultClient

extension Passes {
    /// VaultRoleBindings, wired as in the operator, whose identities are there.
    ///
    /// - Parameters:
    ///   - count: how many are created.
    ///   - prepared: how many are made ready for that.
    /// - Throws: `SPIFFEIDError` and `EncodingError` never in practice.
    static func bindings(_ count: Int, of prepared: Int) throws -> Passes {
        let bindings = (0..<prepared).map(Workload.newBinding)
        let keys = bindings.map(\.key)
        let world = try PassWorld(StandInServer(bindings, creating: count))
        let (settings, book, clock) = (world.settings, world.book, world.environment.clock)
        let store = Store<VaultRoleBinding>(indices: BindingIndex.all(settings: settings), clock: clock)
        let identities = Store<WorkloadIdentity>(indices: IdentityIndex.all, clock: clock)
        _ = identities.replace(
            with: (0..<prepared).map(Workload.identity), resourceVersion: ResourceVersion("1"))
        let ledger = OwnershipLedger(api: world.server, namespace: PassWorld.namespace, clock: clock)
        let triggers = Triggers(identities: identities, bindings: store, settings: settings)
        let queue = world.queue("vaultrolebinding", share: PassWorld.workers)
        let source = KindSource(store, in: world.context) { delta in
            let concerned = triggers.bindings(for: delta, ledger: ledger, boundaries: book)
            queue.add(Array(concerned), priority: delta.priority)
        }
        let vault = StandInVault([Workload.connection.path: Workload.connection.data])
        let reconciler = BindingReconciler(
            world.convergence(of: store), identities: identities, states: IdentityStates(),
            accounts: world.accounts, vault: PolicyListing(vault, clock: clock, population: { store.count }),
            ledger: ledger, boundaries: book,
            survey: AccessSurvey(vault: vault, clock: clock))
        let controller = KindController(
            source: source, mayGet: true, reconciler: reconciler, queue: queue,
            workers: PassWorld.workers * BindingReconciler.passesPerWorker, readiness: [],
            onLeading: [{ try await ledger.settleDoubt() }])
        let records = records(of: ledger, in: world) { delta in
            queue.add(Array(triggers.bindings(for: delta)), priority: delta.priority)
        }
        return Passes(services: world.services + [records, source.reflectors, controller]) {
            // Policy, database role and auth role, beside the connection.
            min((vault.count - 1) / 3, keys.count { store.get($0)?.isReady == true })
        }
    }

    /// What follows the records of a ledger.
    private static func records(
        of ledger: OwnershipLedger, in world: PassWorld,
        onDelta: @escaping @Sendable (Delta<OwnershipRecord>) -> Void
    ) -> any Service {
        Reflector(
            api: world.server, store: Store<OwnershipRecord>(clock: world.environment.clock),
            scope: WatchScope(namespace: PassWorld.namespace), environment: world.environment, logger: world.logger,
            metrics: .lanyard, notices: WatchNotices(onList: { ledger.observeList(at: $0) })
        ) { delta in
            ledger.observe(delta)
            onDelta(delta)
        }
    }
}
