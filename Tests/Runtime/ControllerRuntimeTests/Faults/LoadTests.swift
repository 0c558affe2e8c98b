import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import Testing

@testable import ControllerRuntime

@Suite("Fault: 10 000 objects in the initial list and one edit", .timeLimit(.minutes(5)))
struct LoadTests {
    private struct SlowReconciler: Reconciler {
        let store: Store<Widget>
        let clock: any RuntimeClock
        let seen: Log<(ObjectKey, String?, Duration)>

        func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
            try await clock.sleep(for: .milliseconds(200))
            seen.append((key, store.get(key)?.spec.color, clock.now))
            return .done
        }
    }

    @Test("the edit is reconciled in less than a second, while most of the list is still waiting")
    func editGoesFirst() async throws {
        let world = WatchedServer()
        for index in 0..<10_000 { _ = try await world.create("w\(index)") }
        let (clock, store, stage) = (world.clock, world.store, world.stage)
        let seen = Log<(ObjectKey, String?, Duration)>()
        let queue = WorkQueue<ObjectKey>(environment: world.environment, name: "load")
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let reflector = Reflector(api: world.server, store: store, environment: world.environment, logger: logger) {
            guard let key = $0.key, $0.changesMoreThanStatus else { return }
            queue.add(key, priority: $0.priority)
        }
        let controller = Controller(
            reconciler: SlowReconciler(store: store, clock: clock, seen: seen), queue: queue,
            readiness: [{ try await store.waitUntilSynced() }], logger: logger)
        try await withThrowingTaskGroup { group in
            group.addTask(executorPreference: stage.executor) { try await reflector.run() }
            group.addTask(executorPreference: stage.executor) { try await controller.run() }
            await stage.run("no work begun") { seen.count >= 20 }
            let edited = clock.now
            _ = try await world.recolor("w9999", "blue")
            await stage.run("the edit waits", atMost: .seconds(10)) {
                seen.all.contains { $0.0 == .widget("w9999") && $0.1 == "blue" }
            }
            let reconciled = try #require(seen.all.first { $0.0 == .widget("w9999") && $0.1 == "blue" })
            #expect(reconciled.2 - edited < .seconds(1))
            #expect(queue.depth > 9_900)
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.waitForAll() }
        }
    }
}
