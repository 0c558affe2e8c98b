import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import ControllerRuntime

/// One namespace whose events are not taken, and an API server that is away for all.
@Suite("KubernetesEventRecorder: trouble of one namespace", .timeLimit(.minutes(1)))
struct EventTroubleTests {
    private let stage = Stage()
    private let server: InMemoryAPIServer
    private let api: FaultyAPI
    private let recorder: KubernetesEventRecorder
    private let metrics = RecordingMetrics()

    init() {
        let environment = Environment.simulated(seed: 5, clock: stage.clock)
        server = InMemoryAPIServer(environment: environment, resources: [Widget.descriptor])
        api = FaultyAPI(server)
        recorder = KubernetesEventRecorder(
            api: api, controller: "example.dev/controller", instance: "pod-0", environment: environment,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, metrics: MetricsSink(factory: metrics))
    }

    private func event(_ index: Int = 0, in namespace: String) -> ObjectEvent {
        ObjectEvent(
            regarding: ObjectReference(
                apiVersion: "example.dev/v1", kind: "Widget", namespace: namespace, name: "w\(index)",
                uid: "\(namespace)-\(index)"),
            kind: .warning, reason: "Conflict", action: "Sync", note: "It is done.")
    }

    private func count(in namespace: String) async -> Int {
        (try? await server.list(KubernetesEvent.self, namespace: namespace).items.count) ?? -1
    }

    private func tries(in namespace: String) -> Int {
        api.requests.filter { $0.path.contains("/namespaces/\(namespace)/") }.count
    }

    private func withRecorder(_ body: () async throws -> Void) async throws {
        let group = ServiceGroup(services: [recorder], logger: Logger(label: "test"))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask(executorPreference: stage.executor) { try await group.run() }
            try await body()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    enum Trouble: CaseIterable, Sendable { case internalError, proxyPage, hang }

    /// Refuses all writes of one namespace's events, as a webhook that answers 500, or nothing, does.
    private func refuse(_ namespace: String, _ trouble: Trouble) {
        let clock = stage.clock
        api.intercept { request in
            guard request.path.contains("/namespaces/\(namespace)/") else { return nil }
            switch trouble {
            case .internalError:
                throw KubernetesError(.serverError, "webhook failed", httpStatus: 500, status: APIStatus(code: 500))
            case .proxyPage: throw KubernetesError(.malformedAnswer, "not JSON", httpStatus: 200)
            case .hang:
                try await clock.sleep(for: .seconds(10))
                throw KubernetesError(.timeout, "no answer in time")
            }
        }
    }

    @Test("a namespace whose events are not taken holds up nobody else's", arguments: Trouble.allCases)
    func isolation(trouble: Trouble) async throws {
        refuse("bad", trouble)
        try await withRecorder {
            for index in 0..<50 { recorder.record(event(index, in: "bad")) }
            await stage.settle()
            for index in 0..<20 { recorder.record(event(index, in: "good")) }
            await stage.run("the others wait", atMost: .seconds(11)) { await count(in: "good") == 20 }
            // Whoever goes on reporting is not held up for most of the time either.
            await stage.pass(.seconds(600))
            let before = stage.clock.now
            for index in 100..<120 { recorder.record(event(index, in: "good")) }
            await stage.run("the others wait", atMost: .seconds(11)) { await count(in: "good") == 40 }
            #expect(stage.clock.now - before <= .seconds(11))
            // Or the last tries would wait for a clock that stands still.
            api.intercept(nil)
        }
    }

    @Test("an event that the server cannot digest is tried five times and dropped; the next of its namespace is sent")
    func poison() async throws {
        let fails = Mutex(0)
        api.intercept { request in
            guard String(decoding: request.body ?? .init(), as: UTF8.self).contains("\"w7\"") else { return nil }
            fails.withLock { $0 += 1 }
            throw KubernetesError(.serverError, "panic", httpStatus: 500, status: APIStatus(code: 500))
        }
        try await withRecorder {
            for index in 0..<10 { recorder.record(event(index, in: "ns")) }
            await stage.run("the others are not sent", atMost: .seconds(30)) { await count(in: "ns") == 9 }
            await stage.pass(.seconds(600))
        }
        #expect(fails.withLock { $0 } == 5)
        #expect(metrics["controller_runtime_events_dropped_total"] == 1)
    }

    @Test("one namespace's flood takes no room from the others' events while the server is away")
    func room() async throws {
        let isUp = Mutex(false)
        api.intercept { _ in
            if isUp.withLock({ $0 }) { return nil }
            throw KubernetesError(.unreachable, "no route")
        }
        try await withRecorder {
            for index in 0..<2_000 { recorder.record(event(index, in: "flood")) }
            for index in 0..<20 { recorder.record(event(index, in: "quiet")) }
            await stage.pass(.seconds(300))
            // Nothing is worn out by an outage of all.
            #expect(tries(in: "flood") + tries(in: "quiet") < 60)
            isUp.withLock { $0 = true }
            await stage.run("not in time", atMost: .seconds(60)) {
                let (quiet, flood) = (await count(in: "quiet"), await count(in: "flood"))
                return quiet == 20 && flood == 980
            }
        }
        #expect(metrics["controller_runtime_events_dropped_total"] == 1_020)
    }

    @Test("at shutdown, too, one namespace's trouble is not the others'", arguments: [Trouble.internalError, .hang])
    func flush(trouble: Trouble) async throws {
        let hasEnded = Monitor(false)
        refuse("bad", trouble)
        let group = ServiceGroup(services: [recorder], logger: Logger(label: "test"))
        for index in 0..<5 { recorder.record(event(index, in: "bad")) }
        for index in 0..<5 { recorder.record(event(index, in: "good")) }
        try await withThrowingTaskGroup { tasks in
            tasks.addTask(executorPreference: stage.executor) {
                try await group.run()
                hasEnded.update { $0 = true }
            }
            await group.triggerGracefulShutdown()
            await stage.run("the shutdown hangs", atMost: .seconds(10)) { hasEnded.read { $0 } }
            try await tasks.waitForAll()
        }
        #expect(await count(in: "good") == 5)
        #expect(stage.clock.now <= .seconds(3))
    }
}
