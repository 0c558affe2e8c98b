package import LanyardAPI
package import SPIREClient

/// A SPIRE server in this process, behind the port that the operator uses: the emulator's semantics without gRPC. Every
/// call ends synchronously.
package final class InMemoryEntryRegistry: EntryRegistry {
    private let state: EmulatorState
    private let fence: @Sendable () -> Bool

    /// Uses the given server.
    ///
    /// - Parameter fence: Whether writing is allowed; asked before each write.
    package init(state: EmulatorState, fence: @escaping @Sendable () -> Bool = { true }) {
        self.state = state
        self.fence = fence
    }

    /// A server without entries and agents.
    ///
    /// - Parameters:
    ///   - makeID: Makes IDs for entries that have none.
    ///   - now: Seconds since 1970.
    package convenience init(
        trustDomain: TrustDomain, makeID: @escaping @Sendable () -> String, now: @escaping @Sendable () -> Int64
    ) {
        self.init(
            state: EmulatorState(
                datastore: EntryDatastore(trustDomain: trustDomain, makeID: makeID),
                agents: AgentDirectory(trustDomain: trustDomain), now: now))
    }

    /// Looks at the entries or changes them, past the API: what somebody else does to the server.
    package func withDatastore<Value: Sendable>(_ body: (inout EntryDatastore) -> Value) -> Value {
        state.withDatastore { body(&$0) }
    }

    /// Looks at the agents or changes them, past the API.
    ///
    /// - Throws: What the body throws.
    package func withAgents<Value: Sendable, Failure: Error>(
        _ body: (inout AgentDirectory) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try state.withAgents(body)
    }

    package func entry(id: String) async throws(SPIREError) -> RegistrationEntry? {
        var request = Spire_Api_Server_Entry_V1_GetEntryRequest()
        request.id = id
        let wire: WireEntry
        do {
            wire = try state.withDatastore { store throws(CallFailure) in try store.get(request) }
        } catch {
            guard error.code == StatusCode.notFound else { throw SPIREError(error) }
            return nil
        }
        return try RegistrationEntry(wire: wire)
    }

    package func entries(matching filter: EntryFilter) async throws(SPIREError) -> [RegistrationEntry] {
        guard !filter.isEmpty else { throw SPIREError(.invalidArgument, "a listing of entries needs a filter") }
        var request = Spire_Api_Server_Entry_V1_ListEntriesRequest()
        request.filter = filter.wire
        let found: [WireEntry]
        do {
            found = try state.withDatastore { store throws(CallFailure) in try store.list(request).entries }
        } catch {
            throw SPIREError(error)
        }
        var entries: [RegistrationEntry] = []
        for wire in found { entries.append(try RegistrationEntry(wire: wire)) }
        return entries
    }

    package func entryPage(_ request: EntryPageRequest) async throws(SPIREError) -> EntryPage {
        let answer: Spire_Api_Server_Entry_V1_ListEntriesResponse
        do {
            answer = try state.withDatastore { store throws(CallFailure) in try store.list(.init(request)) }
        } catch {
            throw SPIREError(error)
        }
        var next: EntryPageRequest? = request
        if try next?.position.advance(to: answer.nextPageToken) != true { next = nil }
        return EntryPage(
            items: answer.entries.map { ListedEntry(wire: $0, content: request.content) }, next: next)
    }

    package func entryCount() async throws(SPIREError) -> Int {
        do {
            return try state.withDatastore { store throws(CallFailure) in Int(try store.count(.init())) }
        } catch {
            throw SPIREError(error)
        }
    }

    package func create(_ entry: RegistrationEntry) async throws(SPIREError) -> EntryCreation {
        try checkFence()
        let now = state.now()
        let results = state.withDatastore { $0.create([entry.wire], outputMask: nil, now: now) }
        return try first(of: results).outcome()
    }

    package func update(_ entry: RegistrationEntry, fields: Set<EntryField>) async throws(SPIREError) -> Bool {
        try checkFence()
        let results = state.withDatastore {
            $0.update([entry.wire], inputMask: WireMask(fields), outputMask: WireMask())
        }
        return try first(of: results).outcome()
    }

    package func delete(id: String) async throws(SPIREError) {
        try checkFence()
        let results = state.withDatastore { $0.delete(ids: [id]) }
        try first(of: results).outcome()
    }

    package func agent(id: SPIFFEID) async throws(SPIREError) -> Agent? {
        var request = Spire_Api_Server_Agent_V1_GetAgentRequest()
        request.id = id.wire
        let wire: Spire_Api_Types_Agent
        do {
            wire = try state.withAgents { agents throws(CallFailure) in try agents.get(request) }
        } catch {
            guard error.code == StatusCode.notFound else { throw SPIREError(error) }
            return nil
        }
        return try Agent(wire: wire)
    }

    package func agents(withSelectors selectors: [WorkloadSelector]) async throws(SPIREError) -> [Agent] {
        var request = Spire_Api_Server_Agent_V1_ListAgentsRequest()
        if !selectors.isEmpty { request.filter.bySelectorMatch = selectors.wireMatch(.matchSuperset) }
        let found: [Spire_Api_Types_Agent]
        do {
            found = try state.withAgents { agents throws(CallFailure) in try agents.list(request).agents }
        } catch {
            throw SPIREError(error)
        }
        var agents: [Agent] = []
        for wire in found { agents.append(try Agent(wire: wire)) }
        return agents
    }

    package func bundle() async throws(SPIREError) -> TrustBundle {
        let bundle: WireBundle
        do { bundle = try state.ownBundle() } catch {
            throw SPIREError(.serverError, "the bundle cannot be made")
        }
        return try TrustBundle(wire: bundle)
    }

    package func federatedTrustDomains() async throws(SPIREError) -> Set<String> {
        do {
            return try state.withDatastore { store throws(CallFailure) in
                try store.checkFault()
                return store.bundles.names
            }
        } catch {
            throw SPIREError(error)
        }
    }

    package func checkHealth() async throws(SPIREError) {
        guard state.withDatastore({ $0.fault == nil }) else {
            throw SPIREError(.unavailable, "the SPIRE server is not serving")
        }
    }

    private func checkFence() throws(SPIREError) {
        guard fence() else { throw SPIREError(.fenced, "this process does not lead") }
    }

    private func first<Result>(of results: [Result]) throws(SPIREError) -> Result {
        guard let result = results.first else { throw SPIREError(.malformedAnswer, "a result is missing") }
        return result
    }
}

extension SPIREError {
    fileprivate init(_ failure: CallFailure) {
        self.init(statusCode: failure.code, message: failure.message)
    }
}
