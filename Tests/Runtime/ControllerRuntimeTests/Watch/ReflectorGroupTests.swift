import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("Namespaces that are watched one by one", .timeLimit(.minutes(1)))
struct ReflectorGroupTests {
    private let stage = Stage()
    private let environment: Environment
    private let server: InMemoryAPIServer
    private let store: Store<Widget>
    private let deltas = Log<String>()

    init() {
        environment = .simulated(seed: 7, clock: stage.clock)
        server = InMemoryAPIServer(environment: environment, resources: [Widget.descriptor])
        store = Store(namespaces: ["b", "a"], clock: stage.clock)
    }

    private func create(_ name: String, in namespace: String) async throws -> Widget {
        var widget = Widget(name)
        widget.metadata.namespace = namespace
        return try await server.create(widget)
    }

    private func withGroup(_ body: (ReflectorGroup<Widget>) async throws -> Void) async throws {
        let (store, deltas) = (store, deltas)
        let group = ReflectorGroup(
            api: server, store: store, environment: environment, logger: Logger(label: "test")
        ) { delta in
            let sign = delta.old == nil ? "+" : delta.new == nil ? "-" : "~"
            deltas.append("\(sign)\(delta.key?.description ?? "")")
        }
        try await withThrowingTaskGroup { tasks in
            tasks.addTask(executorPreference: stage.executor) { try await group.run() }
            try await body(group)
            tasks.cancelAll()
            await #expect(throws: CancellationError.self) { try await tasks.waitForAll() }
        }
    }

    @Test("one store has the objects of those, and of no others")
    func follows() async throws {
        _ = try await create("one", in: "a")
        _ = try await create("two", in: "b")
        _ = try await create("other", in: "c")
        try await withGroup { group in
            try await store.waitUntilSynced()
            #expect(store.all.map(\.key.description) == ["a/one", "b/two"])
            let third = try await create("three", in: "b")
            _ = try await create("another", in: "c")
            try await eventually("no event") { store.count == 3 }
            try await server.delete(Widget.self, third.key, uid: nil)
            try await eventually("no event") { store.count == 2 }
            #expect(deltas.all.sorted() == ["+a/one", "+b/three", "+b/two", "-b/three"])
            #expect(group.health == SourceHealth(hasSynced: true))
        }
    }

    @Test("a list of one leaves the objects, versions and own writes of the others alone")
    func parts() {
        func widget(_ name: String, in namespace: String, version: String) -> Widget {
            var widget = Widget(name, uid: "u-\(name)", version: version)
            widget.metadata.namespace = namespace
            return widget
        }
        let bad = UndecodableObject(key: ObjectKey(namespace: "b", name: "bad"), resourceVersion: nil, reason: "r")
        #expect(!store.hasSynced)
        _ = store.replace(with: [widget("one", in: "a", version: "5")], resourceVersion: ResourceVersion("5"), in: "a")
        store.markSynced(in: "a")
        #expect(!store.hasSynced)
        _ = store.replace(
            with: [widget("two", in: "b", version: "9")], undecodable: [bad], resourceVersion: ResourceVersion("9"),
            in: "b")
        store.markSynced(in: "b")
        #expect(store.hasSynced)
        // What b has seen says nothing of a.
        store.noteWrite(ObjectKey(namespace: "a", name: "one"), uid: "u-one", resourceVersion: ResourceVersion("8"))
        store.advance(to: ResourceVersion("20"), in: "b")
        let deltas = store.replace(with: [], resourceVersion: ResourceVersion("7"), newestAt: nil, in: "a")
        #expect(deltas.map(\.key?.description) == ["a/one"])
        #expect(store.all.map(\.key.description) == ["b/two"])
        #expect(store.undecodable.keys.map(\.description) == ["b/bad"])
        #expect(store.replace(with: [], resourceVersion: ResourceVersion("21"), in: "b").count == 1)
        #expect(store.undecodable.isEmpty)
    }

    @Test("an own write is seen by the version of its own namespace alone")
    func ownWrites() async {
        let key = ObjectKey(namespace: "a", name: "one")
        _ = store.replace(with: [], resourceVersion: ResourceVersion("5"), in: "a")
        _ = store.replace(with: [], resourceVersion: ResourceVersion("5"), in: "b")
        store.noteWrite(key, uid: "u", resourceVersion: ResourceVersion("8"))
        store.advance(to: ResourceVersion("30"), in: "b")
        // A new list of the newest state of b is not one of a.
        _ = store.replace(with: [], resourceVersion: ResourceVersion("31"), newestAt: store.moment, in: "b")
        async let early = store.waitForOwnWrites(key, atMost: .seconds(1))
        await stage.clock.waitForSleepers()
        stage.clock.advance(by: .seconds(1))
        #expect(await !early)
        store.advance(to: ResourceVersion("8"), in: "a")
        #expect(await store.waitForOwnWrites(key, atMost: .seconds(1)))
    }

    @Test("kinds without namespaces are read as one")
    func clusterScoped() {
        #expect(Store<ClusterWidget>(namespaces: ["a"]).namespaces.isEmpty)
    }

    private struct ClusterWidget: KubernetesResource {
        static let descriptor = ResourceDescriptor(
            group: "example.dev", version: "v1", kind: "ClusterWidget", plural: "clusterwidgets", isNamespaced: false)
        var metadata: ObjectMeta
    }
}
