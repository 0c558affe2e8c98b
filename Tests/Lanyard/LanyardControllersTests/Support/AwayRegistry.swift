import LanyardAPI
import SPIREClient
import Synchronization

/// A SPIRE server that can go away; only its sign of life is looked at here.
final class AwayRegistry: EntryRegistry {
    private let base: any EntryRegistry
    private let away = Mutex(false)

    init(base: any EntryRegistry) { self.base = base }

    var isAway: Bool {
        get { away.withLock { $0 } }
        set { away.withLock { $0 = newValue } }
    }

    func checkHealth() async throws(SPIREError) {
        if isAway { throw SPIREError(.unavailable, "no connection") }
    }

    func entry(id: String) async throws(SPIREError) -> RegistrationEntry? { try await base.entry(id: id) }

    func entries(matching filter: EntryFilter) async throws(SPIREError) -> [RegistrationEntry] {
        try await base.entries(matching: filter)
    }

    func create(_ entry: RegistrationEntry) async throws(SPIREError) -> EntryCreation {
        try await base.create(entry)
    }

    func update(_ entry: RegistrationEntry, fields: Set<EntryField>) async throws(SPIREError) -> Bool {
        try await base.update(entry, fields: fields)
    }

    func delete(id: String) async throws(SPIREError) { try await base.delete(id: id) }

    func agent(id: SPIFFEID) async throws(SPIREError) -> Agent? { try await base.agent(id: id) }

    func agents(withSelectors selectors: [WorkloadSelector]) async throws(SPIREError) -> [Agent] {
        try await base.agents(withSelectors: selectors)
    }

    func entryPage(_ request: EntryPageRequest) async throws(SPIREError) -> EntryPage {
        try await base.entryPage(request)
    }

    func entryCount() async throws(SPIREError) -> Int { try await base.entryCount() }

    func bundle() async throws(SPIREError) -> TrustBundle { try await base.bundle() }

    func federatedTrustDomains() async throws(SPIREError) -> Set<String> { try await base.federatedTrustDomains() }
}
