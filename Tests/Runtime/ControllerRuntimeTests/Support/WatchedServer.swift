import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import Synchronization
import Testing

@testable import ControllerRuntime

/// A server, faults, a reflector, and a handler that keeps its own view of the objects: the stage of the fault tests.
struct WatchedServer {
    let stage = Stage()
    let clock: VirtualClock
    let environment: Environment
    let server: InMemoryAPIServer
    let api: FaultyAPI
    let store: Store<Widget>
    let view = HandlerView()
    let undecodable = Log<UndecodableObject>()

    init(seed: UInt64 = 1) {
        clock = stage.clock
        environment = .simulated(seed: seed, clock: clock)
        server = InMemoryAPIServer(environment: environment, resources: [Widget.descriptor])
        api = FaultyAPI(server)
        store = Store(clock: clock)
    }

    /// Runs a reflector while the body works, and stops it afterwards.
    func follow(
        streamingLists: StreamingLists = .never, _ body: (Reflector<Widget>) async throws -> Void
    ) async throws {
        let (view, undecodable) = (view, undecodable)
        let reflector = Reflector(
            api: api, store: store, scope: WatchScope(streamingLists: streamingLists), environment: environment,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            notices: WatchNotices(onUndecodable: { undecodable.append($0) }), onDelta: { view.take($0) })
        try await withThrowingTaskGroup { group in
            group.addTask(executorPreference: stage.executor) { try await reflector.run() }
            try await body(reflector)
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.waitForAll() }
        }
    }

    func create(_ name: String, color: String = "red") async throws -> Widget {
        try await server.create(Widget(name, color: color))
    }

    func recolor(_ name: String, _ color: String) async throws -> Widget {
        try await server.mergePatch(Widget.self, .widget(name), ["spec": ["color": .string(color)]])
    }

    /// A random change of one of a few objects.
    func change(_ random: SeededRandomSource) async throws {
        let name = "w\(random.next() % 5)"
        let exists = try await server.get(Widget.self, .widget(name)) != nil
        switch (exists, random.next() % 3) {
        case (false, _): _ = try await create(name)
        case (true, 0): try await server.delete(Widget.self, .widget(name), uid: nil)
        case (true, _): _ = try await recolor(name, "\(random.next() % 100)")
        }
    }

    /// Waits, in virtual time, until store and handler have what the server has, and nothing that the handler was told
    /// contradicts what it was told before.
    func expectConvergence(
        atMost limit: Duration = .seconds(3_600), sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let truth = try await server.list(Widget.self).items.sorted { $0.key < $1.key }
        await stage.run("the store does not become what the server has", atMost: limit, sourceLocation: sourceLocation)
        {
            store.all == truth
        }
        #expect(view.all == truth, sourceLocation: sourceLocation)
        #expect(view.contradictions.isEmpty, sourceLocation: sourceLocation)
    }

    /// The versions of lists that were asked for; `stream` for streaming ones.
    var lists: [String?] {
        api.requests.filter { $0.method == .get && $0.path.hasSuffix("/widgets") }.map {
            $0.parameter("resourceVersion")
        }
    }
}

/// What a handler believes from the changes that it was told, and which of them contradict that belief: a change from what
/// was not there, or to what was there already or before, was lost or told twice.
final class HandlerView: Sendable {
    private struct State {
        var objects: [ObjectKey: Widget] = [:]
        var changes: [String] = []
        var contradictions: [String] = []
    }

    private let state = Mutex(State())

    func take(_ delta: Delta<Widget>) {
        guard let key = delta.key else { return }
        let sign = delta.old == nil ? "+" : delta.new == nil ? "-" : "~"
        state.withLock { state in
            let text = "\(sign)\(key.name)"
            state.changes.append(text)
            let isSame = delta.old.flatMap { old in delta.new.map { old.metadata.uid == $0.metadata.uid } } ?? true
            let isOlder =
                delta.old?.metadata.resourceVersion.map { delta.new?.metadata.resourceVersion?.isAtLeast($0) == false }
                ?? false
            if state.objects[key] != delta.old || delta.old == delta.new || !isSame || isOlder {
                state.contradictions.append("\(text) as change \(state.changes.count)")
            }
            state.objects[key] = delta.new
        }
    }

    var all: [Widget] { state.withLock { $0.objects.values.sorted { $0.key < $1.key } } }
    var changes: [String] { state.withLock { $0.changes } }
    var contradictions: [String] { state.withLock { $0.contradictions } }
}
