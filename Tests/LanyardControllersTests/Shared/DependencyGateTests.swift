import ControllerRuntime
import KubernetesModel
import KubernetesTesting
import LanyardControllers
import Logging
import Synchronization
import Testing
import VaultClient

@Suite("DependencyGate")
struct DependencyGateTests {
    private let environment = Environment.simulated(seed: 1)
    private let key = ObjectKey(namespace: "shop", name: "web")

    @Test("while the system is away, the gate says what it last failed with; when it is back, nothing")
    func breaker() {
        let waiting = Mutex<[ObjectKey]>([])
        let breaker = CircuitBreaker(
            name: "Vault", environment: environment, probe: {},
            onClose: { keys in waiting.withLock { $0 += keys } })
        let gate = DependencyGate<VaultError>(breaker: breaker)
        #expect(gate.currentFailure == nil)
        gate.recordFailure(VaultError(.unavailable, "no connection"), waiting: key)
        #expect(gate.currentFailure == VaultError(.unavailable, "no connection"))
        gate.recordFailure(VaultError(.sealed, "sealed"), waiting: ObjectKey(namespace: "shop", name: "api"))
        #expect(gate.currentFailure == VaultError(.sealed, "sealed"))
        breaker.recordSuccess()
        #expect(gate.currentFailure == nil)
        #expect(waiting.withLock { $0.map(\.name) } == ["web", "api"])
    }

    @Test("a breaker that somebody else opened holds nothing back before it is known why")
    func openWithoutFailure() {
        let breaker = CircuitBreaker(name: "Vault", environment: environment, probe: {}, onClose: { _ in })
        breaker.recordFailure()
        #expect(DependencyGate<VaultError>(breaker: breaker).currentFailure == nil)
    }

    @Test("what a probe meets is what the gate says from then on", .timeLimit(.minutes(1)))
    func probe() async throws {
        let clock = VirtualClock()
        let gate = DependencyGate<VaultError>(
            name: "Vault", environment: .simulated(seed: 1, clock: clock),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            probe: { () throws(VaultError) in throw VaultError(.sealed, "sealed") }, onClose: { _ in })
        #expect(gate.currentFailure == nil)
        gate.recordFailure(VaultError(.unavailable, "no connection"), waiting: key)
        #expect(gate.currentFailure?.code == .unavailable)
        let breaker = try #require(gate.breaker)
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await breaker.run() }
            while gate.currentFailure?.code != .sealed {
                clock.advance(by: .seconds(1))
                await Task.yield()
            }
            group.cancelAll()
        }
    }

    @Test("without a breaker nothing is ever held back")
    func noBreaker() {
        let gate = DependencyGate<VaultError>(breaker: nil)
        gate.recordFailure(VaultError(.sealed, "sealed"), waiting: key)
        #expect(gate.currentFailure == nil)
    }
}
