import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import Testing

/// In real time, which takes minutes: beside the other suites, not among them. It needs no operator, and it stands a
/// restart of the API server.
@Suite("Silent watch", .enabled(if: TestEnvironment.isAvailable, "LANYARD_E2E is not set: run hack/test"))
struct SilentWatchTests {
    /// Any kind that no other test deletes.
    private struct ConfigMap: KubernetesResource {
        static let descriptor = ResourceDescriptor(
            group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", isNamespaced: true)
        var metadata: ObjectMeta
    }

    @Test("a watch whose connection is dead without a word is reopened after 150 s of silence and misses nothing")
    func reopened() async throws {
        let environment = try TestEnvironment()
        let log = LineLog()
        let port = try #require(URLComponents(string: environment.variable("KUBE_APISERVER_URL"))?.port)
        try await Cluster.run(in: environment) { cluster in
            try await cluster.withNamespace("silent") { namespace in
                try await FaultProxy.run(to: .tcp(port: port)) { proxy in
                    try await Cluster.run(in: environment, throughPort: proxy.port) { far in
                        let store = Store<ConfigMap>()
                        let reflector = Reflector(
                            api: far.api, store: store, namespace: namespace, environment: .system,
                            logger: Logger(label: "silent", factory: { _ in log.handler }), onDelta: { _ in })
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            defer { group.cancelAll() }
                            group.addTask { try await reflector.run() }
                            try await store.waitUntilSynced()
                            try await waitForBookmarks(2, store, cluster)
                            try await check(namespace, store, cluster, proxy, log)
                        }
                    }
                }
            }
        }
    }

    /// Two of them tell the runtime in which rhythm they come.
    private func waitForBookmarks(_ count: Int, _ store: Store<ConfigMap>, _ cluster: Cluster) async throws {
        try await cluster.withNamespace("noise") { elsewhere in
            var seen = 0
            var number = 0
            var version = store.resourceVersion
            let objects = store.count
            try await eventually("\(count) bookmarks came", within: .seconds(200)) {
                // Bookmarks tell of a change elsewhere; about one a second is enough.
                number += 1
                if number % 20 == 0 {
                    let metadata = ObjectMeta(name: "n-\(number)", namespace: elsewhere)
                    _ = try? await cluster.api.create(ConfigMap(metadata: metadata))
                }
                if store.resourceVersion != version, store.count == objects { seen += 1 }
                version = store.resourceVersion
                return seen >= count ? nil : "\(seen)"
            }
        }
    }

    private func check(
        _ namespace: String, _ store: Store<ConfigMap>, _ cluster: Cluster, _ proxy: FaultProxy, _ log: LineLog
    ) async throws {
        let clock = SystemClock()
        proxy.conduct.update { conduct in
            conduct.toServer.isStalled = true
            conduct.toClient.isStalled = true
        }
        let start = clock.now
        let key = ObjectKey(namespace: namespace, name: "missed")
        try await eventually("a change is made", within: .seconds(120)) {
            do {
                _ = try await cluster.api.create(ConfigMap(metadata: ObjectMeta(name: key.name, namespace: namespace)))
                return nil
            } catch let error as KubernetesError {
                return error.code == .alreadyExists ? nil : "\(error)"
            }
        }
        try await eventually("the silence is noticed", within: .seconds(170)) {
            log.lines.value.contains("watch is silent; reopening") ? nil : "it is not"
        }
        let noticed = clock.now - start
        #expect(store.get(key) == nil)
        proxy.conduct.update { $0 = FaultProxy.Conduct() }
        try await eventually("the change is there", within: .seconds(120)) {
            store.get(key) == nil ? "it is not" : nil
        }
        print("the silence was noticed after \(noticed), the change was there after \(clock.now - start)")
        #expect(noticed <= .seconds(152))
    }
}

/// Keeps the messages of a log.
private struct LineLog {
    let lines = Observed<[String]>([])

    var handler: Handler { Handler(lines: lines) }

    struct Handler: LogHandler {
        let lines: Observed<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        init(lines: Observed<[String]>) { self.lines = lines }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.update { $0.append("\(event.message)") } }
    }
}
