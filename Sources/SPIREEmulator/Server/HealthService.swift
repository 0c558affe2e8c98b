import GRPCCore
import SPIREClient

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
