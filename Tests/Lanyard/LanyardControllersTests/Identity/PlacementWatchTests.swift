import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardControllers
import LanyardCore
import Logging
import Synchronization
import TestSupport
import Testing

@Suite("PlacementWatch")
struct PlacementWatchTests {
    /// What the watch told.
    private final class Told: Sendable {
        let changes = Mutex<[Set<String>]>([])
        let synced = Mutex<[[ObjectKey]]>([])
    }

    private let key = ObjectKey(namespace: "shop", name: "web")
    private let told = Told()
    private let api: InMemoryAPIServer
    private let journal = Journal()
    private let watch: PlacementWatch

    init() {
        let environment = Environment.system
        api = InMemoryAPIServer(environment: environment, resources: [Pod.descriptor, Node.descriptor])
        let told = told
        watch = PlacementWatch(
            api: RecordingKubernetes(base: api, journal: journal), linger: .milliseconds(20), environment: environment,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            onChange: { accounts, _ in told.changes.withLock { $0.append(accounts) } },
            onSynced: { keys in told.synced.withLock { $0.append(keys) } })
    }

    private func create(pod name: String, on node: String?) async throws {
        _ = try await api.create(
            Pod(
                metadata: ObjectMeta(name: name, namespace: "shop", labels: ["app": "web"], annotations: ["big": "x"]),
                nodeName: node, serviceAccountName: "web"))
    }

    private func running(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.watch.run() }
            try await body()
            group.cancelAll()
            _ = await group.nextResult()
        }
    }

    @Test(
        "nothing is listed or watched until an identity wants it, and it ends when none does", .timeLimit(.minutes(1)))
    func demand() async throws {
        try await create(pod: "p1", on: "n1")
        _ = try await api.create(Node(metadata: ObjectMeta(name: "n1")))
        journal.clear()
        try await running {
            #expect(throws: PlacementUnknown.self) { try self.watch.facts(serviceAccount: "shop/web") }
            #expect(throws: PlacementUnknown.self) { try self.watch.absent(["gone"]) }
            #expect(!self.watch.isActive)
            self.watch.want(self.key)
            self.watch.want(self.key)
            try await eventually("synced") { self.told.synced.withLock { $0 } == [[self.key]] }
            let facts = try self.watch.facts(serviceAccount: "shop/web")
            #expect(facts.pods.map(\.name) == ["p1"])
            #expect(facts.nodes.keys.sorted() == ["n1"])
            let uids = facts.pods.map(\.uid) + facts.nodes.values.map(\.uid)
            #expect(try self.watch.absent(Set(uids + ["gone"])) == ["gone"])
            #expect(try self.watch.facts(serviceAccount: "shop/other").pods == [])
            try await self.create(pod: "p2", on: "n1")
            try await eventually("seen") {
                (try? self.watch.facts(serviceAccount: "shop/web").pods.count) == 2
            }
            #expect(self.told.changes.withLock { $0.contains(["shop/web"]) })
            self.watch.release(self.key)
            try await eventually("stopped") { !self.watch.isActive }
            #expect(throws: PlacementUnknown.self) { try self.watch.facts(serviceAccount: "shop/web") }
            // And again.
            self.watch.want(self.key)
            try await eventually("synced again") { self.told.synced.withLock { $0.count } == 2 }
            #expect(try self.watch.facts(serviceAccount: "shop/web").pods.count == 2)
        }
    }

    @Test("identities that come and go list pods and nodes once", .timeLimit(.minutes(1)))
    func linger() async throws {
        let told = told
        let watch = PlacementWatch(
            api: RecordingKubernetes(base: api, journal: journal), environment: .system,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), onChange: { _, _ in },
            onSynced: { keys in told.synced.withLock { $0.append(keys) } })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await watch.run() }
            watch.want(self.key)
            try await eventually("synced") { !told.synced.withLock { $0 }.isEmpty }
            for _ in 0..<100 {
                watch.release(self.key)
                await Task.yield()
                watch.want(self.key)
                #expect(watch.isActive)
                #expect(throws: Never.self) { try watch.facts(serviceAccount: "shop/web") }
            }
            watch.release(self.key)
            #expect(watch.health.keys.sorted() == ["nodes", "pods"])
            #expect(told.synced.withLock { $0.count } == 1)
            group.cancelAll()
            _ = await group.nextResult()
        }
    }

    @Test("of a pod nothing is kept but what is needed")
    func projection() throws {
        let json = """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"shop","uid":"u","resourceVersion":"7",
             "creationTimestamp":"1970-01-01T00:01:00Z","labels":{"a":"b"},"annotations":{"big":"x"},"finalizers":["f"],"ownerReferences":[]},
             "spec":{"nodeName":"n","serviceAccountName":"web","containers":[{"name":"c"}]},
             "status":{"phase":"Running","podIP":"10.0.0.1"}}
            """
        let pod = try JSON.decode(Pod.self, from: Data(json.utf8))
        var kept = ObjectMeta(
            name: "p", namespace: "shop", uid: "u", resourceVersion: ResourceVersion("7"), labels: ["a": "b"])
        kept.creationTimestamp = "1970-01-01T00:01:00Z"
        #expect(pod.metadata == kept)
        #expect(pod.facts == PodFacts(name: "p", uid: "u", nodeName: "n", labels: ["a": "b"], createdAt: 60))
        #expect(pod.serviceAccountValue == "shop/web")
        let plain = try JSON.decode(Pod.self, from: Data(#"{"metadata":{"name":"p","namespace":"shop"}}"#.utf8))
        #expect(plain.facts == nil)
        #expect(plain.serviceAccountValue == "shop/default")
    }

    @Test("what plans need of a pod or node follows each change of it, and is made once, not for each who asks")
    func facts() throws {
        var pod = Pod(
            metadata: ObjectMeta(name: "p", namespace: "shop", uid: "u"), nodeName: "n", serviceAccountName: "web")
        pod.metadata.labels = ["a": "b"]
        pod.metadata.creationTimestamp = "1970-01-01T00:01:00Z"
        pod.spec?.nodeName = "m"
        #expect(pod.facts == PodFacts(name: "p", uid: "u", nodeName: "m", labels: ["a": "b"], createdAt: 60))
        pod.status?.phase = "Failed"
        #expect(pod.facts == nil)
        pod.status = nil
        #expect(pod.facts != nil)
        var node = Node(metadata: ObjectMeta(name: "n", uid: "u"))
        node.metadata.creationTimestamp = "1970-01-01T00:01:00Z"
        #expect(node.facts == NodeFacts(name: "n", uid: "u", createdAt: 60))
        let cache = PlacementCache()
        cache.pods.apply(.upsert(pod))
        let first = try #require(cache.facts(serviceAccount: "shop/web").pods.first)
        #expect(cache.facts(serviceAccount: "shop/web").pods.first === first)
    }
}
