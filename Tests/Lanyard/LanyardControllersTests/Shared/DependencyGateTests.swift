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
            onClose: { outage in waiting.withLock { $0 += outage.waiting } })
        let gate = DependencyGate<VaultError>(breaker: breaker)
        #expect(gate.currentFailure == nil)
        gate.recordFailure(VaultError(.unavailable, "no connection"), waiting: key)
        #expect(gate.currentFailure == VaultError(.unavailable, "no connection"))
        gate.recordFailure(VaultError(.sealed, "sealed"), waiting: ObjectKey(namespace: "shop", name: "api"))
        #expect(gate.currentFailure == VaultError(.sealed, "sealed"))
        breaker.recordSuccess()
        #expect(gate.currentFailure == nil)
        // Who opened it keeps to its own retries.
        #expect(waiting.withLock { $0.map(\.name) } == ["api"])
        gate.recordFailure(VaultError(.unavailable, "no connection"), waiting: key)
        gate.recordFailure(VaultError(.unavailable, "no connection"), waiting: key)
        breaker.recordSuccess()
        #expect(waiting.withLock { $0.map(\.name) } == ["api", "web"])
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
            probe: { () throws(VaultError) in throw VaultError(.sealed, "sealed") }, onClose: { _, _ in })
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

    @Test("a system that is back is told of with the outage's length and what it last said")
    func end() {
        let ends = Mutex<[(Outage, VaultError?)]>([])
        let clock = VirtualClock()
        let gate = DependencyGate<VaultError>(
            name: "Vault", environment: .simulated(seed: 1, clock: clock),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), probe: {},
            onClose: { outage, last in ends.withLock { $0.append((outage, last)) } })
        gate.recordFailure(VaultError(.unavailable, "no answer"), waiting: ObjectKey(namespace: "shop", name: "api"))
        gate.recordFailure(VaultError(.sealed, "sealed"), waiting: key)
        clock.advance(by: .seconds(2))
        gate.breaker?.recordSuccess()
        let all = ends.withLock { $0 }
        #expect(all.map(\.0) == [Outage(waiting: [key], lasted: .seconds(2))])
        #expect(all.map(\.1?.code) == [.sealed])
    }

    @Test(
        "after a blip only what waited runs; after an outage, and after any seal, everything is verified",
        arguments: [
            (Duration.seconds(1), VaultError.Code.unavailable, false), (.seconds(4), .unavailable, false),
            (.seconds(5), .unavailable, true), (.seconds(60), .unavailable, true), (.seconds(1), .sealed, true),
        ])
    func verification(_ lasted: Duration, _ code: VaultError.Code, _ expected: Bool) {
        let outage = Outage(waiting: [key], lasted: lasted)
        #expect(outage.callsForVerification(after: VaultError(code, "")) == expected)
    }

    @Test("without a breaker nothing is ever held back")
    func noBreaker() {
        let gate = DependencyGate<VaultError>(breaker: nil)
        gate.recordFailure(VaultError(.sealed, "sealed"), waiting: key)
        #expect(gate.currentFailure == nil)
    }
}
