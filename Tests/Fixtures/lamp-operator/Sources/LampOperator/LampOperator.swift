import ControllerRuntime
import KubernetesClient
import KubernetesModel
import Logging
import ServiceLifecycle

/// A lamp that somebody wants to be lit. Fields that are not declared here are never decoded, and so never cached.
struct Lamp: KubernetesResource {
    static let descriptor = ResourceDescriptor(
        group: "example.dev", version: "v1", kind: "Lamp", plural: "lamps", isNamespaced: true)

    var metadata: ObjectMeta
    var spec: Spec
    var status: Status?

    struct Spec: Codable, Equatable, Sendable {
        var color: String
    }

    struct Status: Codable, Equatable, Sendable {
        var observedGeneration: Int64?
        var conditions: [Condition]?
    }
}

/// The system that the operator drives. Every call may be repeated: it says how things should be, not what to do.
protocol LampPanel: Sendable {
    func light(_ lamp: String, _ color: String) async throws
    func putOut(_ lamp: String) async throws
}

/// Brings one lamp into the state that its object declares.
struct LampReconciler: Reconciler {
    static let finalizer = "example.dev/put-out"

    let api: any KubernetesAPI
    let lamps: Store<Lamp>
    let panel: any LampPanel
    let fence: LeadershipFence
    let clock: any RuntimeClock

    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let lamp = lamps.get(key) else { return .done }
        if lamp.metadata.isBeingDeleted {
            guard lamp.metadata.finalizers?.contains(Self.finalizer) == true else { return .done }
            try checkFence()
            try await panel.putOut(key.description)
            try await api.removeFinalizer(Self.finalizer, from: lamp)
            return .done
        }
        // The finalizer is stored before the first external write, or the object could vanish before its clean-up.
        let stored = try await api.addFinalizer(Self.finalizer, to: lamp)
        lamps.noteWrite(stored)
        guard !stored.metadata.isBeingDeleted else { return .requeue(after: .zero) }
        try checkFence()
        try await panel.light(key.description, stored.spec.color)
        try await report("Lit", "The lamp is \(stored.spec.color).", on: stored)
        // Drift in the panel is noticed by looking again.
        return .requeue(after: .seconds(600), priority: .low)
    }

    private func checkFence() throws {
        guard fence.remaining() != nil else { throw LeadershipLost() }
    }

    /// Writes the status if it differs from the stored one, and only over the version that it was made for.
    private func report(_ reason: String, _ message: String, on lamp: Lamp) async throws {
        guard let uid = lamp.metadata.uid else { return }
        let ready = Condition(
            type: "Ready", status: .yes, reason: reason, message: message,
            observedGeneration: lamp.metadata.generation)
        let previous = (lamp.status?.conditions ?? []).filter { $0.type == ready.type }
        let conditions = [ready].keepingTransitionTimes(of: previous, now: clock.wallTime.rfc3339)
        let isReported = previous == conditions && lamp.status?.observedGeneration == lamp.metadata.generation
        guard !isReported else { return }
        let status = Lamp.Status(observedGeneration: lamp.metadata.generation, conditions: conditions)
        let written = try await api.applyStatus(
            Lamp.self, lamp.key, uid: uid, resourceVersion: lamp.metadata.resourceVersion,
            status: try JSONValue(encoding: status), fieldManager: "lamp-operator")
        if let written { lamps.noteWrite(written) }
    }
}

/// The whole operator: what runs, in the order in which it starts. It stops in reverse.
struct LampOperator {
    let services: [any Service]

    init(
        api: any KubernetesAPI, panel: any LampPanel, namespace: String, identity: String, environment: Environment,
        logger: Logger
    ) throws {
        let fence = LeadershipFence(clock: environment.clock)
        let elector = LeaderElector(
            api: api, lease: ObjectKey(namespace: namespace, name: "lamp-operator"), identity: identity,
            settings: try LeaderElectionSettings(), environment: environment, fence: fence, logger: logger)
        let events = KubernetesEventRecorder(
            api: api, controller: "example.dev/lamp-operator", instance: identity, environment: environment,
            logger: logger)

        let lamps = Store<Lamp>(clock: environment.clock)
        let queue = WorkQueue<ObjectKey>(environment: environment, name: "lamp")
        let reflector = Reflector(
            api: api, store: lamps, environment: environment, logger: logger,
            notices: WatchNotices(onUndecodable: { lamp in
                events.record(ObjectEvent(undecodable: lamp, of: Lamp.self, reason: "Undecodable"))
            })
        ) { delta in
            guard delta.changesMoreThanStatus, let key = delta.key else { return }
            queue.add(key, priority: delta.priority)
        }
        let controller = Controller(
            reconciler: LampReconciler(api: api, lamps: lamps, panel: panel, fence: fence, clock: environment.clock),
            queue: queue,
            readiness: [{ try await lamps.waitUntilSynced() }, { try await elector.waitUntilLeading() }],
            cache: CacheView(lamps) { try await api.get(Lamp.self, $0) }, logger: logger)
        services = [reflector, events, elector, controller]
    }
}
