import GRPCCore
import SPIREClient

extension EmulatorState {
    /// Answers a call that has one status, and logs it.
    func answer<Response>(
        _ method: String, ids: [String] = [], items: (Response) -> Int = { _ in 1 },
        _ body: () throws(CallFailure) -> Response
    ) throws(RPCError) -> Response {
        do {
            let response = try body()
            log?.append(method: method, items: items(response), ids: ids, results: [StatusCode.name(StatusCode.ok)])
            return response
        } catch {
            log?.append(method: method, items: 0, ids: ids, results: [StatusCode.name(error.code)])
            throw RPCError(error)
        }
    }

    /// Answers a batch, whose items have a status each, and logs it.
    func answerBatch<Result>(
        _ method: String, ids: [String], status: (Result) -> WireStatus, _ body: () -> [Result]
    ) -> [Result] {
        let results = body()
        log?.append(
            method: method, items: ids.count, ids: ids, results: results.map { StatusCode.name(status($0).code) })
        return results
    }
}

extension RPCError {
    init(_ failure: CallFailure) {
        let code = Status.Code(rawValue: Int(failure.code)).flatMap(RPCError.Code.init) ?? .unknown
        self.init(code: code, message: failure.message)
    }
}

/// The health service: only the server as a whole has a health.
struct HealthService: Grpc_Health_V1_Health.SimpleServiceProtocol {
    let state: EmulatorState

    func check(
        request: Grpc_Health_V1_HealthCheckRequest, context: ServerContext
    ) async throws -> Grpc_Health_V1_HealthCheckResponse {
        try state.answer("Check") { () throws(CallFailure) in
            guard request.service.isEmpty else {
                throw CallFailure(StatusCode.invalidArgument, "per-service health is not supported")
            }
            let fault = state.withDatastore { $0.fault }
            var response = Grpc_Health_V1_HealthCheckResponse()
            response.status = fault == nil ? .serving : .notServing
            return response
        }
    }
}
