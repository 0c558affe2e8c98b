import FoundationEssentials
import KubernetesTesting
import LanyardAPI
import PrometheusExposition
import SPIREClient
import SPIREEmulator
import Synchronization
import Testing

@testable import LanyardOperator

@Suite("TimedRegistry")
struct TimedRegistryTests {
    private let registry = PrometheusRegistry()

    private func lines(beginning prefix: String) -> [String] {
        registry.render().split(separator: "\n").filter { $0.hasPrefix(prefix) }.map(String.init)
    }

    @Test("calls are counted by what they do, how they end and by entry; those that were sent are timed as one")
    func calls() async throws {
        let trustDomain = try #require(TrustDomain("neural-hive.local"))
        let state = EmulatorState(
            datastore: EntryDatastore(trustDomain: trustDomain) { UUID().uuidString },
            agents: AgentDirectory(trustDomain: trustDomain))
        let mayWrite = Mutex(true)
        let timed = TimedRegistry(
            InMemoryEntryRegistry(state: state, fence: { mayWrite.withLock { $0 } }), clock: VirtualClock(),
            metrics: SPIRERequestMetrics(factory: registry))
        #expect(try await timed.entry(id: "a") == nil)
        #expect(await timed.entries(ids: ["a", "b"]).count == 2)
        #expect(await timed.entries(ids: []).isEmpty)
        try await timed.checkHealth()
        mayWrite.withLock { $0 = false }
        await #expect(throws: SPIREError.self) { try await timed.delete(id: "a") }
        #expect(await timed.delete(ids: ["a", "b"]).count == 2)
        #expect(
            lines(beginning: "spire_requests_total{") == [
                "spire_requests_total{operation=\"delete_entry\",status=\"fenced\"} 3",
                "spire_requests_total{operation=\"health\",status=\"success\"} 1",
                "spire_requests_total{operation=\"read_entry\",status=\"success\"} 3",
            ])
        #expect(
            lines(beginning: "spire_request_duration_seconds_count{") == [
                "spire_request_duration_seconds_count{operation=\"health\"} 1",
                "spire_request_duration_seconds_count{operation=\"read_entry\"} 2",
            ])
    }
}
