import ControllerRuntime
import KubernetesModel
import KubernetesTesting
import LanyardControllers
import Synchronization
import Testing

@testable import LanyardOperator

@Suite("Events that are told sparingly")
struct SparingEventsTests {
    /// Counts what is told.
    private final class Told: EventRecorder {
        private let events = Mutex<[ObjectEvent]>([])

        var count: Int { events.withLock { $0.count } }

        func record(_ event: ObjectEvent) { events.withLock { $0.append(event) } }
    }

    private let told = Told()
    private let clock = VirtualClock()
    private let sparing: SparingEvents

    init() { sparing = SparingEvents(told, clock: clock) }

    private func record(
        _ count: Int, _ reason: String, kind: ObjectEvent.Kind = .normal, in namespace: String = "shop"
    ) -> Int {
        let before = told.count
        for index in 0..<count {
            sparing.record(
                ObjectEvent(
                    regarding: ObjectReference(
                        apiVersion: "lanyard.dev/v1alpha1", kind: "WorkloadIdentity", namespace: namespace,
                        name: "w\(index)", uid: "\(index)"),
                    kind: kind, reason: reason, action: "Create", note: "created"))
        }
        return told.count - before
    }

    @Test("of a namespace and a reason a hundred are told at once, then one in a second")
    func crowd() {
        #expect(record(5_000, EventReason.entryCreated) == 100)
        #expect(record(5, EventReason.entryCreated, in: "other") == 5)
        #expect(record(5, EventReason.cleanedUp) == 5)
        clock.advance(by: .seconds(3))
        #expect(record(50, EventReason.entryCreated) == 3)
        clock.advance(by: .seconds(1_000))
        #expect(record(500, EventReason.entryCreated) == 100)
    }

    @Test("warnings, and what seldom happens, are always told")
    func others() {
        #expect(record(300, EventReason.entryCreated, kind: .warning) == 300)
        for reason in [EventReason.adopted, EventReason.orphaned, EventReason.paused, EventReason.driftCorrected] {
            #expect(record(300, reason) == 300, "\(reason)")
        }
    }

    @Test("of namespaces that are quiet again nothing is remembered for long")
    func memory() {
        for index in 0..<2_000 {
            #expect(record(1, EventReason.entryCreated, in: "n\(index)") == 1)
            clock.advance(by: .seconds(1))
        }
        #expect(sparing.rememberedCount <= 200)
    }

    @Test("what is remembered is bounded, however many namespaces come at once, and forgets the oldest")
    func bound() {
        #expect(record(200, EventReason.entryCreated, in: "first") == 100)
        for index in 0..<SparingEvents.kept {
            #expect(record(1, EventReason.entryCreated, in: "n\(index)") == 1)
        }
        #expect(record(1, EventReason.entryCreated, in: "first") == 0, "not yet")
        for index in 0..<20_000 { _ = record(1, EventReason.entryCreated, in: "m\(index)") }
        #expect(sparing.rememberedCount <= 2 * SparingEvents.kept)
        #expect(record(200, EventReason.entryCreated, in: "first") == 100, "as if it were new")
    }

    @Test("who goes on is remembered, however long that takes")
    func persistence() {
        #expect(record(150, EventReason.entryCreated) == 100)
        for _ in 0..<30 {
            clock.advance(by: .seconds(30))
            #expect(record(150, EventReason.entryCreated) == 30)
        }
        clock.advance(by: .seconds(99))
        #expect(record(150, EventReason.entryCreated) == 99)
        clock.advance(by: .seconds(99))
        #expect(record(1, EventReason.entryCreated, in: "other") == 1)
        #expect(record(150, EventReason.entryCreated) == 99)
    }
}
