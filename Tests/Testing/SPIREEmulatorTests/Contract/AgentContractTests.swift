import GRPCCore
import SPIREClient
import SPIREEmulator
import SwiftProtobuf
import Testing

@Suite("Agent", .emulatorOnly("agents attest"))
struct AgentContractTests {
    /// Three agents of a type of their own, of which the third is banned.
    private func seed(_ server: ContractServer) async throws {
        for node in ["1", "2", "3"] {
            var agent = Spire_Api_Types_Agent()
            agent.id = id(node, server)
            agent.attestationType = server.scope
            agent.selectors = ["k8s_psat:cluster:\(server.scope)", "k8s_psat:node:\(node)"].map(ContractServer.selector)
            agent.x509SvidExpiresAt = 4_102_444_800 + (Int64(node) ?? 0)
            agent.banned = node == "3"
            try await server.put(agent)
        }
    }

    private func id(_ node: String, _ server: ContractServer) -> WireID {
        var id = WireID()
        id.trustDomain = server.trustDomain
        id.path = "/spire/agent/\(server.scope)/\(node)"
        return id
    }

    private func expect(
        _ expected: [String], _ server: ContractServer, at location: SourceLocation = #_sourceLocation,
        _ change: (inout Spire_Api_Server_Agent_V1_ListAgentsRequest.Filter) -> Void
    ) async throws {
        var request = Spire_Api_Server_Agent_V1_ListAgentsRequest()
        request.filter.byAttestationType = server.scope
        change(&request.filter)
        #expect(
            try await server.agents.listAgents(request).agents.map(\.id) == expected.map { id($0, server) },
            sourceLocation: location)
    }

    @Test("filters are ANDed, and a time that does not parse is no filter")
    func filters() async throws {
        try await ContractServer.with { server in
            try await seed(server)
            try await expect(["1", "2", "3"], server) { _ in }
            try await expect([], server) { $0.byAttestationType = "join_token" }
            try await expect(["3"], server) { $0.byBanned = true }
            try await expect(["1", "2"], server) { filter in
                filter.byBanned = false
                filter.bySelectorMatch.selectors = [ContractServer.selector("k8s_psat:cluster:\(server.scope)")]
                filter.bySelectorMatch.match = .matchSuperset
            }
            try await expect(["1"], server) { $0.byExpiresBefore = "2100-01-01 00:00:02 +0000 +00" }
            try await expect(["1"], server) { $0.byExpiresBefore = "2100-01-01 02:00:02 +0200 +02" }
            try await expect(["1", "2", "3"], server) { $0.byExpiresBefore = "tomorrow" }
            var count = Spire_Api_Server_Agent_V1_CountAgentsRequest()
            count.filter.byBanned = false
            count.filter.byAttestationType = server.scope
            #expect(try await server.agents.countAgents(count).count == 2)
        }
    }

    @Test("pages end with an empty one, and masks leave what they name")
    func paging() async throws {
        try await ContractServer.with { server in
            try await seed(server)
            var request = Spire_Api_Server_Agent_V1_ListAgentsRequest()
            request.filter.byAttestationType = server.scope
            request.pageSize = 2
            request.outputMask.banned = true
            var sizes: [Int] = []
            repeat {
                let page = try await server.agents.listAgents(request)
                #expect(page.agents.allSatisfy { $0.selectors.isEmpty && $0.hasID })
                sizes.append(page.agents.count)
                request.pageToken = page.nextPageToken
            } while !request.pageToken.isEmpty
            #expect(sizes == [2, 1, 0])
        }
    }

    @Test("an agent is read, banned and deleted; an unknown one is not found")
    func lifecycle() async throws {
        try await ContractServer.with { server in
            try await seed(server)
            var get = Spire_Api_Server_Agent_V1_GetAgentRequest()
            get.id = id("1", server)
            #expect(try await server.agents.getAgent(get).banned == false)
            var ban = Spire_Api_Server_Agent_V1_BanAgentRequest()
            ban.id = id("1", server)
            _ = try await server.agents.banAgent(ban)
            #expect(try await server.agents.getAgent(get).banned)
            var delete = Spire_Api_Server_Agent_V1_DeleteAgentRequest()
            delete.id = id("1", server)
            _ = try await server.agents.deleteAgent(delete)
            let (reading, deleting) = (get, delete)
            try await ContractServer.expect(.notFound) { try await server.agents.getAgent(reading) }
            try await ContractServer.expect(.notFound) { try await server.agents.deleteAgent(deleting) }
            try await ContractServer.expect(.invalidArgument) { try await server.agents.getAgent(.init()) }
        }
    }
}
