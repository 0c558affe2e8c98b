import ControllerRuntime
import KubernetesModel
import LanyardControllers
import Testing

@testable import LanyardOperator

@Suite("IdentityQueues")
struct IdentityQueuesTests {
    /// How many keys are in flight at once when each stays until all have begun.
    private static func inFlight(of queue: WorkQueue<ObjectKey>) async -> Int {
        await queue.withNextIfReady { _ in await inFlight(of: queue) + 1 } ?? 0
    }

    @Test("the identities of one namespace have a quarter of the passes, and the rest is for others")
    func share() async {
        let queues = IdentityQueues(environment: .system, workers: 2)
        let share = 2 * IdentityReconciler.passesPerWorker / 4
        queues.identities.add((0..<100).map { ObjectKey(namespace: "evil", name: "web-\($0)") }, priority: .normal)
        #expect(await Self.inFlight(of: queues.identities) == share)
        queues.identities.add(ObjectKey(namespace: "good", name: "web"), priority: .low)
        #expect(await Self.inFlight(of: queues.identities) == share + 1)
    }
}
