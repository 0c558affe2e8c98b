import GRPCCore
import SPIREClient
import SPIREEmulator
import SwiftProtobuf
import Testing

@Suite("Agent and Bundle", .enabled(if: ContractServer.isEmulated))
struct AgentContractTests {
    private static let seeds = ["1", "2", "3"].map { node in
        AgentSeed(
            id: "spiffe://example.org/spire/agent/k8s_psat/c/\(node)", attestationType: "k8s_psat",
            selectors: ["k8s_psat:cluster:c", "k8s_psat:node:\(node)"], expiresAt: 4_102_444_800 + (Int64(node) ?? 0),
            banned: node == "3")
    }

    private func id(_ node: String) -> WireID {
        var id = WireID()
        id.trustDomain = "example.org"
        id.path = "/spire/agent/k8s_psat/c/\(node)"
        return id
    }

    private func expect(
        _ expected: [WireID], _ server: ContractServer, at location: SourceLocation = #_sourceLocation,
        _ change: (inout Spire_Api_Server_Agent_V1_ListAgentsRequest.Filter) -> Void
    ) async throws {
        var request = Spire_Api_Server_Agent_V1_ListAgentsRequest()
        change(&request.filter)
        #expect(try await server.agents.listAgents(request).agents.map(\.id) == expected, sourceLocation: location)
    }

    @Test("filters are ANDed, and a time that does not parse is no filter")
    func filters() async throws {
        try await ContractServer.with(agents: Self.seeds) { server in
            try await expect(["1", "2", "3"].map(id), server) { $0.byAttestationType = "k8s_psat" }
            try await expect([], server) { $0.byAttestationType = "join_token" }
            try await expect([id("3")], server) { $0.byBanned = true }
            try await expect([id("1"), id("2")], server) { filter in
                filter.byBanned = false
                filter.bySelectorMatch.selectors = [ContractServer.selector("k8s_psat:cluster:c")]
                filter.bySelectorMatch.match = .matchSuperset
            }
            try await expect([id("1")], server) { $0.byExpiresBefore = "2100-01-01 00:00:02 +0000 +00" }
            try await expect([id("1")], server) { $0.byExpiresBefore = "2100-01-01 02:00:02 +0200 +02" }
            try await expect(["1", "2", "3"].map(id), server) { $0.byExpiresBefore = "tomorrow" }
            var count = Spire_Api_Server_Agent_V1_CountAgentsRequest()
            count.filter.byBanned = false
            #expect(try await server.agents.countAgents(count).count == 2)
        }
    }

    @Test("pages end with an empty one, and masks leave what they name")
    func paging() async throws {
        try await ContractServer.with(agents: Self.seeds) { server in
            var request = Spire_Api_Server_Agent_V1_ListAgentsRequest()
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
        try await ContractServer.with(agents: Self.seeds) { server in
            var get = Spire_Api_Server_Agent_V1_GetAgentRequest()
            get.id = id("1")
            #expect(try await server.agents.getAgent(get).banned == false)
            var ban = Spire_Api_Server_Agent_V1_BanAgentRequest()
            ban.id = id("1")
            _ = try await server.agents.banAgent(ban)
            #expect(try await server.agents.getAgent(get).banned)
            var delete = Spire_Api_Server_Agent_V1_DeleteAgentRequest()
            delete.id = id("1")
            _ = try await server.agents.deleteAgent(delete)
            let (reading, deleting) = (get, delete)
            try await ContractServer.expect(.notFound) { try await server.agents.getAgent(reading) }
            try await ContractServer.expect(.notFound) { try await server.agents.deleteAgent(deleting) }
            try await ContractServer.expect(.invalidArgument) { try await server.agents.getAgent(.init()) }
        }
    }

    @Test("the bundle has the trust domain always and the rest by mask")
    func bundle() async throws {
        try await ContractServer.with { server in
            let bundle = try await server.bundle.getBundle(.init())
            #expect(bundle.trustDomain == "example.org")
            #expect(bundle.refreshHint == 300)
            var request = Spire_Api_Server_Bundle_V1_GetBundleRequest()
            request.outputMask.sequenceNumber = true
            let masked = try await server.bundle.getBundle(request)
            #expect(masked.trustDomain == "example.org")
            #expect(masked.refreshHint == 0)
            #expect(masked.sequenceNumber == 1)
        }
    }
}
