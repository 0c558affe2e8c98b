import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient

/// One run of the operator: caches, ledger and reconcilers over faulty ports. Dies with its memory.
struct SimulatedProcess {
    let faults = FaultInjector()
    private let thread = SimulatedThread()
    let identities: Store<WorkloadIdentity>
    let bindings: Store<VaultRoleBinding>
    let templates = Store<DatabaseRoleTemplate>()
    let placement = TestPlacement()
    let identity: IdentityParts
    let bindingReconciler: BindingReconciler
    let events: RecordedEvents
    let boundaries: SimulatedBoundaries

    /// Starts a process and lets it read the ledger and the entries.
    init(in world: SimulatedWorld, seeing view: ClusterView, events: RecordedEvents) async throws {
        self.events = events
        let settings = world.settings
        boundaries = SimulatedBoundaries(settings: settings, templates: templates.lookup)
        let api = FaultyKubernetes(base: world.api, faults: faults)
        let registry = FaultyRegistry(base: world.registry, faults: faults)
        let vault = FaultyVault(base: world.vault, faults: faults)
        identities = Store(indices: IdentityIndex.all)
        let bindings = Store<VaultRoleBinding>(indices: BindingIndex.all(settings: settings))
        self.bindings = bindings
        let ledger = OwnershipLedger(
            api: api, namespace: SimulatedWorld.operatorNamespace, clock: world.environment.clock)
        let accounts = ServiceAccountDirectory(api: nil, clock: world.clock)
        let states = IdentityStates()
        identity = IdentityParts(
            world: world, store: identities, api: api, registry: registry, events: events, placement: placement,
            gate: DependencyGate(breaker: nil), boundaries: boundaries.book, states: states, accounts: accounts)
        bindingReconciler = BindingReconciler(
            Convergence(
                reporter: ObjectReporter(api: api, store: bindings, events: events),
                gate: DependencyGate(breaker: nil), pace: Pace(every: .seconds(600), in: world.environment)),
            identities: identities, states: states, accounts: accounts,
            vault: PolicyListing(vault, clock: world.clock, population: { bindings.count }), ledger: ledger,
            boundaries: boundaries.book)
        try await ledger.load()
        see(view)
        try await identity.verification.verifyNow()
    }

    /// Lets the caches see a state of the cluster.
    func see(_ view: ClusterView) {
        Self.update(identities, to: view.identities, view.resourceVersion)
        Self.update(bindings, to: view.bindings, view.resourceVersion)
        Self.update(templates, to: view.templates, view.resourceVersion)
    }

    /// Indices of what is the same need not be made again.
    private static func update<Object: KubernetesResource & Equatable>(
        _ store: Store<Object>, to objects: [Object], _ version: ResourceVersion
    ) {
        let isKnown =
            store.resourceVersion != nil && store.count == objects.count
            && objects.allSatisfy { store.get($0.key) == $0 }
        if !isKnown { _ = store.replace(with: objects, resourceVersion: version) }
    }

    /// One pass over one object; what it throws is what the runtime would retry.
    func reconcile(_ target: Target) async -> (any Error)? {
        await withTaskExecutorPreference(thread) { await pass(over: target) }
    }

    private func pass(over target: Target) async -> (any Error)? {
        do {
            switch target {
            case .identity(let key): _ = try await identity.reconciler.reconcile(key)
            case .verification: try await identity.verification.verifyNow()
            case .binding(let key): _ = try await bindingReconciler.reconcile(key)
            }
            return nil
        } catch {
            return error
        }
    }
}

/// An object to reconcile.
enum Target: Hashable, CustomStringConvertible {
    case identity(ObjectKey)
    case binding(ObjectKey)
    case verification

    /// The namespace of the object; nil when it is not about one.
    var namespace: String? {
        switch self {
        case .identity(let key), .binding(let key): key.namespace
        case .verification: nil
        }
    }

    var description: String {
        switch self {
        case .identity(let key): "wid \(key)"
        case .binding(let key): "vrb \(key)"
        case .verification: "verification"
        }
    }
}

/// What a cache can know of the cluster at one moment.
struct ClusterView: Equatable {
    var identities: [WorkloadIdentity]
    var bindings: [VaultRoleBinding]
    var templates: [DatabaseRoleTemplate]
    var resourceVersion: ResourceVersion

    var targets: [Target] {
        identities.map { .identity($0.key) } + bindings.map { .binding($0.key) }
    }
}
