import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Logging
import ServiceLifecycle

/// The caches of boundaries and namespaces, and the controller that says on boundaries what they cover.
struct BoundaryServices: Sendable {
    /// What each namespace is allowed.
    let book: BoundaryBook
    /// The reflectors.
    let sources: [any Service]
    /// The caches, as readiness sees them.
    let observed: [ObservedSource]
    private let boundaries: Store<IdentityBoundary>
    private let namespaces: Store<NamespaceMetadata>
    private let reconciler: BoundaryReconciler
    private let queue: WorkQueue<ObjectKey>
    private let environment: Environment
    private let logger: Logger

    /// Wires caches and controller.
    ///
    /// - Parameters:
    ///   - ownIDs: the SPIFFE IDs that the operator itself has.
    ///   - namespace: the operator's own.
    ///   - onUndecodable: called for each boundary that does not fit its type.
    ///   - onConcern: gets the objects for which something else may hold now.
    init(
        api: any KubernetesAPI, identities: Store<WorkloadIdentity>, bindings: Store<VaultRoleBinding>,
        events: any EventRecorder, settings: PlanningSettings, templates: @escaping TemplateLookup,
        ownIDs: @escaping @Sendable () -> Set<SPIFFEID>, namespace: String,
        environment: Environment, logger: Logger, queue: WorkQueue<ObjectKey>,
        onUndecodable: @escaping @Sendable (UndecodableObject) -> Void,
        onConcern: @escaping @Sendable (BoundaryTriggers.Concerned, WorkPriority) -> Void
    ) {
        let boundaries = Store<IdentityBoundary>()
        let namespaces = Store<NamespaceMetadata>()
        let triggers = BoundaryTriggers(
            boundaries: boundaries, namespaces: namespaces, identities: identities, bindings: bindings)
        let boundaryReflector = Reflector(
            api: api, store: boundaries, environment: environment, logger: logger, metricsPrefix: "lanyard",
            onUndecodable: { object in
                onUndecodable(object)
                onConcern(triggers.all, .normal)
            },
            // It may be as it was before, which is no change of the boundary, and a change for the objects all the same.
            onRecovery: { _ in onConcern(triggers.all, .normal) }
        ) { delta in
            if delta.changesMoreThanStatus, let key = delta.key { queue.add(key) }
            onConcern(triggers.objects(for: delta), delta.priority)
        }
        let namespaceReflector = Reflector(
            api: api, store: namespaces, environment: environment, logger: logger, metricsPrefix: "lanyard"
        ) { delta in
            for key in (delta.key?.name).map(triggers.boundaries(about:)) ?? [] { queue.add(key, after: .seconds(1)) }
            onConcern(triggers.objects(for: delta), delta.priority)
        }
        sources = [boundaryReflector, namespaceReflector]
        let observed = [ObservedSource(boundaryReflector), ObservedSource(namespaceReflector)]
        self.observed = observed
        book = BoundaryBook(
            boundaries: boundaries, namespaces: namespaces, settings: settings, templates: templates,
            source: ServedBoundaries(api: api, settings: settings) {
                observed.lazy.compactMap { source in
                    source.health().problem.map { "\(source.plural): \($0.message)" }
                }.first
            }, ownIDs: ownIDs, ownNamespace: namespace
        ) { namespace in
            // Counts may lag by a moment, so that a change of many objects is one write.
            for key in triggers.boundaries(about: namespace) { queue.add(key, after: .seconds(1)) }
        }
        reconciler = BoundaryReconciler(
            store: boundaries, book: book,
            reporter: ObjectReporter(api: api, store: boundaries, events: events), settings: settings,
            environment: environment)
        self.boundaries = boundaries
        self.namespaces = namespaces
        self.queue = queue
        self.environment = environment
        self.logger = logger
    }

    /// The boundaries that do not fit their type.
    var undecodable: [UndecodableObject] { boundaries.undecodable.values.sorted { $0.key < $1.key } }

    /// Waits until it is known what namespaces may ask for.
    ///
    /// - Throws: `CancellationError`.
    func waitUntilSynced() async throws {
        try await boundaries.waitUntilSynced()
        try await namespaces.waitUntilSynced()
    }

    /// The controller.
    ///
    /// - Parameter readiness: what it waits for.
    func worker(readiness: [@Sendable () async throws -> Void]) -> any Service {
        let boundaries = boundaries
        return Controller(
            name: "identityboundary", reconciler: reconciler, queue: queue, workers: 1, readiness: readiness,
            barrier: { await boundaries.waitForOwnWrites($0, atMost: .seconds(5)) },
            generation: { boundaries.generation(of: $0) }, environment: environment, logger: logger)
    }
}
