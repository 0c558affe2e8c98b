import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("KubernetesEventRecorder", .timeLimit(.minutes(1)))
struct KubernetesEventRecorderTests {
    private let stage = Stage()
    private let clock: VirtualClock
    private let server: InMemoryAPIServer
    private let api: FaultyAPI
    private let recorder: KubernetesEventRecorder

    init() {
        clock = stage.clock
        let environment = Environment.simulated(seed: 5, clock: clock)
        server = InMemoryAPIServer(environment: environment, resources: [Widget.descriptor])
        api = FaultyAPI(server)
        recorder = KubernetesEventRecorder(
            api: api, controller: "example.dev/controller", instance: "pod-0", environment: environment,
            logger: Logger(label: "test"))
    }

    private func event(_ index: Int = 0, note: String = "It is done.") -> ObjectEvent {
        ObjectEvent(
            regarding: ObjectReference(Widget("w\(index)", uid: "u\(index)")), kind: .warning, reason: "Conflict",
            action: "Sync", note: note)
    }

    private func stored() async throws -> [KubernetesEvent] {
        try await server.list(KubernetesEvent.self, namespace: "ns").items
    }

    /// Runs the recorder as a service while the body works, then shuts down gracefully.
    private func withRecorder(_ body: () async throws -> Void) async throws {
        let group = ServiceGroup(services: [recorder], logger: Logger(label: "test"))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask(executorPreference: stage.executor) { try await group.run() }
            try await body()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test("an event is stored with everything that people need, in the object's namespace")
    func stores() async throws {
        try await withRecorder {
            recorder.record(self.event())
            try await eventually("not stored") { (try? await stored().count) == 1 }
        }
        let event: KubernetesEvent = try #require(try await stored().first)
        #expect(event.metadata.name.hasPrefix("w0."))
        #expect(event.reason == "Conflict")
        #expect(event.action == "Sync")
        #expect(event.type == "Warning")
        #expect(event.note == "It is done.")
        #expect(event.regarding?.uid == "u0")
        #expect(event.reportingController == "example.dev/controller")
        #expect(event.reportingInstance == "pod-0")
        #expect(event.eventTime == "2026-01-01T00:00:00.000000Z")
    }

    @Test("repetitions are counted in one object; shutdown writes the final count")
    func series() async throws {
        try await withRecorder {
            for _ in 0..<7 { recorder.record(event()) }
            try await eventually("no series") { (try? await stored().first?.series?.count) == 2 }
        }
        #expect(try await stored().map { $0.series?.count } == [7])
        #expect(api.requests.count == 3)
    }

    @Test("an API server out of reach blocks nobody; the queue is bounded, and what it held arrives later")
    func unreachable() async throws {
        let isUp = Mutex(false)
        api.intercept { _ in
            if isUp.withLock({ $0 }) { return nil }
            throw KubernetesError(.unreachable, "no route")
        }
        try await withRecorder {
            for index in 0..<1_500 { recorder.record(event(index)) }
            await clock.waitForSleepers()
            #expect(api.requests.count <= 1)
            isUp.withLock { $0 = true }
            await stage.run("not in time", atMost: .seconds(60)) { (try? await stored().count) == 1_000 }
        }
    }

    @Test("shutdown does not wait for an API server that does not answer")
    func boundedFlush() async throws {
        api.intercept { [clock] _ in
            try await clock.sleep(for: .seconds(10_000))
            return nil
        }
        let group = ServiceGroup(services: [recorder], logger: Logger(label: "test"))
        let hasEnded = Monitor(false)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask(executorPreference: stage.executor) {
                try await group.run()
                hasEnded.update { $0 = true }
            }
            recorder.record(event())
            try await eventually("not sent") { api.requests.count == 1 }
            await group.triggerGracefulShutdown()
            try await eventually("no flush") { api.requests.count == 2 }
            let shutdownAt = clock.now
            await stage.run("the shutdown hangs", atMost: .seconds(100)) { hasEnded.read { $0 } }
            #expect(clock.now - shutdownAt <= .seconds(3))
            try await tasks.waitForAll()
        }
    }

    @Test("an event that the server refuses is dropped, and the next one is sent")
    func refused() async throws {
        let isFirst = Mutex(true)
        api.intercept { _ in
            guard
                isFirst.withLock({ first in
                    defer { first = false }; return first
                })
            else { return nil }
            throw KubernetesError(.forbidden, "namespace is being terminated")
        }
        try await withRecorder {
            recorder.record(event(1))
            recorder.record(event(2))
            try await eventually("the next one was not sent") { (try? await stored().count) == 1 }
        }
    }

    @Test("a series whose event the server has dropped goes on in a new one")
    func recreated() async throws {
        try await withRecorder {
            recorder.record(event())
            try await eventually("not stored") { (try? await stored().count) == 1 }
            let name = try #require(try await stored().first?.metadata.name)
            try await server.delete(KubernetesEvent.self, ObjectKey(namespace: "ns", name: name), uid: nil)
            recorder.record(event())
            try await eventually("not created again") { (try? await stored().first?.series?.count) == 2 }
        }
    }

    @Test("series are looked through once a minute, and not for each event")
    func upkeep() async throws {
        func count() async throws -> Int? { try await stored().first { $0.regarding?.name == "w0" }?.series?.count }
        try await withRecorder {
            await stage.pass(.seconds(30))
            for _ in 0..<3 { recorder.record(event()) }
            try await eventually("no series") { (try? await count()) == 2 }
            // It is over after six minutes without another one, at 390 s; looks are at 360 s and 420 s.
            await stage.pass(.seconds(370))
            recorder.record(event(1))
            try await eventually("not stored") { (try? await stored().count) == 2 }
            await stage.settle()
            #expect(try await count() == 2)
            await stage.pass(.seconds(20))
            #expect(try await count() == 3)
        }
    }

    @Test("while nothing is remembered no timer is set")
    func rest() async throws {
        try await withRecorder {
            await stage.settle()
            #expect(clock.nextDeadline == nil)
            for _ in 0..<3 { recorder.record(event()) }
            try await eventually("no series") { (try? await stored().first?.series?.count) == 2 }
            await stage.settle()
            #expect(clock.nextDeadline != nil)
            // What is left of the series is reported when it is over; then its object's budget refills.
            await stage.run("it does not come to rest", atMost: .seconds(1_200)) { clock.nextDeadline == nil }
            #expect(try await stored().first?.series?.count == 3)
            recorder.record(event(1))
            try await eventually("not stored") { (try? await stored().count) == 2 }
        }
    }

    @Test("a long note is cut between characters to what the API accepts")
    func longNote() async throws {
        try await withRecorder {
            recorder.record(event(note: String(repeating: "ü👩‍👩‍👧", count: 500)))
            try await eventually("not stored") { (try? await stored().count) == 1 }
        }
        let note = try #require(try await stored().first?.note)
        #expect(note.utf8.count <= 1_024)
        #expect(note.utf8.count > 700)
        #expect(note.last == "ü" || note.last == "👩‍👩‍👧")
    }
}
