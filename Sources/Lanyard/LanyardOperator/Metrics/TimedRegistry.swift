import KubernetesModel
import LanyardAPI
import SPIREClient

/// Counts and times the calls to SPIRE. What is sent for several entries at once is timed as one, and counted by entry.
struct TimedRegistry: EntryRegistry {
    private let registry: any EntryRegistry
    private let clock: any RuntimeClock
    private let metrics: SPIRERequestMetrics

    /// Counts what goes to a registry.
    init(_ registry: any EntryRegistry, clock: any RuntimeClock, metrics: SPIRERequestMetrics = SPIRERequestMetrics()) {
        self.registry = registry
        self.clock = clock
        self.metrics = metrics
    }

    // MARK: Writes

    func create(_ entry: RegistrationEntry) async throws(SPIREError) -> EntryCreation {
        try await timed(.createEntry) { () async throws(SPIREError) in try await registry.create(entry) }
    }

    func create(_ entries: [RegistrationEntry]) async -> [Result<EntryCreation, SPIREError>] {
        let start = clock.now
        return ended(.createEntry, await registry.create(entries), since: start)
    }

    func update(_ entry: RegistrationEntry, fields: Set<EntryField>) async throws(SPIREError) -> Bool {
        try await timed(.updateEntry) { () async throws(SPIREError) in
            try await registry.update(entry, fields: fields)
        }
    }

    func update(_ updates: [EntryUpdate]) async -> [Result<Bool, SPIREError>] {
        let start = clock.now
        return ended(.updateEntry, await registry.update(updates), since: start)
    }

    func delete(id: String) async throws(SPIREError) {
        try await timed(.deleteEntry) { () async throws(SPIREError) in try await registry.delete(id: id) }
    }

    func delete(ids: [String]) async -> [Result<Void, SPIREError>] {
        let start = clock.now
        return ended(.deleteEntry, await registry.delete(ids: ids), since: start)
    }

    // MARK: Reads

    func entry(id: String) async throws(SPIREError) -> RegistrationEntry? {
        try await timed(.readEntry) { () async throws(SPIREError) in try await registry.entry(id: id) }
    }

    func entries(ids: [String]) async -> [Result<RegistrationEntry?, SPIREError>] {
        let start = clock.now
        return ended(.readEntry, await registry.entries(ids: ids), since: start)
    }

    func entries(matching filter: EntryFilter) async throws(SPIREError) -> [RegistrationEntry] {
        try await timed(.listEntries) { () async throws(SPIREError) in try await registry.entries(matching: filter) }
    }

    func entryPage(_ request: EntryPageRequest) async throws(SPIREError) -> EntryPage {
        try await timed(.listEntries) { () async throws(SPIREError) in try await registry.entryPage(request) }
    }

    func entryCount() async throws(SPIREError) -> Int {
        try await timed(.countEntries) { () async throws(SPIREError) in try await registry.entryCount() }
    }

    func agent(id: SPIFFEID) async throws(SPIREError) -> Agent? {
        try await timed(.readAgent) { () async throws(SPIREError) in try await registry.agent(id: id) }
    }

    func agents(withSelectors selectors: [WorkloadSelector]) async throws(SPIREError) -> [Agent] {
        try await timed(.listAgents) { () async throws(SPIREError) in
            try await registry.agents(withSelectors: selectors)
        }
    }

    func bundle() async throws(SPIREError) -> TrustBundle {
        try await timed(.readBundle) { () async throws(SPIREError) in try await registry.bundle() }
    }

    func federatedTrustDomains() async throws(SPIREError) -> Set<String> {
        try await timed(.listFederation) { () async throws(SPIREError) in try await registry.federatedTrustDomains() }
    }

    func checkHealth() async throws(SPIREError) {
        try await timed(.health) { () async throws(SPIREError) in try await registry.checkHealth() }
    }

    // MARK: Timing

    private func timed<Value>(
        _ operation: SPIRERequestMetrics.Operation, _ call: () async throws(SPIREError) -> Value
    ) async throws(SPIREError) -> Value {
        let start = clock.now
        do throws(SPIREError) {
            let value = try await call()
            note(operation, [nil], since: start)
            return value
        } catch {
            note(operation, [error.code], since: start)
            throw error
        }
    }

    private func ended<Value>(
        _ operation: SPIRERequestMetrics.Operation, _ results: [Result<Value, SPIREError>], since start: Duration
    ) -> [Result<Value, SPIREError>] {
        let failures = results.map { result -> SPIREError.Code? in
            switch result {
            case .success: nil
            case .failure(let error): error.code
            }
        }
        note(operation, failures, since: start)
        return results
    }

    /// Counts how a call ended for each of its entries, and times it. Where there were no entries, or the fence kept all of
    /// them, nothing was called.
    private func note(
        _ operation: SPIRERequestMetrics.Operation, _ failures: [SPIREError.Code?], since start: Duration
    ) {
        let duration = clock.now - start
        for failure in failures { metrics.ended(operation, failure) }
        if failures.contains(where: { $0 != .fenced }) { metrics.took(operation, duration) }
    }
}
