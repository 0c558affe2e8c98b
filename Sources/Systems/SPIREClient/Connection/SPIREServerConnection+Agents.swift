import GRPCCore
package import LanyardAPI

extension SPIREServerConnection {
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
        // The server refuses an empty set.
        if !selectors.isEmpty { request.filter.bySelectorMatch = selectors.wireMatch(.matchSuperset) }
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
