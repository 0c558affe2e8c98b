import GRPCCore
package import LanyardAPI

extension SPIREServerConnection: EntryRegistry {
    package func entry(id: String) async throws(SPIREError) -> RegistrationEntry? {
        var request = Spire_Api_Server_Entry_V1_GetEntryRequest()
        request.id = id
        let entries = Spire_Api_Server_Entry_V1_Entry.Client(wrapping: client)
        let wire: Spire_Api_Types_Entry? = try await read { [request] options in
            do {
                return try await entries.getEntry(request, options: options)
            } catch let error as RPCError where error.code == .notFound {
                return nil
            }
        }
        guard let wire else { return nil }
        let entry = try RegistrationEntry(wire: wire)
        guard entry.id == id else { throw SPIREError(.malformedAnswer, "another entry than asked for") }
        return entry
    }

    package func entries(matching filter: EntryFilter) async throws(SPIREError) -> [RegistrationEntry] {
        guard !filter.isEmpty else { throw SPIREError(.invalidArgument, "a listing of entries needs a filter") }
        return try await entries(filter.wire)
    }

    /// Every entry that the server has. Costly for the server: for people and tools, never for one change.
    ///
    /// - Throws: `SPIREError`.
    package func allEntries() async throws(SPIREError) -> [RegistrationEntry] {
        try await entries(nil)
    }

    private func entries(
        _ filter: Spire_Api_Server_Entry_V1_ListEntriesRequest.Filter?
    ) async throws(SPIREError) -> [RegistrationEntry] {
        let client = Spire_Api_Server_Entry_V1_Entry.Client(wrapping: client)
        var request = Spire_Api_Server_Entry_V1_ListEntriesRequest()
        if let filter { request.filter = filter }
        let found = try await allPages { [request] page, options in
            var request = request
            request.pageSize = page.size
            request.pageToken = page.token
            let answer = try await client.listEntries(request, options: options)
            return (answer.entries, answer.nextPageToken)
        }
        var entries: [RegistrationEntry] = []
        for wire in found {
            try entries.append(RegistrationEntry(wire: wire))
        }
        return entries
    }

    package func create(_ entry: RegistrationEntry) async throws(SPIREError) -> EntryCreation {
        try await submitCreation(entry)
    }

    package func update(_ entry: RegistrationEntry, fields: Set<EntryField>) async throws(SPIREError) -> Bool {
        try await submitUpdate(entry, fields: fields)
    }

    package func delete(id: String) async throws(SPIREError) {
        try await submitDeletion(id: id)
    }

    package func agent(id: SPIFFEID) async throws(SPIREError) -> Agent? {
        let agents = Spire_Api_Server_Agent_V1_Agent.Client(wrapping: client)
        var request = Spire_Api_Server_Agent_V1_GetAgentRequest()
        request.id = id.wire
        request.outputMask = .ofAgent
        let wire: Spire_Api_Types_Agent? = try await read { [request] options in
            do {
                return try await agents.getAgent(request, options: options)
            } catch let error as RPCError where error.code == .notFound {
                return nil
            }
        }
        guard let wire else { return nil }
        let agent = try Agent(wire: wire)
        guard agent.id == id else { throw SPIREError(.malformedAnswer, "another agent than asked for") }
        return agent
    }

    package func agents(withSelectors selectors: [WorkloadSelector]) async throws(SPIREError) -> [Agent] {
        let client = Spire_Api_Server_Agent_V1_Agent.Client(wrapping: client)
        var request = Spire_Api_Server_Agent_V1_ListAgentsRequest()
        request.filter.bySelectorMatch = selectors.wireMatch(.matchSuperset)
        request.outputMask = .ofAgent
        let found = try await allPages { [request] page, options in
            var request = request
            request.pageSize = page.size
            request.pageToken = page.token
            let answer = try await client.listAgents(request, options: options)
            return (answer.agents, answer.nextPageToken)
        }
        var agents: [Agent] = []
        for wire in found {
            try agents.append(Agent(wire: wire))
        }
        return agents
    }

    package func checkHealth() async throws(SPIREError) {
        let health = Grpc_Health_V1_Health.Client(wrapping: client)
        let answer = try await read { options in
            try await health.check(Grpc_Health_V1_HealthCheckRequest(), options: options)
        }
        guard answer.status == .serving else {
            throw SPIREError(.unavailable, "the SPIRE server is not serving")
        }
    }

    /// Asks for one page after another; halves the page when an answer is too large.
    private func allPages<Item: Sendable>(
        _ fetch: @Sendable (PageRequest, CallOptions) async throws -> (items: [Item], nextToken: String)
    ) async throws(SPIREError) -> [Item] {
        var items: [Item] = []
        var page = PageRequest(size: settings.pageSize)
        while true {
            let answer: (items: [Item], nextToken: String)? = try await read { [page] options in
                do {
                    return try await fetch(page, options)
                } catch let error as RPCError where error.isAnswerTooLarge {
                    return nil
                }
            }
            if let answer {
                items += answer.items
                guard try page.advance(to: answer.nextToken) else { return items }
            } else if !page.shrink() {
                throw SPIREError(.serverError, "an answer of the SPIRE server is too large")
            }
        }
    }

    private func read<Answer>(
        _ call: (CallOptions) async throws -> Answer
    ) async throws(SPIREError) -> Answer {
        do {
            return try await call(settings.callOptions(timeout: settings.callTimeout))
        } catch {
            throw SPIREError(call: error)
        }
    }
}

extension Spire_Api_Types_AgentMask {
    /// What `Agent` is made of.
    fileprivate static var ofAgent: Self {
        var mask = Self()
        mask.attestationType = true
        mask.selectors = true
        mask.x509SvidExpiresAt = true
        mask.banned = true
        return mask
    }
}
