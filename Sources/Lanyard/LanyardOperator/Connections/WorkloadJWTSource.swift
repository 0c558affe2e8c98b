import SPIREClient
import VaultClient

/// Gives the Vault client JWT-SVIDs from the Workload API.
struct WorkloadJWTSource: JWTSource {
    private let svids: any JWTSVIDSource

    /// Takes them from a source.
    init(_ svids: any JWTSVIDSource) {
        self.svids = svids
    }

    func token(audience: String) async throws(VaultError) -> String {
        do throws(SPIREError) {
            return try await svids.jwtSVID(audience: audience).token
        } catch {
            let message = "the SPIRE agent gives no JWT-SVID: \(error.message)"
            throw switch error.code {
            case .cancelled: VaultError(.cancelled, error.message)
            // A refusal is remembered for a while; an agent that is away may be back at once.
            case .unavailable: VaultError(.unavailable, message)
            default: VaultError(.loginFailed, message)
            }
        }
    }
}
