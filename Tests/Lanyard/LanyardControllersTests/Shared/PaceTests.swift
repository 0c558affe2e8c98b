import ControllerRuntime
import KubernetesModel
import KubernetesTesting
import Testing

@testable import LanyardControllers

@Suite("Pace")
struct PaceTests {
    private let pace = Pace(every: .seconds(600), in: Environment.simulated(seed: 1, clock: VirtualClock()))

    @Test("a look for no reason is of the lowest priority (rule drift-13), one that is due keeps that of its pass")
    func urgency() {
        #expect(pace.next().priority == .low)
        #expect(pace.next(soon: .seconds(100_000)).priority == .low)
        #expect(pace.next(soon: .seconds(15)) == .requeue(after: .seconds(15)))
    }
}
