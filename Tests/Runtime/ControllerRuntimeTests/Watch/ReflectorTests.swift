import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import Synchronization
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("Reflector", .timeLimit(.minutes(1)))
struct ReflectorTests {
    private let stage = Stage()
    private let clock: VirtualClock
    private let environment: Environment
    private let server: InMemoryAPIServer
    private let api: FaultyAPI
    private let store: Store<Widget>
    private let deltas = Log<String>()
    private let recoveries = Log<String>()

    init() {
        clock = stage.clock
        environment = .simulated(seed: 7, clock: clock)
        server = InMemoryAPIServer(environment: environment, resources: [Widget.descriptor])
        api = FaultyAPI(server)
        store = Store(clock: clock)
    }

    /// Runs a reflector while the body works, and stops it afterwards.
    private func withReflector(
        api: (any KubernetesAPI)? = nil, _ body: (Reflector<Widget>) async throws -> Void
    ) async throws {
        let (store, deltas, recoveries) = (store, deltas, recoveries)
        let reflector = Reflector(
            api: api ?? self.api, store: store, scope: WatchScope(streamingLists: .never), environment: environment,
            logger: Logger(label: "test"), notices: WatchNotices(onRecovery: { recoveries.append($0.name) })
        ) { delta in
            let sign = delta.old == nil ? "+" : delta.new == nil ? "-" : "~"
            deltas.append("\(sign)\(delta.key?.name ?? "")\(store.hasSynced ? "" : " first")")
        }
        try await withThrowingTaskGroup { group in
            group.addTask(executorPreference: stage.executor) { try await reflector.run() }
            try await body(reflector)
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.waitForAll() }
        }
    }

    private func create(_ name: String, color: String = "red") async throws -> Widget {
        try await server.create(Widget(name, color: color))
    }

    @Test("the handler sees the first list before the store counts as synced, then every change in order")
    func follows() async throws {
        _ = try await create("a")
        let second = try await create("b")
        try await withReflector { reflector in
            try await store.waitUntilSynced()
            #expect(deltas.all == ["+a first", "+b first"])
            _ = try await create("c")
            try await server.delete(Widget.self, second.key, uid: nil)
            try await eventually("changes did not arrive") { deltas.count == 4 }
            #expect(deltas.all.suffix(2) == ["+c", "-b"])
            #expect(store.all.map(\.metadata.name) == ["a", "c"])
            #expect(reflector.health == SourceHealth(hasSynced: true))
            #expect(store.resourceVersion == server.resourceVersion)
        }
    }

    @Test("a watch that ends cleanly is reopened at the last version, without a list")
    func reopens() async throws {
        try await withReflector { _ in
            try await store.waitUntilSynced()
            _ = try await create("a")
            try await eventually("no event") { store.count == 1 }
            clock.advance(by: .seconds(2))
            server.closeWatches()
            _ = try await create("b")
            try await eventually("no event after reopening") { store.count == 2 }
        }
        #expect(api.requests.count == 1)
        #expect(api.watches.count == 2)
        #expect(api.watches.last?.parameter("allowWatchBookmarks") == "true")
        #expect(api.watches.last?.parameter("resourceVersionMatch") == nil)
    }

    @Test("a broken connection is reopened at the last version, without a list")
    func brokenConnection() async throws {
        api.interceptWatch { [api] _ in
            api.watches.count == 1 ? [.fail(KubernetesError(.unreachable, "reset"))] : nil
        }
        try await withReflector { reflector in
            await stage.run("not in time") { api.watches.count == 2 }
            _ = try await create("a")
            try await eventually("no event") { store.count == 1 }
            #expect(reflector.health.problem == nil)
        }
        #expect(api.requests.count == 1)
    }

    @Test("an expired watch leads to a quorum list, and what vanished meanwhile is a deletion")
    func expired() async throws {
        let first = try await create("a")
        api.interceptWatch { [api] _ in api.watches.count == 1 ? [.fail(KubernetesError(.unreachable, ""))] : nil }
        try await withReflector { _ in
            await clock.waitForSleepers()
            try await server.delete(Widget.self, first.key, uid: nil)
            _ = try await create("b")
            server.compact()
            await stage.run("not in time") { store.get(.widget("b")) != nil }
        }
        #expect(deltas.all == ["+a first", "-a", "+b"])
        #expect(api.requests.last?.parameter("resourceVersion") == nil)
    }

    @Test("a silent watch is given up and reopened at the last version, without a list")
    func silent() async throws {
        api.interceptWatch { [api] _ in
            let bookmark = #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9000"}}}"#
            return api.watches.count == 1 ? [.line(bookmark), .line(bookmark), .hang] : [.hang]
        }
        try await withReflector { _ in
            try await eventually("bookmarks did not arrive") { store.resourceVersion?.text == "9000" }
            await clock.waitForSleepers()
            let before = clock.now
            await stage.run("not in time") { api.watches.count == 2 }
            #expect(clock.now - before == .seconds(150))
        }
        #expect(api.watches.last?.parameter("resourceVersion") == "9000")
        #expect(api.requests.count == 1)
    }

    @Test("an object that does not decode is set apart, in lists and in watches, and recovers when it is repaired")
    func undecodable() async throws {
        let good = try await create("good")
        let bad = try await create("bad")
        try await withReflector { _ in
            try await store.waitUntilSynced()
            let broken: Widget.Loose = try await server.mergePatch(
                Widget.Loose.self, bad.key, ["spec": ["color": .null]])
            try await eventually("not marked") { store.undecodable[bad.key] != nil }
            #expect(store.undecodable[bad.key]?.resourceVersion == broken.metadata.resourceVersion)
            #expect(store.get(bad.key) == bad)
            let changed: Widget = try await server.mergePatch(Widget.self, good.key, ["spec": ["color": "blue"]])
            try await eventually("the others stopped") { store.get(good.key) == changed }
        }
        try await withReflector { _ in
            try await eventually("the list lost the bad object") { store.undecodable[bad.key] != nil }
            #expect(store.get(bad.key) == bad)
            #expect(deltas.all.filter { $0.hasPrefix("-") }.isEmpty)
            let repaired: Widget = try await server.mergePatch(Widget.self, bad.key, ["spec": ["color": "green"]])
            try await eventually("not repaired") { store.get(bad.key) == repaired }
            #expect(store.undecodable.isEmpty)
            #expect(recoveries.all == ["bad"])
        }
    }

    @Test("an object that never decoded and goes is told as well: there is no delta of it")
    func undecodableGoes() async throws {
        let bad = try await create("bad")
        let _: Widget.Loose = try await server.mergePatch(Widget.Loose.self, bad.key, ["spec": ["color": .null]])
        try await withReflector { _ in
            try await store.waitUntilSynced()
            #expect(store.undecodable[bad.key] != nil)
            try await server.delete(Widget.self, bad.key, uid: nil)
            try await eventually("nobody was told") { recoveries.all == ["bad"] }
            #expect(deltas.all == [])
        }
    }

    @Test("a kind that is not installed yet is shown as not ready, and followed as soon as it is there")
    func missingKind() async throws {
        let isInstalled = Mutex(false)
        let late = LateAPI(server, isInstalled: { isInstalled.withLock { $0 } })
        try await withReflector(api: late) { reflector in
            try await eventually("not shown") { reflector.health.problem?.reason == .notServed }
            #expect(!reflector.health.hasSynced)
            _ = try await create("a")
            await stage.pass(.seconds(300))
            #expect(store.count == 0)
            isInstalled.withLock { $0 = true }
            await stage.run("not in time", atMost: .seconds(31)) { store.hasSynced }
            try await eventually("still not ready") { reflector.health == SourceHealth(hasSynced: true) }
        }
    }

    @Test("a kind that disappears keeps its objects: not served is not deleted")
    func disappearingKind() async throws {
        _ = try await create("a")
        let isInstalled = Mutex(true)
        let late = LateAPI(server, isInstalled: { isInstalled.withLock { $0 } })
        try await withReflector(api: late) { reflector in
            try await store.waitUntilSynced()
            // The watch is open: one that ends at once would count as a failure, and wait.
            await stage.settle()
            isInstalled.withLock { $0 = false }
            clock.advance(by: .seconds(2))
            server.closeWatches()
            try await eventually("not shown") { reflector.health.problem?.reason == .notServed }
            await stage.pass(.seconds(120))
            #expect(store.count == 1)
            #expect(deltas.all == ["+a first"])
        }
    }

    @Test("a list in pages is delivered whole, and one that expires midway is asked for again in one piece")
    func pages() async throws {
        for index in 0..<5 { _ = try await create("w\(index)") }
        let isFirst = Mutex(true)
        // A server whose cache does not serve lists: pages of two, and the second page has expired.
        api.intercept { [server] request in
            guard request.method == .get, isFirst.withLock({ $0 }) else { return nil }
            if request.parameter("continue") != nil {
                isFirst.withLock { $0 = false }
                throw KubernetesError(.expired, "the continue token is too old")
            }
            let page = try await server.list(Widget.self, limit: 2)
            return try JSON.encode(page)
        }
        try await withReflector { _ in try await store.waitUntilSynced() }
        #expect(deltas.count == 5)
        #expect(api.requests.map { $0.parameter("limit") } == ["500", "500", nil])
        #expect(api.requests.last?.parameter("continue") == nil)
    }
}

extension Widget {
    /// The same kind without demands on its fields.
    struct Loose: KubernetesResource {
        static let descriptor = Widget.descriptor
        var metadata: ObjectMeta
    }
}

/// Serves a kind only once it is installed.
private struct LateAPI: KubernetesAPI {
    let base: any KubernetesAPI
    let isInstalled: @Sendable () -> Bool

    init(_ base: any KubernetesAPI, isInstalled: @escaping @Sendable () -> Bool) {
        self.base = base
        self.isInstalled = isInstalled
    }

    func send(_ request: APIRequest) async throws -> Data {
        guard isInstalled() else { throw KubernetesError(.notServed, "not served") }
        return try await base.send(request)
    }

    func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable {
        guard isInstalled() else { throw KubernetesError(.notServed, "not served") }
        return try await base.openWatch(request)
    }
}
