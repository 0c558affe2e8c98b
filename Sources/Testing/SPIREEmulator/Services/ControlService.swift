import FoundationEssentials
import GRPCCore
import SPIREClient

/// What a test does to the emulator past the API of a SPIRE server.
struct ControlService: Lanyard_Emulator_V1_Control.SimpleServiceProtocol {
    let state: EmulatorState

    func ping(
        request: Lanyard_Emulator_V1_PingRequest, context: ServerContext
    ) async throws -> Lanyard_Emulator_V1_PingResponse {
        .init()
    }

    func mintX509SVID(
        request: Lanyard_Emulator_V1_MintX509SVIDRequest, context: ServerContext
    ) async throws -> Lanyard_Emulator_V1_MintX509SVIDResponse {
        let svid = try state.issueX509SVID(request.spiffeID, lifetime: request.ttl)
        var response = Lanyard_Emulator_V1_MintX509SVIDResponse()
        response.certificate = Data(svid.certificate)
        response.key = Data(svid.key)
        response.authorities = try state.ownBundle().x509Authorities.map(\.asn1)
        return response
    }

    func putAgent(
        request: Lanyard_Emulator_V1_PutAgentRequest, context: ServerContext
    ) async throws -> Lanyard_Emulator_V1_PutAgentResponse {
        do {
            let agent = AgentSeed(
                id: request.id, attestationType: request.attestationType, selectors: request.selectors,
                expiresAt: request.expiresAt, banned: request.banned)
            try state.withAgents { agents throws(CallFailure) in try agents.put(agent) }
        } catch {
            throw RPCError(error)
        }
        return .init()
    }

    func insertEntry(
        request: Lanyard_Emulator_V1_InsertEntryRequest, context: ServerContext
    ) async throws -> Lanyard_Emulator_V1_InsertEntryResponse {
        state.withDatastore { store in
            store.insert(
                StoredEntry(
                    id: request.id, spiffeID: request.spiffeID, parentID: request.parentID,
                    selectors: [.init(type: "type", value: "value")]))
        }
        return .init()
    }

    func attestWorkload(
        request: Lanyard_Emulator_V1_AttestWorkloadRequest, context: ServerContext
    ) async throws -> Lanyard_Emulator_V1_AttestWorkloadResponse {
        var selectors: Set<StoredEntry.Selector> = []
        for text in request.selectors {
            let parts = text.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else {
                throw RPCError(code: .invalidArgument, message: "a selector is type:value")
            }
            selectors.insert(.init(type: String(parts[0]), value: String(parts[1])))
        }
        state.attest(uid: request.uid, selectors: selectors)
        return .init()
    }
}
