import GRPCCore

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
