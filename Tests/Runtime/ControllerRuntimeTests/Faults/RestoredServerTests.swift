import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Synchronization
import Testing

@testable import ControllerRuntime

@Suite("Fault: the server's data is restored to an older state", .timeLimit(.minutes(5)))
struct RestoredServerTests {
    private let world = WatchedServer()

    /// The server that answers after the restore: it knows fewer writes, and so gives out versions that were there before.
    private func restored() async throws -> InMemoryAPIServer {
        let server = InMemoryAPIServer(environment: world.environment, resources: [Widget.descriptor])
        server.setStreamingLists(.supported)
        for name in ["a", "c"] { let _: Widget = try await server.create(Widget(name)) }
        return server
    }

    private static let tooLarge = KubernetesError(
        .resourceVersionTooLarge, "Too large resource version: 101, current: 92", httpStatus: 504)

    /// Answers as a restored server does.
    private func replaceServer(by server: InMemoryAPIServer, _ streamingLists: StreamingLists) {
        let tooLarge = Self.tooLarge
        world.api.intercept { request in
            if request.parameter("resourceVersion") != nil { throw tooLarge }
            return try await server.send(request)
        }
        world.api.interceptWatch { request in
            if request.isStreamingList, request.parameter("resourceVersion") == nil {
                let lines = try await server.openWatch(request)
                var steps: [FaultyAPI.WatchStep] = []
                for try await line in lines {
                    let text = String(decoding: line, as: UTF8.self)
                    steps.append(.line(text))
                    if text.contains("k8s.io/initial-events-end") { break }
                }
                return steps + [.hang]
            }
            if request.parameter("resourceVersion")?.count == 2 { return [.hang] }
            throw tooLarge
        }
    }

    @Test(
        "own writes from before it are not waited for any more, and the store shows what the server has now",
        arguments: [StreamingLists.never, .automatic])
    func ownWrites(streamingLists: StreamingLists) async throws {
        world.server.setStreamingLists(.supported)
        for index in 0..<10 { _ = try await world.create("w\(index)") }
        _ = try await world.create("a")
        try await world.follow(streamingLists: streamingLists) { reflector in
            try await world.store.waitUntilSynced()
            await world.stage.settle()
            // Writes whose events no one will ever send: the server forgets them.
            world.store.noteWrite(.widget("a"), uid: "lost", resourceVersion: ResourceVersion("900"))
            world.store.noteWrite(.widget("new"), uid: "lost", resourceVersion: ResourceVersion("901"))
            world.store.noteDeletion(.widget("w1"), uid: world.store.get(.widget("w1"))?.metadata.uid ?? "")
            replaceServer(by: try await restored(), streamingLists)
            world.clock.advance(by: .seconds(400))
            world.server.closeWatches()
            let store = world.store
            await world.stage.run("the store keeps what is gone", atMost: .seconds(120)) {
                store.all.map(\.metadata.name) == ["a", "c"] && reflector.health.problem == nil
            }
            for name in ["a", "new", "w1", "c"] { #expect(await store.waitForOwnWrites(.widget(name), atMost: .zero)) }
            #expect(store.resourceVersion.map { $0.isAtLeast(ResourceVersion("100")) } == false)
        }
    }

    @Test("a list that may be older than an own write ends no wait for it")
    func cachedList() async throws {
        _ = try await world.create("a")
        let (api, server) = (world.api, world.server)
        let before = try JSON.encode(try await server.list(Widget.self))
        api.intercept { request in request.parameter("resourceVersion") == nil ? nil : before }
        api.interceptWatch { _ in [.line("nonsense")] }
        try await world.follow { _ in
            try await world.store.waitUntilSynced()
            world.store.noteWrite(try await world.recolor("a", "blue"))
            let lists = world.lists.count
            await world.stage.run("no list", atMost: .seconds(120)) { world.lists.count > lists + 2 }
            #expect(await !world.store.waitForOwnWrites(.widget("a"), atMost: .zero))
        }
    }

    @Test("nor does one that was asked for before the write was made")
    func earlierList() async throws {
        _ = try await world.create("a")
        let (api, server, store) = (world.api, world.server, world.store)
        let isListing = Mutex(false)
        api.interceptWatch { _ in throw KubernetesError(.expired, "too old", httpStatus: 410) }
        api.intercept { request in
            guard request.method == .get, request.parameter("resourceVersion") == nil, !isListing.withLock({ $0 })
            else { return nil }
            isListing.withLock { $0 = true }
            let answer = try await server.send(request)
            let written: Widget = try await server.mergePatch(
                Widget.self, .widget("a"), ["spec": ["color": "blue"]])
            store.noteWrite(written)
            return answer
        }
        try await world.follow { _ in
            await world.stage.run("no quorum list", atMost: .seconds(60)) { isListing.withLock { $0 } }
            await world.stage.settle()
            #expect(await !store.waitForOwnWrites(.widget("a"), atMost: .zero))
            #expect(store.get(.widget("a"))?.spec.color == "red")
        }
    }
}
