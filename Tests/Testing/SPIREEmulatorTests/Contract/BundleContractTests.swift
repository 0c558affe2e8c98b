import GRPCCore
import SPIREClient
import SPIREEmulator
import Testing

@Suite("Bundle")
struct BundleContractTests {
    private typealias Mode = Spire_Api_Server_Bundle_V1_BatchDeleteFederatedBundleRequest.Mode

    private func delete(_ name: String, _ mode: Mode, _ server: ContractServer) async throws -> Int32? {
        var request = Spire_Api_Server_Bundle_V1_BatchDeleteFederatedBundleRequest()
        request.trustDomains = [name]
        request.mode = mode
        return try await server.bundle.batchDeleteFederatedBundle(request).results.first?.status.code
    }

    private func create(_ bundle: WireBundle, _ server: ContractServer) async throws -> Int32? {
        var request = Spire_Api_Server_Bundle_V1_BatchCreateFederatedBundleRequest()
        request.bundle = [bundle]
        return try await server.bundle.batchCreateFederatedBundle(request).results.first?.status.code
    }

    @Test("the own bundle has the trust domain always and the rest by mask")
    func own() async throws {
        try await ContractServer.with { server in
            let bundle = try await server.bundle.getBundle(.init())
            #expect(!bundle.x509Authorities.isEmpty)
            #expect(bundle.jwtAuthorities.allSatisfy { !$0.keyID.isEmpty && !$0.publicKey.isEmpty })
            var request = Spire_Api_Server_Bundle_V1_GetBundleRequest()
            request.outputMask.sequenceNumber = true
            let masked = try await server.bundle.getBundle(request)
            #expect(masked.trustDomain == server.trustDomain)
            #expect(masked.x509Authorities.isEmpty && masked.jwtAuthorities.isEmpty)
        }
    }

    @Test("a federated bundle is created once, set again and again, changed by mask and deleted")
    func lifecycle() async throws {
        try await ContractServer.with { server in
            let bundle = try server.bundle(of: "d1")
            #expect(try await create(bundle, server) == StatusCode.ok)
            #expect(try await create(bundle, server) == StatusCode.alreadyExists)
            var get = Spire_Api_Server_Bundle_V1_GetFederatedBundleRequest()
            get.trustDomain = bundle.trustDomain
            #expect(try await server.bundle.getFederatedBundle(get).x509Authorities == bundle.x509Authorities)
            var update = Spire_Api_Server_Bundle_V1_BatchUpdateFederatedBundleRequest()
            update.bundle = [try server.bundle(of: "d1")]
            update.bundle[0].refreshHint = 77
            update.inputMask.refreshHint = true
            let result = try #require(try await server.bundle.batchUpdateFederatedBundle(update).results.first)
            #expect(result.status.code == StatusCode.ok)
            #expect(result.bundle.refreshHint == 77)
            #expect(result.bundle.x509Authorities == bundle.x509Authorities)
            #expect(try await delete(bundle.trustDomain, .restrict, server) == StatusCode.ok)
            #expect(try await delete(bundle.trustDomain, .restrict, server) == StatusCode.notFound)
            let reading = get
            try await ContractServer.expect(.notFound) { try await server.bundle.getFederatedBundle(reading) }
            let updating = update
            let missing = try await server.bundle.batchUpdateFederatedBundle(updating).results
            #expect(missing.map(\.status.code) == [StatusCode.notFound])
        }
    }

    @Test("the server's own trust domain is not federated with")
    func ownName() async throws {
        try await ContractServer.with { server in
            var bundle = try server.bundle(of: "d1")
            bundle.trustDomain = server.trustDomain
            #expect(try await create(bundle, server) == StatusCode.invalidArgument)
            #expect(try await delete(server.trustDomain, .restrict, server) == StatusCode.invalidArgument)
        }
    }

    @Test("entries keep a bundle from being deleted, are dissociated from it, or go with it")
    func modes() async throws {
        try await ContractServer.with(domains: ["d1"]) { server in
            let name = server.domain("d1")
            var entry = server.entry("a")
            entry.federatesWith = [name]
            try await server.created(entry)
            #expect(try await delete(name, .restrict, server) == StatusCode.failedPrecondition)
            #expect(try await server.get(entry.id).federatesWith == [name])
            #expect(try await delete(name, .dissociate, server) == StatusCode.ok)
            #expect(try await server.get(entry.id).federatesWith.isEmpty)
            #expect(try await create(try server.bundle(of: "d1"), server) == StatusCode.ok)
            var mask = WireMask()
            mask.federatesWith = true
            _ = try await server.update(entry, mask: mask)
            #expect(try await delete(name, .delete, server) == StatusCode.ok)
            try await ContractServer.expect(.notFound) { try await server.get(entry.id) }
        }
    }

    @Test("federated bundles are listed page by page, without the own one")
    func listing() async throws {
        try await ContractServer.with(domains: ["d1", "d2", "d3"]) { server in
            var request = Spire_Api_Server_Bundle_V1_ListFederatedBundlesRequest()
            request.pageSize = 2
            request.outputMask = .init()
            var names: [String] = []
            repeat {
                let page = try await server.bundle.listFederatedBundles(request)
                #expect(page.bundles.allSatisfy { $0.x509Authorities.isEmpty })
                names += page.bundles.map(\.trustDomain)
                request.pageToken = page.nextPageToken
            } while !request.pageToken.isEmpty
            #expect(names.filter { $0.hasSuffix(server.scope) } == ["d1", "d2", "d3"].map(server.domain))
            #expect(!names.contains(server.trustDomain))
        }
    }
}
