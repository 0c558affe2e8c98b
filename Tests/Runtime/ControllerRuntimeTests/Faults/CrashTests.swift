import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import Synchronization
import Testing

@testable import ControllerRuntime
@testable import LampOperator

@Suite("Fault: crash after the k-th outgoing call, for each k, then restart", .timeLimit(.minutes(5)))
struct CrashTests {
    /// Ends a process at its k-th outgoing call, before or after the call has its effect.
    private final class Crash: Sendable {
        struct Died: Error {}

        let isBefore: Bool
        private let left: Mutex<Int>
        private let dead = Mutex(false)

        init(at call: Int, isBefore: Bool) {
            left = Mutex(call)
            self.isBefore = isBefore
        }

        var hasHappened: Bool { dead.withLock { $0 } }

        func call<Value>(_ body: () async throws -> Value) async throws -> Value {
            if hasHappened { throw Died() }
            let isNow = left.withLock { left in
                left -= 1
                return left == -1
            }
            if isNow { dead.withLock { $0 = true } }
            if isNow, isBefore { throw Died() }
            let value = try await body()
            if isNow { throw Died() }
            return value
        }
    }

    private struct CrashingAPI: KubernetesAPI {
        let base: InMemoryAPIServer
        let crash: Crash

        func send(_ request: APIRequest) async throws -> Data { try await crash.call { try await base.send(request) } }
        func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable {
            try await base.openWatch(request)
        }
    }

    private struct CrashingPanel: LampPanel {
        let base: MemoryPanel
        let crash: Crash

        func light(_ lamp: String, _ color: String) async throws {
            try await crash.call { try await base.light(lamp, color) }
        }
        func putOut(_ lamp: String) async throws { try await crash.call { try await base.putOut(lamp) } }
    }

    /// What is left of a run: the panel, and what the objects say of themselves.
    private struct Outcome: Equatable {
        let lit: [String: String]
        let lamps: [String]
        let hasCrashed: Bool
    }

    /// One life of the process: looks at everything until nothing more changes or it dies.
    private func live(_ world: LampWorld, _ crash: Crash) async throws {
        let store = Store<Lamp>(clock: world.environment.clock)
        let reconciler = LampReconciler(
            api: CrashingAPI(base: world.server, crash: crash), lamps: store,
            panel: CrashingPanel(base: world.panel, crash: crash), fence: .alwaysOpen, clock: world.environment.clock)
        while !crash.hasHappened {
            let before = world.server.resourceVersion
            let list = try await world.server.list(Lamp.self).items
            _ = store.replace(with: list, resourceVersion: before)
            for lamp in list.sorted(by: { $0.key < $1.key }) {
                // A failed pass is tried again, as the queue would do.
                _ = try? await reconciler.reconcile(lamp.key)
            }
            if world.server.resourceVersion == before { return }
        }
    }

    private func run(_ crash: Crash) async throws -> Outcome {
        let world = LampWorld()
        var current = crash
        func work() async throws {
            try await live(world, current)
            guard current.hasHappened else { return }
            current = Crash(at: .max, isBefore: true)
            try await live(world, current)
        }
        func key(_ name: String) -> ObjectKey { ObjectKey(namespace: "ns", name: name) }
        _ = try await world.create("hall", "red")
        _ = try await world.create("yard", "blue", finalizers: ["other/one"])
        try await work()
        let _: Lamp = try await world.server.mergePatch(Lamp.self, key("hall"), ["spec": ["color": "green"]])
        _ = try await world.create("attic", "white")
        try await work()
        try await world.server.delete(Lamp.self, key("attic"), uid: nil)
        try await world.server.delete(Lamp.self, key("yard"), uid: nil)
        try await work()
        let lamps = try await world.server.list(Lamp.self).items.map { lamp in
            let ready = lamp.status?.conditions?.condition("Ready")?.message ?? "nothing"
            return "\(lamp.key) \(lamp.spec.color) \(lamp.metadata.finalizers ?? []) \(ready)"
        }
        return Outcome(lit: world.panel.lit, lamps: lamps.sorted(), hasCrashed: crash.hasHappened)
    }

    @Test("what is left equals what a run without a crash leaves", arguments: [true, false])
    func everyCall(isBefore: Bool) async throws {
        let undisturbed = try await run(Crash(at: .max, isBefore: isBefore))
        #expect(undisturbed.lit == ["ns/hall": "green"])
        #expect(undisturbed.lamps.count == 2)
        var calls = 0
        while true {
            let outcome = try await run(Crash(at: calls, isBefore: isBefore))
            #expect(outcome.lit == undisturbed.lit, "crash at call \(calls)")
            #expect(outcome.lamps == undisturbed.lamps, "crash at call \(calls)")
            guard outcome.hasCrashed else { break }
            calls += 1
        }
        #expect(calls >= 14, "only \(calls) calls were interrupted")
    }
}
