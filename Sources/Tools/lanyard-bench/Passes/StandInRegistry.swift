import KubernetesModel
import LanyardAPI
import SPIREClient
import Synchronization

/// In place of a SPIRE server: keeps entries, and has one live agent with all selectors.
final class StandInRegistry: EntryRegistry {
    private let agent: Agent
    private let entries = Mutex<[String: RegistrationEntry]>([:])

    init(agent: Agent) { self.agent = agent }

    /// How many entries there are.
    var count: Int { entries.withLock { $0.count } }

    func entry(id: String) async throws(SPIREError) -> RegistrationEntry? { entries.withLock { $0[id] } }

    func entries(matching filter: EntryFilter) async throws(SPIREError) -> [RegistrationEntry] { [] }

    func entryPage(_ request: EntryPageRequest) async throws(SPIREError) -> EntryPage {
        EntryPage(items: [], next: nil)
    }

    func entryCount() async throws(SPIREError) -> Int { count }

    func create(_ entry: RegistrationEntry) async throws(SPIREError) -> EntryCreation {
        entries.withLock { $0[entry.id] = entry }
        return .created(entry)
    }

    func create(_ entries: [RegistrationEntry]) async -> [Result<EntryCreation, SPIREError>] {
        self.entries.withLock { stored in
            for entry in entries { stored[entry.id] = entry }
        }
        return entries.map { .success(.created($0)) }
    }

    func update(_ entry: RegistrationEntry, fields: Set<EntryField>) async throws(SPIREError) -> Bool {
        entries.withLock { $0.updateValue(entry, forKey: entry.id) } != nil
    }

    func delete(id: String) async throws(SPIREError) { entries.withLock { $0[id] = nil } }

    func agent(id: SPIFFEID) async throws(SPIREError) -> Agent? { id == agent.id ? agent : nil }

    func agents(withSelectors selectors: [WorkloadSelector]) async throws(SPIREError) -> [Agent] { [agent] }

    func bundle() async throws(SPIREError) -> TrustBundle { TrustBundle(trustDomain: agent.id.trustDomain) }

    func federatedTrustDomains() async throws(SPIREError) -> Set<String> { [] }

    func checkHealth() async throws(SPIREError) {}
}
