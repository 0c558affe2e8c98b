import KubernetesModel
import KubernetesTesting
import Logging
import Synchronization
import Testing

@testable import ControllerRuntime

@Suite("Controller: failures in the log", .timeLimit(.minutes(1)))
struct ControllerFailureLogTests {
    private enum Failure: Error { case first, second }

    private final class Scripted: Reconciler {
        private let results: Mutex<[(any Error)?]>

        init(_ results: [(any Error)?]) { self.results = Mutex(results) }

        func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
            if let error = results.withLock({ $0.removeFirst() }) { throw error }
            return .done
        }
    }

    @Test("a failure is told when it begins, when it becomes another one and when it is over, not each time")
    func transitions() async throws {
        let stage = Stage()
        let environment = Environment.simulated(seed: 3, clock: stage.clock)
        let lines = Log<String>()
        let sequence: [(any Error)?] = [
            Failure.first, Failure.first, RetryAfter(.milliseconds(1_500), cause: Failure.second),
            RetryAfter(.milliseconds(900), cause: Failure.second), nil, nil, Failure.first,
        ]
        let queue = WorkQueue<ObjectKey>(environment: environment, name: "test")
        let controller = Controller(
            reconciler: Scripted(sequence), queue: queue,
            logger: Logger(label: "test") { _ in CapturingLogHandler(lines: lines) })
        for _ in sequence {
            queue.add(.widget("a"))
            #expect(await controller.reconcileNextIfReady())
        }
        let told = lines.all.map { line in
            line.split(separator: " ").filter { part in
                !["controller=", "object.", "reconcile.id="].contains { part.hasPrefix($0) }
            }.joined(separator: " ")
        }
        #expect(
            told == [
                "warning reconcile failed error=first", "debug reconcile failed error=first",
                "warning reconcile failed error=second retry.after.seconds=1.5",
                "debug reconcile failed error=second retry.after.seconds=0.9",
                "info reconcile succeeds again failures=4",
                "warning reconcile failed error=first",
            ])
    }

    @Test("what is remembered goes with the failure")
    func memory() {
        let log = FailureLog()
        for index in 0..<100 { #expect(log.failed(.widget("w\(index)"), "no")) }
        #expect(log.count == 100)
        for index in 0..<100 { #expect(log.succeeded(.widget("w\(index)")) == 1) }
        #expect(log.count == 0 && log.succeeded(.widget("w0")) == nil)
    }
}
