import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Logging
import SPIREClient
import Synchronization

/// The parts that keep registration entries, as the operator wires them, driven by a test.
struct IdentityParts {
    let inventory = EntryInventory(cluster: "sim")
    let reconciler: IdentityReconciler
    let verification: EntryVerification
    let differing = Queued()
    /// Whether many others wait for a pass.
    let isCrowded = Switch()

    /// What a test turns on and off.
    final class Switch: Sendable {
        private let state = Mutex(false)

        var isOn: Bool {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }
    }

    /// What was queued since it was last taken.
    final class Queued: Sendable {
        private let keys = Mutex<Set<ObjectKey>>([])

        func add(_ more: Set<ObjectKey>) { keys.withLock { $0.formUnion(more) } }

        func take() -> [ObjectKey] {
            keys.withLock { keys in
                defer { keys = [] }
                return keys.sorted()
            }
        }
    }

    init(
        world: SimulatedWorld, store: Store<WorkloadIdentity>, api: any KubernetesAPI, registry: any EntryRegistry,
        events: any EventRecorder, placement: any PlacementSource, gate: DependencyGate<SPIREError>,
        boundaries: BoundaryBook, states: IdentityStates, accounts: ServiceAccountDirectory
    ) {
        let environment = world.environment
        let entries = EntryPorts(
            registry: registry, inventory: inventory,
            parents: ParentResolver(registry: registry, alias: world.alias, clock: environment.clock))
        let isCrowded = isCrowded
        let reconciler = IdentityReconciler(
            Convergence(
                reporter: ObjectReporter(api: api, store: store, events: events), gate: gate,
                pace: Pace(every: .seconds(600), in: environment)),
            entries: entries, placement: placement, boundaries: boundaries, states: states, accounts: accounts,
            isCrowded: { isCrowded.isOn })
        let differing = differing
        self.reconciler = reconciler
        verification = EntryVerification(
            entries, holders: reconciler.holders,
            sweep: EntrySweep(
                api: api, identities: store, registry: registry, inventory: inventory, boundaries: boundaries,
                watchedNamespaces: [], pace: Pace(every: .seconds(600), in: environment),
                report: SweepReport(
                    on: .entries, namespace: SimulatedWorld.operatorNamespace, events: events,
                    logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))),
            policy: ListingPolicy(interval: .seconds(600)), gate: gate, clock: environment.clock,
            handlers: .init(
                differing: { differing.add($0) }, aliasDiffers: { differing.add([NodeAliasReconciler.key]) },
                parentsChanged: { differing.add(Set(store.all.map(\.key))) },
                awaitedParents: { reconciler.awaitedParents }))
    }
}

extension ReconcileResult {
    /// Whether there is nothing to do until something changes, or until the next look of all.
    var isRest: Bool {
        guard let pause = requeueAfter else { return false }
        return pause >= .seconds(480) && pause <= .seconds(720) && priority == .low
    }
}
