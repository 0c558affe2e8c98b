import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import Logging
import Testing
import VaultTesting

/// One namespace must not be able to fill the operator's memory, or keep it busy, for all others.
@Suite("A hostile namespace", .serialized, .timeLimit(.minutes(5)))
struct HostileTenantTests {
    /// `LANYARD_HOSTILE_OBJECTS=2000` is the bar; the unoptimised build takes its time for so much text.
    private static var count: Int {
        ProcessInfo.processInfo.environment["LANYARD_HOSTILE_OBJECTS"].flatMap(Int.init) ?? 80
    }

    private static let permissions = [
        "Read", "List", "Write", "Delete", "Undelete", "Destroy", "ReadMetadata", "WriteMetadata", "DeleteMetadata",
    ]

    private let settings: PlanningSettings

    init() throws { settings = try SimulatedWorld(seed: 1).settings }

    @Test(
        "what is kept of its objects is bounded, listed or streamed, and the others are read whole",
        arguments: [true, false])
    func memory(streams: Bool) async throws {
        let server = HostileServer(count: Self.count, size: 256 * 1024, streams: streams)
        let store = Store<VaultRoleBinding>(indices: BindingIndex.all(settings: settings))
        let reflector = Reflector(
            api: server, store: store, environment: .system,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        ) { _ in }
        let started = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await reflector.run() }
            try await store.waitUntilSynced()
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.waitForAll() }
        }
        print("\(Self.count) hostile objects read in \(ContinuousClock.now - started)")
        #expect(store.count == Self.count + 1)
        #expect(store.undecodable.isEmpty)
        #expect(store.get(ObjectKey(namespace: "good", name: "web"))?.metadata.leftOut == [])
        var kept = 0
        for binding in store.all { kept += try JSON.encode(binding).count }
        let limit = VaultRoleBinding.projection.namespaceLimit
        #expect(kept < limit + Self.count * ObjectProjection.smallObject)
        #expect(store.all.contains { $0.metadata.leftOut == [.namespaceShare] } == (Self.count > 1_000))
        #expect(
            store.all.filter { $0.metadata.leftOut == [.spec] }.count == Self.count / HostileServer.Shape.allCases.count
        )
        #expect(store.all.contains { $0.metadata.annotations == ["lanyard.dev/paused": "true"] })
    }

    @Test("the kinds that tenants write have limits, and those of the platform no labels and no foreign annotations")
    func projections() {
        for projection in LanyardKind.all.filter({ $0.author == .tenants }).map(\.projection) {
            #expect(projection.namespaceLimit <= 8 * 1024 * 1024)
            #expect(projection.limits.spec <= 128 * 1024 && projection.limits.status <= 32 * 1024)
        }
        for projection in LanyardKind.declared.map(\.projection) {
            #expect(projection.annotations == .beginning(with: "lanyard.dev/"))
            #expect(!projection.hasLabels && !projection.hasOwners)
            #expect(projection.limits.finalizers <= 8 * 1024)
        }
        for projection in [Pod.projection, Node.projection, NamespaceMetadata.projection] {
            #expect(projection.annotations == .none && projection.limits.spec == 0 && projection.limits.status == 0)
        }
    }

    /// What older bindings of another namespace, which want a name that is not theirs, cost the one whose it is.
    @Test("names that a namespace must not have are nobody's obstacle, and cost nobody time, whatever its specs are")
    func rivals() async throws {
        let lanyard = try await TestOperator()
        var mine = IdentityBoundary.ofTenant(TestOperator.namespace)
        mine.spec.vault?.names = ["mine"]
        var theirs = IdentityBoundary.ofTenant("evil")
        theirs.spec.vault?.names = ["lanyard.{cluster}.{namespace}.*"]
        lanyard.boundaries.set([mine, theirs])
        var spec = VaultRoleBindingSpec()
        spec.serviceAccountNames = ["app"]
        spec.roleName = "mine"
        spec.access = Access(
            kv: (0..<256).map { KVAccess(path: "evil/\($0)/*", permissions: Self.permissions) })
        for index in 0..<200 {
            _ = try await lanyard.world.api.create(
                VaultRoleBinding(metadata: ObjectMeta(name: "rival-\(index)", namespace: "evil"), spec: spec))
        }
        try await lanyard.create(binding: "web") {
            $0.roleName = "mine"
            $0.access = Access(kv: [KVAccess(path: "shop/*", permissions: ["Read"])])
        }
        let started = ContinuousClock.now
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.world.vault.peek("sys/policies/acl/mine") != nil)
        // To decide on all of them, once for each name, takes minutes in an unoptimised build.
        #expect(ContinuousClock.now - started < .seconds(15))
    }

    @Test("to name what another namespace has, or may have, runs nobody's bindings there, however often that is edited")
    func wakes() async throws {
        let lanyard = try await TestOperator()
        try await lanyard.create(binding: "ready") { $0.roleName = "ready" }
        try await lanyard.reconcile(binding: "ready")
        let book = lanyard.boundaries.book
        let triggers = Triggers(
            identities: lanyard.identities, bindings: lanyard.bindings, settings: lanyard.world.settings)
        var rival = VaultRoleBinding(
            metadata: ObjectMeta(name: "rival", namespace: "evil", uid: "r"), spec: VaultRoleBindingSpec())
        func edit() -> Set<ObjectKey> {
            var woken: Set<ObjectKey> = []
            for number in Int64(0)..<100 {
                let old = rival
                rival.metadata.generation = number
                rival.spec.serviceAccountNames = ["*", "\(number)"]
                let delta = Delta(old: old, new: rival)
                woken.formUnion(triggers.bindings(for: delta, ledger: lanyard.ledger, boundaries: book))
            }
            return woken
        }
        // A name that both may have, and one has.
        rival.spec.roleName = "ready"
        #expect(edit() == [rival.key])
        // Names that are another namespace's alone, whether anybody has them or not.
        try await lanyard.create(binding: "late") { $0.roleName = "lanyard.sim.shop.late" }
        // The cache has it, and no pass has been over it.
        try await lanyard.reconcile(lanyard.key("none"))
        lanyard.boundaries.set([.ofTenant(TestOperator.namespace), .ofTenant("evil")])
        rival.spec.roleName = "lanyard.sim.shop.late"
        #expect(edit() == [rival.key])
    }
}
