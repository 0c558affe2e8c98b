import GRPCCore
import SPIREClient
import SPIREEmulator
import Testing

@Suite("GetEntry and BatchDeleteEntry")
struct GetDeleteContractTests {
    @Test("10-12: the output mask decides what is returned; none means everything")
    func masks() async throws {
        try await ContractServer.with { server in
            var entry = server.entry("a")
            entry.hint = "internal"
            let created = try await server.created(entry)
            #expect(try await server.get(created.id) == created)
            #expect(created.createdAt > 0)
            var expected = WireEntry()
            expected.id = created.id
            #expect(try await server.get(created.id, mask: WireMask()) == expected)
            var mask = WireMask()
            mask.hint = true
            expected.hint = "internal"
            #expect(try await server.get(created.id, mask: mask) == expected)
        }
    }

    @Test("13, 14: no ID is an invalid argument, an unknown one is not found")
    func absent() async throws {
        try await ContractServer.with { server in
            try await ContractServer.expect(.invalidArgument) { try await server.get("") }
            try await ContractServer.expect(.notFound) { try await server.get(server.entryID("x")) }
        }
    }

    @Test("16: a stored entry that does not parse is an internal error", .emulatorOnly("a row is damaged"))
    func malformedRow() async throws {
        try await ContractServer.with { server in
            try await server.insertMalformed("x")
            try await ContractServer.expect(.internalError) { try await server.get(server.entryID("x")) }
        }
    }

    @Test("32-34: each ID has its own result, echoed and in order; the others stay")
    func delete() async throws {
        try await ContractServer.with { server in
            for name in ["a", "b", "c"] { try await server.created(server.entry(name)) }
            var request = Spire_Api_Server_Entry_V1_BatchDeleteEntryRequest()
            request.ids = [server.entryID("a"), server.entryID("x"), server.entryID("c"), ""]
            let results = try await server.entries.batchDeleteEntry(request).results
            #expect(results.map(\.id) == request.ids)
            #expect(
                results.map(\.status.code) == [
                    StatusCode.ok, StatusCode.notFound, StatusCode.ok, StatusCode.invalidArgument,
                ])
            #expect(results.map(\.status.message) == ["OK", "entry not found", "OK", "missing entry ID"])
            try await ContractServer.expect(.notFound) { try await server.get(server.entryID("a")) }
            #expect(try await server.get(server.entryID("b")).id == server.entryID("b"))
            request.ids = []
            #expect(try await server.entries.batchDeleteEntry(request).results.isEmpty)
        }
    }

    @Test("35: a failure of the store is an internal error with the ID", .emulatorOnly("the store fails"))
    func storeFailure() async throws {
        try await ContractServer.with { server in
            try await server.created(server.entry("a"))
            var request = Spire_Api_Server_Entry_V1_BatchDeleteEntryRequest()
            request.ids = [server.entryID("a")]
            let results = try await server.failingEntries.batchDeleteEntry(request).results
            #expect(results.map(\.status.code) == [StatusCode.internalError])
            #expect(results.map(\.id) == request.ids)
            #expect(try await server.get(server.entryID("a")).id == server.entryID("a"))
        }
    }

    @Test("the server serves as a whole, and has no health of single services")
    func health() async throws {
        try await ContractServer.with { server in
            #expect(try await server.health.check(.init()).status == .serving)
            var request = Grpc_Health_V1_HealthCheckRequest()
            request.service = "spire.api.server.entry.v1.Entry"
            let single = request
            try await ContractServer.expect(.invalidArgument) { try await server.health.check(single) }
        }
    }
}
