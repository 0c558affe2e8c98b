import FoundationEssentials
import GRPCCore
import LanyardAPI
import SPIREClient
import SwiftProtobuf

/// The Workload API: SVIDs for processes of this machine.
struct WorkloadService: WorkloadAPI_SpiffeWorkloadAPI.SimpleServiceProtocol {
    let state: EmulatorState
    let issuer: WorkloadIssuer
    /// Whether the server goes on; streams would hold up its end.
    let isOpen: @Sendable () -> Bool

    func fetchX509SVID(
        request: WorkloadAPI_X509SVIDRequest, response: RPCWriter<WorkloadAPI_X509SVIDResponse>, context: ServerContext
    ) async throws {
        var last: (identities: [WorkloadIssuer.Identity], version: UInt64, renewalAt: Int64)?
        try await whileChanging(context) {
            let identities = try identities(of: context, method: "FetchX509SVID")
            let version = try state.withAuthority { $0.version }
            if let last, last.identities == identities, last.version == version, last.renewalAt > state.now() { return }
            let (svids, renewalAt) = try issuer.x509SVIDs(of: identities)
            last = (identities, version, renewalAt)
            log("FetchX509SVID", identities)
            try await response.write(svids)
        }
    }

    func fetchX509Bundles(
        request: WorkloadAPI_X509BundlesRequest, response: RPCWriter<WorkloadAPI_X509BundlesResponse>,
        context: ServerContext
    ) async throws {
        var last: [String: Data]?
        try await whileChanging(context) {
            let identities = try identities(of: context, method: "FetchX509Bundles")
            let bundles = try issuer.x509Bundles(of: identities)
            guard bundles != last else { return }
            last = bundles
            log("FetchX509Bundles", identities)
            var answer = WorkloadAPI_X509BundlesResponse()
            answer.bundles = bundles
            try await response.write(answer)
        }
    }

    func fetchJWTSVID(
        request: WorkloadAPI_JWTSVIDRequest, context: ServerContext
    ) async throws -> WorkloadAPI_JWTSVIDResponse {
        guard !request.audience.isEmpty else {
            throw RPCError(code: .invalidArgument, message: "audience must be specified")
        }
        var identities = try identities(of: context, method: "FetchJWTSVID")
        if !request.spiffeID.isEmpty {
            identities.removeAll { $0.spiffeID != request.spiffeID }
            guard !identities.isEmpty else { throw Self.noIdentity }
        }
        log("FetchJWTSVID", identities)
        return try issuer.jwtSVIDs(of: identities, audience: request.audience)
    }

    func fetchJWTBundles(
        request: WorkloadAPI_JWTBundlesRequest, response: RPCWriter<WorkloadAPI_JWTBundlesResponse>,
        context: ServerContext
    ) async throws {
        var last: UInt64?
        try await whileChanging(context) {
            let identities = try identities(of: context, method: "FetchJWTBundles")
            let (version, keys, name) = try state.withAuthority { authority in
                (authority.version, try authority.jwks(), authority.trustDomain.name)
            }
            guard version != last else { return }
            last = version
            log("FetchJWTBundles", identities)
            var answer = WorkloadAPI_JWTBundlesResponse()
            answer.bundles = ["spiffe://\(name)": keys]
            try await response.write(answer)
        }
    }

    func validateJWTSVID(
        request: WorkloadAPI_ValidateJWTSVIDRequest, context: ServerContext
    ) async throws -> WorkloadAPI_ValidateJWTSVIDResponse {
        guard !request.audience.isEmpty, !request.svid.isEmpty else {
            throw RPCError(code: .invalidArgument, message: "audience and svid must be specified")
        }
        let now = state.now()
        guard
            let claims = try state.withAuthority({
                $0.verified(request.svid, audience: request.audience, now: now)
            })
        else { throw RPCError(code: .invalidArgument, message: "token is not valid") }
        var answer = WorkloadAPI_ValidateJWTSVIDResponse()
        answer.spiffeID = claims.sub
        answer.claims = try Google_Protobuf_Struct(jsonUTF8Data: JSONEncoder().encode(claims))
        return answer
    }

    // MARK: What the methods have in common

    private func identities(of context: ServerContext, method: String) throws -> [WorkloadIssuer.Identity] {
        guard case .process(let uid, let gid) = Caller(context) else { throw Self.noIdentity }
        let identities = issuer.identities(uid: uid, gid: gid)
        guard !identities.isEmpty else {
            state.log?.append(method: method, items: 0, ids: [], results: ["PERMISSION_DENIED"])
            throw Self.noIdentity
        }
        return identities
    }

    private func log(_ method: String, _ identities: [WorkloadIssuer.Identity]) {
        state.log?.append(
            method: method, items: identities.count, ids: identities.map(\.spiffeID), results: ["OK"])
    }

    /// Looks again and again, until the caller goes or there is nothing for it any more.
    private func whileChanging(_ context: ServerContext, _ look: () async throws -> Void) async throws {
        while isOpen(), !context.cancellation.isCancelled {
            try await look()
            try await Task.sleep(for: issuer.settings.syncInterval)
        }
        throw RPCError(code: .unavailable, message: "the agent stops")
    }

    private static var noIdentity: RPCError {
        RPCError(code: .permissionDenied, message: "no identity issued")
    }
}

/// Refuses calls without the header that a browser or a tricked process does not send.
struct WorkloadHeaderInterceptor: ServerInterceptor {
    func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingServerRequest<Input>, context: ServerContext,
        next:
            @concurrent @Sendable (StreamingServerRequest<Input>, ServerContext) async throws ->
            StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
        guard Array(request.metadata[stringValues: "workload.spiffe.io"]) == ["true"] else {
            throw RPCError(code: .invalidArgument, message: "security header missing from request")
        }
        var context = context
        let header = request.metadata[stringValues: CallerHeaderHandler.name].first { _ in true }
        context.transportSpecific = header.map(Caller.init(headerValue:))
        return try await next(request, context)
    }
}
