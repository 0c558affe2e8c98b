import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import PrometheusExposition
import Testing

@testable import LanyardOperator

@Suite("Election")
struct ElectionTests {
    private let registry = PrometheusRegistry()
    private let clock = VirtualClock()
    private let lines = RecordedLines()

    private func election(isEnabled: Bool) throws -> Election {
        let configuration = try OperatorConfiguration(
            ConfigurationSample.sources(set: ["leaderElection.enabled=\(isEnabled)"]))
        let environment = Environment.simulated(seed: 1, clock: clock)
        return try Election(
            configuration: configuration.leaderElection, namespace: "lanyard-system", identity: "one",
            api: InMemoryAPIServer(environment: environment, resources: [Lease.descriptor]), environment: environment,
            logger: lines.logger, factory: registry)
    }

    /// What is exposed of the fence.
    private var series: [String] {
        registry.render().split(separator: "\n").filter { $0.hasPrefix("lanyard_fence_") }.map(String.init)
    }

    @Test("whether this replica may write is shown as it is when somebody asks, and to ask is no write")
    func fence() throws {
        let election = try election(isEnabled: true)
        election.updateGauge()
        #expect(series == ["lanyard_fence_denied_total 0", "lanyard_fence_open 0"])
        election.fence.extend(until: clock.now + .seconds(10))
        election.updateGauge()
        #expect(series == ["lanyard_fence_denied_total 0", "lanyard_fence_open 1"])
        clock.advance(by: .seconds(10))
        election.updateGauge()
        #expect(series == ["lanyard_fence_denied_total 0", "lanyard_fence_open 0"])
        #expect(election.timeToWrite() == nil)
        #expect(series == ["lanyard_fence_denied_total 1", "lanyard_fence_open 0"])
    }

    @Test("without election the fence is open")
    func disabled() throws {
        let election = try election(isEnabled: false)
        election.updateGauge()
        #expect(series == ["lanyard_fence_denied_total 0", "lanyard_fence_open 1"])
    }
}
