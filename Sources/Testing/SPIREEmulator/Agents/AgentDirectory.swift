package import FoundationEssentials
package import LanyardAPI
package import SPIREClient
import SwiftProtobuf

/// The agents that a server knows. A value without I/O; agents do not attest here, they are given.
package struct AgentDirectory: Sendable {
    private let ids: SPIFFEIDRules
    /// By row, in the order in which they were given.
    private var agents: [(row: Int64, agent: Spire_Api_Types_Agent)] = []

    /// No agents.
    package init(trustDomain: TrustDomain) {
        ids = SPIFFEIDRules(trustDomain: trustDomain.name)
    }

    /// Replaces all agents, and with them what was banned and deleted.
    ///
    /// - Throws: `CallFailure` when an agent is not one of this trust domain or has a malformed selector.
    package mutating func replace(with seeds: [AgentSeed]) throws(CallFailure) {
        var agents: [(row: Int64, agent: Spire_Api_Types_Agent)] = []
        for (index, seed) in seeds.enumerated() {
            agents.append((Int64(index) + 1, try agent(of: seed)))
        }
        self.agents = agents
    }

    /// Adds an agent, or replaces the one with its ID.
    ///
    /// - Throws: `CallFailure` when it is not one of this trust domain or has a malformed selector.
    package mutating func put(_ seed: AgentSeed) throws(CallFailure) {
        let agent = try agent(of: seed)
        if let index = agents.firstIndex(where: { $0.agent.id == agent.id }) {
            agents[index].agent = agent
        } else {
            agents.append(((agents.last?.row ?? 0) + 1, agent))
        }
    }

    private func agent(of seed: AgentSeed) throws(CallFailure) -> Spire_Api_Types_Agent {
        guard let id = SPIFFEIDRules.parse(seed.id) else {
            throw .invalidArgument("agent \(seed.id): no SPIFFE ID")
        }
        _ = try ids.agent(id)
        var agent = Spire_Api_Types_Agent()
        agent.id = id
        agent.attestationType = seed.attestationType
        agent.x509SvidExpiresAt = seed.expiresAt
        agent.banned = seed.banned
        for text in seed.selectors {
            guard let selector = WorkloadSelector(text) else {
                throw .invalidArgument("agent \(seed.id): selector \(text) is not type:value")
            }
            agent.selectors.append(selector.wire)
        }
        return agent
    }

    /// One agent.
    ///
    /// - Throws: `CallFailure` with the status of the call.
    package func get(_ request: Spire_Api_Server_Agent_V1_GetAgentRequest) throws(CallFailure) -> Spire_Api_Types_Agent
    {
        let index = try index(of: request.hasID ? request.id : nil)
        return agents[index].agent.masked(request.hasOutputMask ? request.outputMask : nil)
    }

    /// One page of agents, or all of them when no page size is given.
    ///
    /// - Throws: `CallFailure` with the status of the call.
    package func list(
        _ request: Spire_Api_Server_Agent_V1_ListAgentsRequest
    ) throws(CallFailure) -> Spire_Api_Server_Agent_V1_ListAgentsResponse {
        let query = try request.hasFilter ? AgentQuery(request.filter) : AgentQuery()
        var found = agents.filter { query.matches($0.agent) }
        var response = Spire_Api_Server_Agent_V1_ListAgentsResponse()
        if request.pageSize > 0 {
            var last: Int64 = 0
            if !request.pageToken.isEmpty {
                guard let row = Int64(request.pageToken), row >= 0 else {
                    throw .internalError("failed to list agents: could not parse token '\(request.pageToken)'")
                }
                last = row
            }
            found = Array(found.drop { $0.row <= last }.prefix(Int(request.pageSize)))
            response.nextPageToken = (found.last?.row).map(String.init) ?? ""
        }
        let mask = request.hasOutputMask ? request.outputMask : nil
        response.agents = found.map { $0.agent.masked(mask) }
        return response
    }

    /// How many agents match; expired ones count too.
    ///
    /// - Throws: `CallFailure` with the status of the call.
    package func count(_ request: Spire_Api_Server_Agent_V1_CountAgentsRequest) throws(CallFailure) -> Int32 {
        let query = try request.hasFilter ? AgentQuery(request.filter) : AgentQuery()
        return Int32(clamping: agents.count { query.matches($0.agent) })
    }

    /// Bans an agent.
    ///
    /// - Throws: `CallFailure` with the status of the call.
    package mutating func ban(_ id: WireID?) throws(CallFailure) {
        agents[try index(of: id)].agent.banned = true
    }

    /// Forgets an agent.
    ///
    /// - Throws: `CallFailure` with the status of the call.
    package mutating func delete(_ id: WireID?) throws(CallFailure) {
        agents.remove(at: try index(of: id))
    }

    private func index(of id: WireID?) throws(CallFailure) -> Int {
        guard let id else { throw .invalidArgument("invalid agent ID: request must specify SPIFFE ID") }
        do { _ = try ids.agent(id) } catch { throw error.wrapped("invalid agent ID") }
        guard let index = agents.firstIndex(where: { $0.agent.id == id }) else { throw .notFound("agent not found") }
        return index
    }
}

extension Spire_Api_Types_Agent {
    /// The agent with only its ID and the fields of the mask; all fields when there is no mask.
    fileprivate func masked(_ mask: Spire_Api_Types_AgentMask?) -> Self {
        guard let mask else { return self }
        var agent = self
        if !mask.attestationType { agent.attestationType = "" }
        if !mask.x509SvidSerialNumber { agent.x509SvidSerialNumber = "" }
        if !mask.x509SvidExpiresAt { agent.x509SvidExpiresAt = 0 }
        if !mask.selectors { agent.selectors = [] }
        if !mask.banned { agent.banned = false }
        if !mask.canReattest { agent.canReattest = false }
        if !mask.agentVersion { agent.agentVersion = "" }
        return agent
    }
}

/// One agent as it is written in the file that the emulator takes its agents from.
package struct AgentSeed: Codable, Equatable, Sendable {
    /// `spiffe://trust-domain/spire/agent/…`.
    package var id: String
    package var attestationType: String
    /// Each `type:value`.
    package var selectors: [String]
    /// Seconds since 1970 at which its SVID expires.
    package var expiresAt: Int64
    package var banned: Bool

    /// Describes an agent.
    package init(id: String, attestationType: String, selectors: [String], expiresAt: Int64, banned: Bool = false) {
        self.id = id
        self.attestationType = attestationType
        self.selectors = selectors
        self.expiresAt = expiresAt
        self.banned = banned
    }

    /// Reads a JSON array of agents.
    ///
    /// - Throws: When the file cannot be read or is something else.
    package static func load(from file: URL) throws -> [AgentSeed] {
        try JSONDecoder().decode([AgentSeed].self, from: Data(contentsOf: file))
    }
}
