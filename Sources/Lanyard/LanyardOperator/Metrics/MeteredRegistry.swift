import LanyardAPI
import Metrics
import SPIREClient

/// Counts the writes to SPIRE, those of a batch one by one.
struct MeteredRegistry: EntryRegistry {
    private enum Operation: String, CaseIterable { case create, update, delete }

    private let registry: any EntryRegistry
    private let writes: RemoteWriteMetrics<Operation>

    /// Counts what goes to a registry.
    init(_ registry: any EntryRegistry, factory: any MetricsFactory = MetricsSystem.factory) {
        self.registry = registry
        writes = RemoteWriteMetrics(system: "spire", factory: factory)
    }

    // MARK: Writes

    func create(_ entry: RegistrationEntry) async throws(SPIREError) -> EntryCreation {
        try await counted(.create) { () async throws(SPIREError) in try await registry.create(entry) }
    }

    func create(_ entries: [RegistrationEntry]) async -> [Result<EntryCreation, SPIREError>] {
        counted(.create, await registry.create(entries))
    }

    func update(_ entry: RegistrationEntry, fields: Set<EntryField>) async throws(SPIREError) -> Bool {
        try await counted(.update) { () async throws(SPIREError) in try await registry.update(entry, fields: fields) }
    }

    func update(_ updates: [EntryUpdate]) async -> [Result<Bool, SPIREError>] {
        counted(.update, await registry.update(updates))
    }

    func delete(id: String) async throws(SPIREError) {
        try await counted(.delete) { () async throws(SPIREError) in try await registry.delete(id: id) }
    }

    func delete(ids: [String]) async -> [Result<Void, SPIREError>] {
        counted(.delete, await registry.delete(ids: ids))
    }

    // MARK: Reads

    func entry(id: String) async throws(SPIREError) -> RegistrationEntry? { try await registry.entry(id: id) }

    func entries(ids: [String]) async -> [Result<RegistrationEntry?, SPIREError>] { await registry.entries(ids: ids) }

    func entries(matching filter: EntryFilter) async throws(SPIREError) -> [RegistrationEntry] {
        try await registry.entries(matching: filter)
    }

    func entryPage(_ request: EntryPageRequest) async throws(SPIREError) -> EntryPage {
        try await registry.entryPage(request)
    }

    func entryCount() async throws(SPIREError) -> Int { try await registry.entryCount() }

    func agent(id: SPIFFEID) async throws(SPIREError) -> Agent? { try await registry.agent(id: id) }

    func agents(withSelectors selectors: [WorkloadSelector]) async throws(SPIREError) -> [Agent] {
        try await registry.agents(withSelectors: selectors)
    }

    func bundle() async throws(SPIREError) -> TrustBundle { try await registry.bundle() }

    func federatedTrustDomains() async throws(SPIREError) -> Set<String> {
        try await registry.federatedTrustDomains()
    }

    func checkHealth() async throws(SPIREError) { try await registry.checkHealth() }

    // MARK: Counting

    private func counted<Value>(
        _ operation: Operation, _ write: () async throws(SPIREError) -> Value
    ) async throws(SPIREError) -> Value {
        do throws(SPIREError) {
            let value = try await write()
            writes.count(operation, .success)
            return value
        } catch {
            writes.count(operation, error.code == .fenced ? .fenced : .error)
            throw error
        }
    }

    private func counted<Value>(
        _ operation: Operation, _ results: [Result<Value, SPIREError>]
    ) -> [Result<Value, SPIREError>] {
        for result in results {
            switch result {
            case .success: writes.count(operation, .success)
            case .failure(let error): writes.count(operation, error.code == .fenced ? .fenced : .error)
            }
        }
        return results
    }
}
