import GRPCCore
import SPIREClient
import SPIREEmulator
import Testing

@Suite("Entries that an agent serves", .emulatorOnly("agents attest"), .overTCP)
struct AuthorizedEntriesContractTests {
    private func agent(_ server: ContractServer, selectors: [String] = []) -> Spire_Api_Types_Agent {
        var agent = Spire_Api_Types_Agent()
        agent.id.trustDomain = server.trustDomain
        agent.id.path = "/spire/agent/\(server.scope)"
        agent.selectors = selectors.map(ContractServer.selector)
        agent.x509SvidExpiresAt = 4_102_444_800
        return agent
    }

    private func agentID(_ server: ContractServer) -> String {
        "spiffe://\(server.trustDomain)/spire/agent/\(server.scope)"
    }

    /// A child of the agent itself.
    private func child(_ name: String, _ server: ContractServer) -> WireEntry {
        var entry = server.entry(name)
        entry.parentID.path = "/spire/agent/\(server.scope)"
        return entry
    }

    /// A node alias.
    private func alias(_ name: String, selectors: [String], _ server: ContractServer) -> WireEntry {
        var entry = server.entry(name, selectors: selectors)
        entry.parentID.path = "/spire/server"
        return entry
    }

    private func served(_ server: ContractServer) async throws -> Set<String> {
        try await server.calling(as: agentID(server)) { client in
            let entries = Spire_Api_Server_Entry_V1_Entry.Client(wrapping: client)
            let found = try await entries.getAuthorizedEntries(.init()).entries
            return Set(found.map { String($0.id.dropFirst(server.scope.count + 1)) })
        }
    }

    @Test("43: an agent serves its own children, and what is parented to what it serves")
    func children() async throws {
        try await ContractServer.with { server in
            try await server.put(agent(server))
            try await server.created(child("direct", server))
            try await server.created(server.entry("delegated", parent: "direct"))
            try await server.created(server.entry("deeper", parent: "delegated"))
            try await server.created(server.entry("stranger", parent: "elsewhere"))
            #expect(try await served(server) == ["direct", "delegated", "deeper"])
            var deletion = Spire_Api_Server_Entry_V1_BatchDeleteEntryRequest()
            deletion.ids = [server.entryID("direct")]
            _ = try await server.entries.batchDeleteEntry(deletion)
            #expect(try await served(server).isEmpty)
        }
    }

    @Test(
        "43: an alias stands for the agents that have all of its selectors, and is not served itself",
        arguments: [(["a:1"], false), (["a:1", "b:2"], true), (["a:1", "b:2", "c:3"], true), ([], false)])
    func aliases(_ selectors: [String], _ isServed: Bool) async throws {
        try await ContractServer.with { server in
            let own = selectors.map { "\($0)-\(server.scope)" }
            try await server.put(agent(server, selectors: own))
            let wanted = ["a:1-\(server.scope)", "b:2-\(server.scope)"]
            try await server.created(alias("alias", selectors: wanted, server))
            try await server.created(server.entry("child", parent: "alias"))
            #expect(try await served(server) == (isServed ? ["child"] : []))
            guard isServed else { return }
            var deletion = Spire_Api_Server_Entry_V1_BatchDeleteEntryRequest()
            deletion.ids = [server.entryID("alias")]
            _ = try await server.entries.batchDeleteEntry(deletion)
            #expect(try await served(server).isEmpty)
        }
    }

    @Test("43: an agent that is banned, expired or gone gets nothing any more")
    func inactive() async throws {
        try await ContractServer.with { server in
            try await server.put(agent(server))
            try await server.created(child("direct", server))
            #expect(try await served(server) == ["direct"])
            var changed = agent(server)
            changed.banned = true
            try await server.put(changed)
            try await ContractServer.expect(.permissionDenied) { try await served(server) }
            changed = agent(server)
            changed.x509SvidExpiresAt = 1
            try await server.put(changed)
            try await ContractServer.expect(.permissionDenied) { try await served(server) }
            var deletion = Spire_Api_Server_Agent_V1_DeleteAgentRequest()
            deletion.id = changed.id
            _ = try await server.agents.deleteAgent(deletion)
            try await ContractServer.expect(.permissionDenied) { try await served(server) }
        }
    }

    // MARK: Synchronisation

    private typealias Request = Spire_Api_Server_Entry_V1_SyncAuthorizedEntriesRequest
    private typealias Response = Spire_Api_Server_Entry_V1_SyncAuthorizedEntriesResponse

    /// Sends requests, each after the answers to the one before have come.
    private func sync(
        _ server: ContractServer, first: Request = .init(),
        then: @escaping @Sendable ([Response]) -> [String]? = { _ in nil }
    ) async throws -> [[Response]] {
        try await server.calling(as: agentID(server)) { client in
            let entries = Spire_Api_Server_Entry_V1_Entry.Client(wrapping: client)
            let (answers, answered) = AsyncStream.makeStream(of: [Response].self)
            return try await entries.syncAuthorizedEntries { writer in
                try await writer.write(first)
                for await batch in answers {
                    guard let ids = then(batch) else { return }
                    var request = Request()
                    request.ids = ids
                    try await writer.write(request)
                    break
                }
                for await _ in answers { break }
            } onResponse: { response in
                defer { answered.finish() }
                var batches: [[Response]] = []
                var batch: [Response] = []
                for try await message in response.messages {
                    batch.append(message)
                    guard !message.more else { continue }
                    batches.append(batch)
                    answered.yield(batch)
                    batch = []
                }
                return batches
            }
        }
    }

    private func fill(_ count: Int, _ server: ContractServer) async throws {
        let results = try await server.create((0..<count).map { child("e\($0)", server) }, mask: WireMask())
        try #require(results.allSatisfy { $0.status.code == StatusCode.ok })
    }

    @Test("42: as many entries as a page has come in full, in one message")
    func few() async throws {
        try await ContractServer.with { server in
            try await server.put(agent(server))
            try await fill(500, server)
            let batches = try await sync(server)
            #expect(batches.map { $0.map(\.entries.count) } == [[500]])
            #expect(batches.first?.first?.entryRevisions.isEmpty == true)
        }
    }

    @Test("42: of more entries the revisions come page by page, then those that were asked for; unknown ones do not")
    func many() async throws {
        try await ContractServer.with { server in
            try await server.put(agent(server))
            try await fill(501, server)
            let batches = try await sync(server) { batch in
                batch.flatMap(\.entryRevisions).map(\.id) + ["nobody"]
            }
            #expect(batches.map { $0.map(\.entryRevisions.count) } == [[500, 1], [0, 0]])
            #expect(batches.map { $0.map(\.entries.count) } == [[0, 0], [500, 1]])
        }
    }

    @Test("42: IDs in the first request, and a mask without the revision, are invalid arguments")
    func badRequests() async throws {
        try await ContractServer.with { server in
            try await server.put(agent(server))
            var ids = Request()
            ids.ids = ["a"]
            var mask = Request()
            mask.outputMask.spiffeID = true
            for request in [ids, mask] {
                try await ContractServer.expect(.invalidArgument) { try await sync(server, first: request) }
            }
        }
    }
}
