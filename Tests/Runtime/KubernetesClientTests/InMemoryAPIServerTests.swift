import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Testing

@Suite("InMemoryAPIServer", .timeLimit(.minutes(1)))
struct InMemoryAPIServerTests {
    private func makeServer(historyLimit: Int = 100) -> InMemoryAPIServer {
        InMemoryAPIServer(
            environment: .simulated(seed: 7), resources: [Widget.descriptor, NamespaceKind.descriptor],
            historyLimit: historyLimit)
    }

    private func events(
        _ server: InMemoryAPIServer, from version: ResourceVersion?, count: Int, labelSelector: String? = nil,
        meanwhile: () async throws -> Void = {}
    ) async throws -> [WatchEvent<Widget>] {
        let request = APIRequest.watch(
            Widget.self, resourceVersion: version, timeoutSeconds: 60, labelSelector: labelSelector)
        let lines = try await server.openWatch(request)
        try await meanwhile()
        var events: [WatchEvent<Widget>] = []
        for try await line in lines {
            events.append(try WatchEvent(reading: line))
            if events.count == count { break }
        }
        return events
    }

    @Test("gives equal seeds equal identifiers")
    func determinism() async throws {
        let first = try await makeServer().create(Widget.sized(1, "a"))
        #expect(try await makeServer().create(Widget.sized(1, "a")) == first)
    }

    @Test("starts a watch without a version with what exists, and goes on from there")
    func initialEvents() async throws {
        let server = makeServer()
        let old = try await server.create(Widget.sized(1, "old"))
        let events = try await events(server, from: nil, count: 2) {
            _ = try await server.create(Widget.sized(1, "new"))
        }
        #expect(events.first == .added(old))
        guard case .added(let new) = events.last else {
            Issue.record("the last event is no addition")
            return
        }
        #expect(new.metadata.name == "new")
    }

    @Test("shows a changed label as appearance and disappearance to a watch with a selector")
    func selector() async throws {
        let server = makeServer()
        let start = server.resourceVersion
        _ = try await server.create(Widget.sized(1, "a"))
        let key = ObjectKey(namespace: "default", name: "a")
        _ = try await server.mergePatch(Widget.self, key, ["metadata": ["labels": ["x": "1"]]])
        _ = try await server.mergePatch(Widget.self, key, ["metadata": ["labels": ["x": "2"]]])
        let types = try await events(server, from: start, count: 2, labelSelector: "x=1").map(Self.name)
        #expect(types == ["added", "deleted"])
    }

    @Test("ends a watch that resumes before the compaction with a 410 in the stream")
    func compaction() async throws {
        let server = makeServer()
        let start = server.resourceVersion
        _ = try await server.create(Widget.sized(1, "a"))
        server.compact()
        let events = try await events(server, from: start, count: 2)
        #expect(events.map(Self.name) == ["error 410"])
        let resumed = try await self.events(server, from: server.resourceVersion, count: 1) {
            _ = try await server.create(Widget.sized(1, "b"))
        }
        #expect(resumed.map(Self.name) == ["added"])
    }

    @Test("forgets history above its limit, in an open watch as well")
    func historyLimit() async throws {
        let server = makeServer(historyLimit: 2)
        let start = server.resourceVersion
        let events = try await events(server, from: start, count: 9) {
            for index in 0..<5 { _ = try await server.create(Widget.sized(1, "w\(index)")) }
        }
        #expect(events.map(Self.name) == ["error 410"])
    }

    @Test("sends bookmarks when told to, and closes watches when told to")
    func bookmarksAndClose() async throws {
        let server = makeServer()
        _ = try await server.create(NamespaceMetadata(metadata: ObjectMeta(name: "n")))
        let version = server.resourceVersion
        let events = try await events(server, from: version, count: 1) { server.sendBookmarks() }
        #expect(events == [.bookmark(WatchBookmark(resourceVersion: version))])
        let closed = try await self.events(server, from: version, count: 9) { server.closeWatches() }
        #expect(closed.isEmpty)
    }

    @Test("ends a watch whose task is cancelled while nothing happens")
    func cancellation() async throws {
        let server = makeServer()
        let request = APIRequest.watch(Widget.self, resourceVersion: server.resourceVersion, timeoutSeconds: 60)
        let lines = try await server.openWatch(request)
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for try await _ in lines {} }
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.waitForAll() }
        }
    }

    @Test("wakes a watch that waits before the change comes")
    func wakeUp() async throws {
        let server = makeServer()
        let request = APIRequest.watch(Widget.self, resourceVersion: server.resourceVersion, timeoutSeconds: 60)
        let lines = try await server.openWatch(request)
        let name = try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask {
                for try await line in lines { return Self.name(try WatchEvent(reading: line)) }
                return nil
            }
            await Task.yield()
            _ = try await server.create(Widget.sized(1, "a"))
            return try await group.next() ?? nil
        }
        #expect(name == "added")
    }

    @Test("accepts events without being told")
    func acceptsEvents() async throws {
        var event = KubernetesEvent(metadata: ObjectMeta(name: "e", namespace: "default"))
        event.note = "n"
        #expect(try await makeServer().create(event).note == "n")
    }

    @Test(
        "refuses what a server refuses",
        arguments: [
            (APIRequest(.get, "/apis/none/v1/things"), KubernetesError.Code.notServed),
            (APIRequest(.get, "/apis/testing.lanyard.dev/v1/namespaces/n/widgets/a/scale"), .notServed),
            (APIRequest(.delete, "/apis/testing.lanyard.dev/v1/namespaces/n/widgets"), .badRequest),
            (
                APIRequest(.post, "/apis/testing.lanyard.dev/v1/namespaces/n/widgets", body: Data("{}".utf8)),
                .badRequest
            ),
        ])
    func refusals(request: APIRequest, code: KubernetesError.Code) async {
        await #expect { try await makeServer().send(request) } throws: { ($0 as? KubernetesError)?.code == code }
    }

    private static func name(_ event: WatchEvent<Widget>) -> String {
        switch event {
        case .added: "added"
        case .modified: "modified"
        case .deleted: "deleted"
        case .bookmark: "bookmark"
        case .error(let status): "error \(status.code ?? 0)"
        case .undecodable, .deletedUndecodable: "undecodable"
        }
    }
}
