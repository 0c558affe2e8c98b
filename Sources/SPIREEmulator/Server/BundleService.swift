import GRPCCore
import SPIREClient

/// The Bundle service, as far as the trust domain's own bundle goes.
struct BundleService: Spire_Api_Server_Bundle_V1_Bundle.SimpleServiceProtocol {
    let state: EmulatorState

    func getBundle(
        request: Spire_Api_Server_Bundle_V1_GetBundleRequest, context: ServerContext
    ) async throws -> Spire_Api_Types_Bundle {
        try state.answer("GetBundle") { () throws(CallFailure) in
            let trustDomain = state.withDatastore { $0.trustDomain }
            return state.bundle.wire(
                trustDomain: trustDomain, mask: request.hasOutputMask ? request.outputMask : nil)
        }
    }
}
