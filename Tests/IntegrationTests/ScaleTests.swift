import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import ServiceLifecycle
import Testing

extension RealServers {
    /// A small operator on the runtime, in this process, over many objects of a real API server.
    @Suite("Scale")
    struct ScaleTests {
        private static let count = 10_000
        private static let colours = ["red", "green", "blue", "black"]
        private static let byColour = "colour"

        /// Looks at one object slowly, as an operator does that has to ask others.
        private struct SlowReconciler: Reconciler {
            let store: Store<Gadget>
            /// The names of gadgets that were seen in white.
            let white: Observed<Set<String>>
            let clock: SystemClock

            func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
                try await clock.sleep(for: .milliseconds(20))
                if store.get(key)?.spec?.colour == "white" { white.update { _ = $0.insert(key.name) } }
                return .done
            }
        }

        @Test("10 000 objects are listed, indexed and synced; a change goes first while they are still in the queue")
        func tenThousand() async throws {
            let environment = try TestEnvironment()
            try await Cluster.run(in: environment) { cluster in
                try await cluster.serveGadgets()
                try await cluster.withNamespace("scale") { namespace in
                    let clock = SystemClock()
                    let start = clock.now
                    try await create(in: namespace, cluster)
                    print("created \(Self.count) objects in \(clock.now - start)")
                    try await check(in: namespace, cluster, clock)
                    let end = clock.now
                    // One by one, as the server deletes them, takes it half a minute.
                    try await Etcd(endpoint: environment.variable("ETCD_ENDPOINT"))
                        .delete(prefix: "/registry/it.lanyard.dev/gadgets/\(namespace)/")
                    try await cluster.deleteDefinition("gadgets.it.lanyard.dev")
                    print("deleted \(Self.count) objects in \(clock.now - end)")
                }
            }
        }

        private func create(in namespace: String, _ cluster: Cluster) async throws {
            try await withThrowingDiscardingTaskGroup { group in
                for lane in 0..<16 {
                    group.addTask {
                        for number in stride(from: lane, to: Self.count, by: 16) {
                            let colour = Self.colours[number % Self.colours.count]
                            _ = try await cluster.api.create(
                                Gadget("gadget-\(number)", in: namespace, colour: colour))
                        }
                    }
                }
            }
        }

        private func check(in namespace: String, _ cluster: Cluster, _ clock: SystemClock) async throws {
            let store = Store<Gadget>(indices: [Self.byColour: { $0.spec?.colour.map { [$0] } ?? [] }])
            let queue = WorkQueue<ObjectKey>(environment: .system, name: "gadgets")
            let white = Observed<Set<String>>([])
            let quiet = Logger(label: "scale", factory: { _ in SwiftLogNoOpLogHandler() })
            let reflector = Reflector(
                api: cluster.api, store: store, scope: WatchScope(namespace: namespace), environment: .system,
                logger: quiet
            ) { delta in
                if let key = delta.key { queue.add(key, priority: delta.priority) }
            }
            let controller = Controller(
                reconciler: SlowReconciler(store: store, white: white, clock: clock), queue: queue, workers: 4,
                readiness: [{ try await store.waitUntilSynced() }], logger: quiet)
            let start = clock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask { try await reflector.run() }
                group.addTask { try await controller.run() }
                try await store.waitUntilSynced()
                print("listed, indexed and synced \(store.count) objects in \(clock.now - start)")
                #expect(store.count == Self.count)
                for colour in Self.colours {
                    #expect(store.objects(index: Self.byColour, value: colour).count == Self.count / Self.colours.count)
                }
                try await change(in: namespace, cluster, queue, white, clock)
            }
        }

        /// One change of one object that exists, and one new object.
        private func change(
            in namespace: String, _ cluster: Cluster, _ queue: WorkQueue<ObjectKey>, _ white: Observed<Set<String>>,
            _ clock: SystemClock
        ) async throws {
            let depth = queue.depth
            let start = clock.now
            let _: Gadget = try await cluster.api.mergePatch(
                Gadget.self, ObjectKey(namespace: namespace, name: "gadget-\(Self.count - 1)"),
                ["spec": ["colour": "white"]])
            _ = try await cluster.api.create(Gadget("new", in: namespace, colour: "white"))
            try await eventually("the change and the new object are seen to", within: .seconds(10)) {
                white.value.count == 2 ? nil : "\(white.value)"
            }
            let took = clock.now - start
            print("with \(depth) objects in the queue, a change and a new object are reconciled within \(took)")
            #expect(depth > Self.count * 9 / 10)
            #expect(queue.depth > Self.count / 2, "the queue was empty anyway")
            #expect(took < .seconds(1))
            #expect(white.value == ["gadget-\(Self.count - 1)", "new"])
        }
    }
}
