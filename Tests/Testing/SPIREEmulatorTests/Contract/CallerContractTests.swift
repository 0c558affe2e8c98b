import FoundationEssentials
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import LanyardAPI
import SPIREEmulator
import Testing

@testable import SPIREClient

extension ContractServer {
    /// Calls over TCP with an SVID that the emulator mints; without one when there is no ID.
    func calling<Value: Sendable>(
        as id: String?, _ body: @escaping @Sendable (GRPCClient<Transport>) async throws -> Value
    ) async throws -> Value {
        let address = try #require(tcp, "SPIRE_SERVER_TCP says where the emulator listens")
        guard let id else {
            guard case .tcp(let host, let port) = address else { throw EmulatorError("no TCP") }
            return try await withGRPCClient(
                transport: .http2NIOPosix(
                    target: .dns(host: host, port: port),
                    transportSecurity: .tls { $0.serverCertificateVerification = .noVerification },
                    // An address is no name that TLS may be asked for.
                    config: .defaults { $0.http2.authority = "localhost" }),
                handleClient: body)
        }
        var request = Lanyard_Emulator_V1_MintX509SVIDRequest()
        request.spiffeID = id
        let minted = try await control.mintX509SVID(request)
        var svid = WorkloadAPI_X509SVID()
        svid.spiffeID = id
        svid.x509Svid = minted.certificate
        svid.x509SvidKey = minted.key
        svid.bundle = minted.authorities.reduce(into: .init()) { $0 += $1 }
        var update = WorkloadAPI_X509SVIDResponse()
        update.svids = [svid]
        let holder = MintedSVID(x509SVID: try X509SVID(wire: update))
        let serverID = try SPIFFEID("spiffe://\(trustDomain)/spire/server")
        return try await withGRPCClient(
            transport: address.makeTransport(tls: ServerTLS(holder, serverID: serverID)), handleClient: body)
    }

    /// The text of an ID under the path of this test.
    func text(_ name: String) -> String { "spiffe://\(trustDomain)/\(scope)/\(name)" }
}

private struct MintedSVID: X509SVIDHolder {
    var x509SVID: X509SVID?
}

@Suite("Callers over TCP", .emulatorOnly("SVIDs are minted for anybody"), .overTCP)
struct CallerContractTests {
    /// What a caller gets from one method of each kind; nil is success.
    private func outcomes(_ client: GRPCClient<ContractServer.Transport>) async -> [RPCError.Code?] {
        let entries = Spire_Api_Server_Entry_V1_Entry.Client(wrapping: client)
        let bundles = Spire_Api_Server_Bundle_V1_Bundle.Client(wrapping: client)
        var listing = Spire_Api_Server_Entry_V1_ListEntriesRequest()
        listing.pageSize = 1
        let list = listing
        let calls: [() async throws -> Void] = [
            { _ = try await bundles.getBundle(.init()) },
            { _ = try await entries.listEntries(list) },
            { _ = try await entries.batchDeleteEntry(.init()) },
            { _ = try await Spire_Api_Server_Agent_V1_Agent.Client(wrapping: client).countAgents(.init()) },
            { _ = try await bundles.countBundles(.init()) },
            {
                _ = try await Spire_Api_Server_Trustdomain_V1_TrustDomain.Client(wrapping: client)
                    .listFederationRelationships(.init())
            },
            { _ = try await entries.getAuthorizedEntries(.init()) },
            { _ = try await Grpc_Health_V1_Health.Client(wrapping: client).check(.init()) },
        ]
        var codes: [RPCError.Code?] = []
        for call in calls {
            do {
                try await call()
                codes.append(nil)
            } catch {
                codes.append((error as? RPCError)?.code ?? .unknown)
            }
        }
        return codes
    }

    private static let denied = Array(repeating: RPCError.Code?.some(.permissionDenied), count: 5)

    @Test("extra 3: without an SVID, or with one that gives no right, only the bundle can be read")
    func plain() async throws {
        try await ContractServer.with { server in
            for id in [nil, server.text("nobody")] {
                let codes = try await server.calling(as: id) { await outcomes($0) }
                #expect(codes == [nil] + Self.denied + [.permissionDenied, .unimplemented], "\(id ?? "anonymous")")
            }
        }
    }

    @Test("extra 3: an admin entry gives every right of an admin, and takes it when it goes")
    func adminEntry() async throws {
        try await ContractServer.with { server in
            var entry = server.entry("admin")
            entry.admin = true
            try await server.created(entry)
            let id = entry.id
            try await server.calling(as: server.text("admin")) { client in
                let allowed: [RPCError.Code?] = [nil, nil, nil, nil, nil, nil]
                #expect(await outcomes(client) == allowed + [.permissionDenied, .unimplemented])
                var deletion = Spire_Api_Server_Entry_V1_BatchDeleteEntryRequest()
                deletion.ids = [id]
                _ = try await server.entries.batchDeleteEntry(deletion)
                #expect(await outcomes(client) == [nil] + Self.denied + [.permissionDenied, .unimplemented])
            }
        }
    }

    @Test("extra 3: a downstream entry, or being an agent, makes nobody an admin")
    func others() async throws {
        try await ContractServer.with { server in
            var entry = server.entry("downstream")
            entry.downstream = true
            try await server.created(entry)
            var codes = try await server.calling(as: server.text("downstream")) { await outcomes($0) }
            #expect(codes == [nil] + Self.denied + [.permissionDenied, .unimplemented])
            var agent = Spire_Api_Types_Agent()
            agent.id.trustDomain = server.trustDomain
            agent.id.path = "/spire/agent/\(server.scope)"
            agent.x509SvidExpiresAt = 4_102_444_800
            try await server.put(agent)
            let agentID = "spiffe://\(server.trustDomain)\(agent.id.path)"
            codes = try await server.calling(as: agentID) { await outcomes($0) }
            #expect(codes == [nil] + Self.denied + [nil, .unimplemented])
            agent.banned = true
            try await server.put(agent)
            codes = try await server.calling(as: agentID) { await outcomes($0) }
            #expect(codes == [nil] + Self.denied + [.permissionDenied, .unimplemented])
        }
    }
}
