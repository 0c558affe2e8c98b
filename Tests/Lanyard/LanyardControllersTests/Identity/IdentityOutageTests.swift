import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient
import SPIREEmulator
import Testing

/// What identities that are right say while SPIRE is away.
@Suite("SPIRE away")
struct IdentityOutageTests {
    private let world: SimulatedWorld
    private let breaker: CircuitBreaker
    private let lanyard: TestOperator

    init() async throws {
        world = try SimulatedWorld(seed: 1)
        breaker = CircuitBreaker(name: "SPIRE", environment: world.environment, probe: {}, onClose: { _ in })
        lanyard = try await TestOperator(in: world, breaker: breaker)
        for name in ["one", "two"] {
            try await lanyard.create(identity: name)
            try await lanyard.reconcile(identity: name)
        }
    }

    @Test("each identity has a turn of its own, at which it says so once; afterwards it is Ready again")
    func turns() async throws {
        #expect(try await lanyard.reconcile(identity: "one").isRest)
        breaker.recordFailure(waiting: lanyard.key("other"))
        lanyard.journal.fail("spire", with: SPIREError(.unavailable, "no connection"))
        _ = try? await lanyard.parts.verification.verifyNow()
        #expect(try await lanyard.condition("Ready", ofIdentity: "one").status == .yes)
        lanyard.journal.clear()
        for _ in 0..<3 {
            await #expect(throws: (any Error).self) {
                _ = try await lanyard.parts.verification.reconcile(EntryVerification.key)
            }
            await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "one") }
        }
        #expect(lanyard.journal.writes(to: "kube") == ["kube patch namespaces/shop/workloadidentities/one/status"])
        let synced = try await lanyard.condition("EntriesSynced", ofIdentity: "one")
        #expect(synced.status == .no && synced.reason == "SPIREUnavailable")
        #expect(try await lanyard.condition("Reconciling", ofIdentity: "one").status == .yes)
        // The other has not had its turn.
        #expect(try await lanyard.condition("Ready", ofIdentity: "two").status == .yes)
        lanyard.journal.heal()
        breaker.recordSuccess()
        #expect(try await lanyard.reconcile(identity: "one").isRest)
        #expect(try await lanyard.condition("Ready", ofIdentity: "one").status == .yes)
    }

    @Test("that it is away is seen within 15 seconds although nothing has to be asked")
    func noticed() async throws {
        let away = AwayRegistry(base: world.registry)
        let lanyard = try await TestOperator(in: world, registry: away)
        _ = try await lanyard.parts.verification.reconcile(EntryVerification.key)
        away.isAway = true
        lanyard.clock.advance(by: .seconds(15))
        await #expect(throws: SPIREError.self) {
            _ = try await lanyard.parts.verification.reconcile(EntryVerification.key)
        }
    }
}
