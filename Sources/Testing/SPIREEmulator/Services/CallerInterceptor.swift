import GRPCCore

/// Finds out who calls, refuses what the caller may not do, and tells the services.
struct CallerInterceptor: ServerInterceptor {
    let state: EmulatorState

    func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingServerRequest<Input>, context: ServerContext,
        next:
            @concurrent @Sendable (StreamingServerRequest<Input>, ServerContext) async throws ->
            StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
        let header = request.metadata[stringValues: CallerHeaderHandler.name].first { _ in true }
        let caller = header.map(Caller.init(headerValue:)) ?? .unknown
        let method = context.descriptor.fullyQualifiedMethod
        guard Permissions.allow(state.callerClass(of: caller), method: method) else {
            state.log?.append(
                method: context.descriptor.method, items: 0, ids: [], results: ["PERMISSION_DENIED"])
            throw RPCError(
                code: .permissionDenied, message: "authorization denied for method /\(method)")
        }
        var context = context
        context.transportSpecific = caller
        let fault = request.metadata[stringValues: StoreFault.header].first { _ in caller == .local }
        return try await StoreFault.$current.withValue(fault) { try await next(request, context) }
    }
}
