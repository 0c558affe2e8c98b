import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import Testing

@testable import ControllerRuntime

/// What no kind can be wired without.
@Suite("KindController", .timeLimit(.minutes(1)))
struct KindControllerTests {
    private let stage = Stage()
    private let environment: Environment
    private let server: InMemoryAPIServer
    private let store: Store<Widget>
    private let queue: WorkQueue<ObjectKey>
    private let fence: LeadershipFence
    private let isLeading = Monitor(false)
    private let events = Recorder()
    private let lines = Log<String>()

    init() {
        environment = .simulated(seed: 11, clock: stage.clock)
        server = InMemoryAPIServer(environment: environment, resources: [Widget.descriptor])
        store = Store(clock: stage.clock)
        queue = WorkQueue(environment: environment, name: "widget")
        fence = LeadershipFence(clock: stage.clock)
    }

    private struct Recorder: EventRecorder {
        let events = Log<ObjectEvent>()
        func record(_ event: ObjectEvent) { events.append(event) }
    }

    private struct Closure: Reconciler {
        let body: @Sendable (ObjectKey) async throws -> ReconcileResult
        func reconcile(_ key: ObjectKey) async throws -> ReconcileResult { try await body(key) }
    }

    private func lead() {
        fence.extend(until: stage.clock.now + .seconds(3_600))
        isLeading.update { $0 = true }
    }

    private func run(
        _ reconcile: @escaping @Sendable (ObjectKey) async throws -> ReconcileResult,
        _ body: () async throws -> Void
    ) async throws {
        let (isLeading, lines, queue) = (isLeading, lines, queue)
        let context = ControllerContext(
            api: server, undecodable: UndecodableReporter(events: events, fence: fence, reason: "Undecodable"),
            waitUntilLeading: { try await isLeading.wait { $0 ? () : nil } }, timeout: .seconds(9),
            environment: environment, logger: Logger(label: "test") { _ in CapturingLogHandler(lines: lines) },
            metrics: MetricsSink(prefix: "test"))
        let source = KindSource(store, in: context) { delta in
            if let key = delta.key { queue.add(key) }
        }
        let controller = KindController(
            source: source, mayGet: true, reconciler: Closure(body: reconcile), queue: queue,
            workers: 1, readiness: [])
        try await withThrowingTaskGroup { tasks in
            tasks.addTask(executorPreference: stage.executor) { try await source.reflectors.run() }
            tasks.addTask(executorPreference: stage.executor) { try await controller.run() }
            try await body()
            tasks.cancelAll()
            await #expect(throws: CancellationError.self) { try await tasks.waitForAll() }
        }
    }

    @Test("who comes to lead says which objects did not fit their type before; a standby says nothing")
    func undecodable() async throws {
        let _: Widget.Loose = try await server.create(
            Widget.Loose(metadata: ObjectMeta(name: "bad", namespace: "ns")))
        try await run({ _ in .done }) {
            await stage.run("not listed") { store.hasSynced }
            await stage.settle()
            #expect(events.events.count == 0)
            lead()
            await stage.run("not reported") { events.events.count == 1 }
        }
        #expect(events.events.all.map(\.regarding.name) == ["bad"])
        #expect(events.events.all.map(\.reason) == ["Undecodable"])
    }

    @Test("the logs of a pass name the generation, and a pass that takes too long is ended")
    func generationAndTimeout() async throws {
        _ = try await server.create(Widget("a"))
        let clock = stage.clock
        try await run({ _ in
            Logger.current.info("inside")
            try await clock.sleep(for: .seconds(600))
            return .done
        }) {
            lead()
            await stage.run("not ended", atMost: .seconds(30)) {
                lines.all.contains { $0.hasPrefix("warning reconcile took too long") }
            }
        }
        let line = "info inside controller=widget object.generation=1 object.key=ns/a reconcile.id="
        #expect(lines.all.contains { $0.hasPrefix(line) })
    }

    @Test("no pass before the store shows what this process has written")
    func ownWrites() async throws {
        let (written, passes) = (try await server.create(Widget("a")), Log<String>())
        _ = try await server.create(Widget("b"))
        try await run({ key in
            passes.append(key.name)
            return .done
        }) {
            await stage.run("not listed") { store.hasSynced }
            store.noteWrite(
                written.key, uid: try #require(written.metadata.uid), resourceVersion: ResourceVersion("900000"))
            lead()
            await stage.pass(.seconds(20))
            #expect(passes.all == ["b"])
        }
    }
}
