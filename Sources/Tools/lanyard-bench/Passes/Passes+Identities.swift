import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient

extension Passes {
    /// WorkloadIdentities, wired as in the operator.
    ///
    /// - Parameters:
    ///   - count: how many are created.
    ///   - prepared: how many are made ready for that, which costs more than a pass.
    /// - Throws: `SPIFFEIDError` and `EncodingError` never in practice.
    static func identities(_ count: Int, of prepared: Int) throws -> Passes {
        let identities = (0..<prepared).map(Workload.newIdentity)
        let keys = identities.map(\.key)
        let world = try PassWorld(StandInServer(identities, creating: count))
        let (settings, clock) = (world.settings, world.environment.clock)
        let store = Store<WorkloadIdentity>(indices: IdentityIndex.all, clock: clock)
        let triggers = Triggers(
            identities: store, bindings: Store(indices: BindingIndex.all(settings: settings), clock: clock),
            settings: settings)
        let workers = PassWorld.workers * IdentityReconciler.passesPerWorker
        let queue = world.queue("workloadidentity", share: workers / 4)
        let source = KindSource(store, in: world.context) { delta in
            queue.add(Array(triggers.identities(for: delta)), priority: delta.priority)
        }
        let registry = StandInRegistry(agent: try Workload.agent())
        let reconciler = IdentityReconciler(
            world.convergence(of: store), entries: entries(at: registry, in: world),
            placement: PlacementWatch(
                api: world.server, environment: world.environment, logger: world.logger, onChange: { _, _ in },
                onSynced: { _ in }),
            boundaries: world.book, states: IdentityStates(), accounts: world.accounts)
        let controller = KindController(
            source: source, mayGet: true, reconciler: reconciler, queue: queue, workers: workers, readiness: [])
        return Passes(services: world.services + [source.reflectors, controller]) {
            min(registry.count, keys.count { store.get($0)?.isReady == true })
        }
    }

    /// As after a listing that showed no entries.
    private static func entries(at registry: StandInRegistry, in world: PassWorld) -> EntryPorts {
        let inventory = EntryInventory(cluster: world.settings.clusterName)
        _ = inventory.completeListing([], startedAt: inventory.beginListing())
        let alias = NodeAlias(id: world.settings.nodeAlias, managedSelectors: Workload.nodeSelectors)
        return EntryPorts(
            registry: registry, inventory: inventory,
            parents: ParentResolver(registry: registry, alias: alias, clock: world.environment.clock))
    }
}

extension Workload {
    /// What agents are known by.
    fileprivate static var nodeSelectors: Set<WorkloadSelector> {
        Set([WorkloadSelector("k8s_psat:cluster:bench")].compactMap { $0 })
    }

    /// One that serves the alias.
    fileprivate static func agent() throws -> Agent {
        Agent(
            id: try SPIFFEID("spiffe://bench.example/spire/agent/k8s_psat/bench/node"), attestationType: "k8s_psat",
            selectors: nodeSelectors.sorted(), expiresAt: .max, isBanned: false)
    }
}
