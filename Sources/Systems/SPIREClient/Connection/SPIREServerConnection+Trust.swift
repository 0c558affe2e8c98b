import GRPCCore
import LanyardAPI

extension SPIREServerConnection {
    package func bundle() async throws(SPIREError) -> TrustBundle {
        let bundles = Spire_Api_Server_Bundle_V1_Bundle.Client(wrapping: client)
        let wire = try await read { options in
            try await bundles.getBundle(.init(), options: options)
        }
        return try TrustBundle(wire: wire)
    }

    package func federatedTrustDomains() async throws(SPIREError) -> Set<String> {
        let bundles = Spire_Api_Server_Bundle_V1_Bundle.Client(wrapping: client)
        let found = try await allPages { page, options in
            var request = Spire_Api_Server_Bundle_V1_ListFederatedBundlesRequest()
            // Nothing but the name.
            request.outputMask = .init()
            request.pageSize = page.size
            request.pageToken = page.token
            let answer = try await bundles.listFederatedBundles(request, options: options)
            return (answer.bundles, answer.nextPageToken)
        }
        return Set(found.map(\.trustDomain))
    }

    /// Over TCP the server has no health service: there it serves when it gives its bundle, which anybody may read.
    package func checkHealth() async throws(SPIREError) {
        guard tls == nil else {
            _ = try await bundle()
            return
        }
        let health = Grpc_Health_V1_Health.Client(wrapping: client)
        let answer = try await read { options in
            try await health.check(Grpc_Health_V1_HealthCheckRequest(), options: options)
        }
        guard answer.status == .serving else {
            throw SPIREError(.unavailable, "the SPIRE server is not serving")
        }
    }
}
