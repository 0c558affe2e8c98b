import GRPCCore
import SPIREClient
import SPIREEmulator
import Testing

@Suite("TrustDomain")
struct FederationContractTests {
    private func relationship(_ name: String, _ server: ContractServer) -> WireRelationship {
        var relationship = WireRelationship()
        relationship.trustDomain = server.domain(name)
        relationship.bundleEndpointURL = "https://127.0.0.1:1/bundle"
        relationship.httpsWeb = .init()
        return relationship
    }

    private func create(_ relationship: WireRelationship, _ server: ContractServer) async throws -> Int32? {
        var request = Spire_Api_Server_Trustdomain_V1_BatchCreateFederationRelationshipRequest()
        request.federationRelationships = [relationship]
        return try await server.trustDomains.batchCreateFederationRelationship(request).results.first?.status.code
    }

    private func delete(_ name: String, _ server: ContractServer) async throws -> Int32? {
        var request = Spire_Api_Server_Trustdomain_V1_BatchDeleteFederationRelationshipRequest()
        request.trustDomains = [server.domain(name)]
        return try await server.trustDomains.batchDeleteFederationRelationship(request).results.first?.status.code
    }

    @Test("a relationship brings its bundle, which outlives it")
    func lifecycle() async throws {
        // The bundle that the relationship brings is deleted with the domain.
        try await ContractServer.with(domains: ["d1"]) { server in
            var relationship = relationship("d1", server)
            relationship.trustDomainBundle = try server.bundle(of: "d1")
            #expect(try await create(relationship, server) == StatusCode.ok)
            #expect(try await create(relationship, server) == StatusCode.internalError)
            var get = Spire_Api_Server_Trustdomain_V1_GetFederationRelationshipRequest()
            get.trustDomain = relationship.trustDomain
            let stored = try await server.trustDomains.getFederationRelationship(get)
            #expect(stored.trustDomainBundle.x509Authorities == relationship.trustDomainBundle.x509Authorities)
            #expect(stored.bundleEndpointURL == relationship.bundleEndpointURL)
            #expect(try await delete("d1", server) == StatusCode.ok)
            #expect(try await delete("d1", server) == StatusCode.notFound)
            let reading = get
            try await ContractServer.expect(.notFound) {
                try await server.trustDomains.getFederationRelationship(reading)
            }
            var bundle = Spire_Api_Server_Bundle_V1_GetFederatedBundleRequest()
            bundle.trustDomain = relationship.trustDomain
            #expect(try await !server.bundle.getFederatedBundle(bundle).x509Authorities.isEmpty)
        }
    }

    enum Flaw: CaseIterable {
        case noURL, plainHTTP, noHost, user, noProfile, endpointID, ownTrustDomain, otherBundle
    }

    @Test("a relationship with a flaw is an invalid argument", arguments: Flaw.allCases)
    func flaws(_ flaw: Flaw) async throws {
        try await ContractServer.with { server in
            var relationship = relationship("d1", server)
            switch flaw {
            case .noURL: relationship.bundleEndpointURL = ""
            case .plainHTTP: relationship.bundleEndpointURL = "http://host/bundle"
            case .noHost: relationship.bundleEndpointURL = "https:///bundle"
            case .user: relationship.bundleEndpointURL = "https://me@host/bundle"
            case .noProfile: relationship.bundleEndpointProfile = nil
            case .endpointID: relationship.httpsSpiffe.endpointSpiffeID = "nobody"
            case .ownTrustDomain: relationship.trustDomain = server.trustDomain
            case .otherBundle: relationship.trustDomainBundle = try server.bundle(of: "d2")
            }
            #expect(try await create(relationship, server) == StatusCode.invalidArgument)
        }
    }

    @Test("an update changes what its mask names, and one of an unknown domain is an internal error")
    func update() async throws {
        try await ContractServer.with { server in
            #expect(try await create(relationship("d1", server), server) == StatusCode.ok)
            var request = Spire_Api_Server_Trustdomain_V1_BatchUpdateFederationRelationshipRequest()
            request.federationRelationships = [relationship("d1", server), relationship("nobody", server)]
            request.federationRelationships[0].bundleEndpointURL = "https://127.0.0.1:2/bundle"
            request.federationRelationships[0].httpsSpiffe.endpointSpiffeID = "spiffe://other.example/bundle"
            request.inputMask.bundleEndpointURL = true
            let results = try await server.trustDomains.batchUpdateFederationRelationship(request).results
            #expect(results.map(\.status.code) == [StatusCode.ok, StatusCode.internalError])
            #expect(results.first?.federationRelationship.bundleEndpointURL == "https://127.0.0.1:2/bundle")
            #expect(results.first?.federationRelationship.httpsWeb == .init())
            #expect(try await delete("d1", server) == StatusCode.ok)
        }
    }

    @Test(
        "an update has to be a whole relationship, whatever its mask leaves out", arguments: [Flaw.noProfile, .noURL])
    func partialUpdate(_ flaw: Flaw) async throws {
        try await ContractServer.with { server in
            #expect(try await create(relationship("d1", server), server) == StatusCode.ok)
            var request = Spire_Api_Server_Trustdomain_V1_BatchUpdateFederationRelationshipRequest()
            var change = relationship("d1", server)
            if flaw == .noProfile {
                change.bundleEndpointProfile = nil
                request.inputMask.bundleEndpointURL = true
            } else {
                change.bundleEndpointURL = ""
                request.inputMask.bundleEndpointProfile = true
            }
            request.federationRelationships = [change]
            let results = try await server.trustDomains.batchUpdateFederationRelationship(request).results
            #expect(results.map(\.status.code) == [StatusCode.invalidArgument])
            #expect(try await delete("d1", server) == StatusCode.ok)
        }
    }
}
