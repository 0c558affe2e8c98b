import ControllerRuntime
import KubernetesModel
import KubernetesTesting
import LanyardControllers
import PrometheusExposition
import SPIREClient
import Testing
import VaultClient

@testable import LanyardOperator

@Suite("OutageMetrics")
struct OutageMetricsTests {
    private let registry = PrometheusRegistry()
    private let key = ObjectKey(namespace: "shop", name: "web")

    private func breaker() -> CircuitBreaker {
        CircuitBreaker(name: "test", environment: .simulated(seed: 1), probe: {}, onClose: { _ in })
    }

    /// The values for Vault sealed, SPIRE away, Vault away.
    private var values: [String] {
        registry.render().split(separator: "\n").filter { $0.hasPrefix("lanyard_system_away{") }
            .map { String($0.suffix(1)) }
    }

    @Test("a system is away while its breaker is open, Vault for the reason that it gave last")
    func reasons() {
        let metrics = OutageMetrics(factory: registry)
        #expect(
            registry.render().split(separator: "\n").filter { $0.hasPrefix("lanyard_system_away{") }.map(String.init)
                == [
                    "lanyard_system_away{reason=\"sealed\",system=\"vault\"} 0",
                    "lanyard_system_away{reason=\"unavailable\",system=\"spire\"} 0",
                    "lanyard_system_away{reason=\"unavailable\",system=\"vault\"} 0",
                ])
        let spire = DependencyGate<SPIREError>(breaker: breaker())
        let vault = DependencyGate<VaultError>(breaker: breaker())
        func update() -> [String] {
            metrics.update(spire: spire, vault: vault)
            return values
        }
        #expect(update() == ["0", "0", "0"])
        vault.recordFailure(VaultError(.unavailable, "no connection"), waiting: key)
        #expect(update() == ["0", "0", "1"])
        vault.recordFailure(VaultError(.sealed, "sealed"), waiting: key)
        #expect(update() == ["1", "0", "0"])
        spire.recordFailure(SPIREError(.unavailable, "no connection"), waiting: key)
        #expect(update() == ["1", "1", "0"])
        vault.breaker?.recordSuccess()
        spire.breaker?.recordSuccess()
        #expect(update() == ["0", "0", "0"])
    }
}
