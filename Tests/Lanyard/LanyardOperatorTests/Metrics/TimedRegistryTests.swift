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

    @Test("each call has the time that it takes, whether it works or not")
    func times() async throws {
        let clock = VirtualClock()
        let timed = TimedRegistry(
            SlowRegistry(clock: clock), clock: clock, metrics: SPIRERequestMetrics(factory: registry))
        let id = try SPIFFEID("spiffe://neural-hive.local/web")
        let entry = RegistrationEntry(id: "a", spiffeID: id, parentID: id, selectors: [])
        _ = try await timed.create(entry)
        _ = await timed.create([entry, entry])
        _ = try await timed.update(entry, fields: [.hint])
        _ = await timed.update([EntryUpdate(entry, fields: [.hint])])
        try await timed.delete(id: "a")
        // Of one the fence was closed: the other was sent all the same.
        #expect(await timed.delete(ids: ["a", SlowRegistry.fenced]).count == 2)
        _ = try await timed.entry(id: "a")
        _ = await timed.entries(ids: ["a", "b"])
        _ = try await timed.entries(matching: EntryFilter())
        _ = try await timed.entryPage(EntryPageRequest(.entries))
        _ = try await timed.entryCount()
        _ = try await timed.agent(id: id)
        _ = try await timed.agents(withSelectors: [])
        await #expect(throws: SPIREError.self) { try await timed.bundle() }
        _ = try await timed.federatedTrustDomains()
        try await timed.checkHealth()
        let seconds: [(operation: String, calls: Int, sum: Int)] = [
            ("count_entries", 1, 6), ("create_entry", 2, 3), ("delete_entry", 2, 9), ("health", 1, 11),
            ("list_agents", 1, 8), ("list_entries", 2, 10), ("list_federation", 1, 10), ("read_agent", 1, 7),
            ("read_bundle", 1, 9), ("read_entry", 2, 12), ("update_entry", 2, 4),
        ]
        let name = "spire_request_duration_seconds"
        #expect(
            lines(beginning: "\(name)_sum{") == seconds.map { "\(name)_sum{operation=\"\($0.operation)\"} \($0.sum)" })
        #expect(
            lines(beginning: "\(name)_count{")
                == seconds.map { "\(name)_count{operation=\"\($0.operation)\"} \($0.calls)" })
    }
}

/// A server that has nothing, and moves the clock by what each call takes. Those for several entries take it for each.
private struct SlowRegistry: EntryRegistry {
    /// An entry that may not be written.
    static let fenced = "fenced"

    let clock: VirtualClock

    private func take(_ seconds: Int) { clock.advance(by: .seconds(seconds)) }

    func create(_ entry: RegistrationEntry) async throws(SPIREError) -> EntryCreation {
        take(1)
        return .created(entry)
    }

    func update(_ entry: RegistrationEntry, fields: Set<EntryField>) async throws(SPIREError) -> Bool {
        take(2)
        return true
    }

    func delete(id: String) async throws(SPIREError) {
        take(3)
        if id == Self.fenced { throw SPIREError(.fenced, "this process does not lead") }
    }

    func entry(id: String) async throws(SPIREError) -> RegistrationEntry? {
        take(4)
        return nil
    }

    func entries(matching filter: EntryFilter) async throws(SPIREError) -> [RegistrationEntry] {
        take(5)
        return []
    }

    func entryPage(_ request: EntryPageRequest) async throws(SPIREError) -> EntryPage {
        take(5)
        return EntryPage(items: [], next: nil)
    }

    func entryCount() async throws(SPIREError) -> Int {
        take(6)
        return 0
    }

    func agent(id: SPIFFEID) async throws(SPIREError) -> Agent? {
        take(7)
        return nil
    }

    func agents(withSelectors selectors: [WorkloadSelector]) async throws(SPIREError) -> [Agent] {
        take(8)
        return []
    }

    func bundle() async throws(SPIREError) -> TrustBundle {
        take(9)
        throw SPIREError(.unavailable, "no connection")
    }

    func federatedTrustDomains() async throws(SPIREError) -> Set<String> {
        take(10)
        return []
    }

    func checkHealth() async throws(SPIREError) { take(11) }
}
