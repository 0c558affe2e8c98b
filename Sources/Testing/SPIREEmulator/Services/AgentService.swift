import GRPCCore
import SPIREClient
import SwiftProtobuf

/// The Agent service.
struct AgentService: Spire_Api_Server_Agent_V1_Agent.SimpleServiceProtocol {
    let state: EmulatorState

    func countAgents(
        request: Spire_Api_Server_Agent_V1_CountAgentsRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Agent_V1_CountAgentsResponse {
        try state.answer("CountAgents") { () throws(CallFailure) in
            var response = Spire_Api_Server_Agent_V1_CountAgentsResponse()
            response.count = try state.withAgents { agents throws(CallFailure) in try agents.count(request) }
            return response
        }
    }

    func listAgents(
        request: Spire_Api_Server_Agent_V1_ListAgentsRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Agent_V1_ListAgentsResponse {
        try state.answer("ListAgents", items: { $0.agents.count }) { () throws(CallFailure) in
            try state.withAgents { agents throws(CallFailure) in try agents.list(request) }
        }
    }

    func getAgent(
        request: Spire_Api_Server_Agent_V1_GetAgentRequest, context: ServerContext
    ) async throws -> Spire_Api_Types_Agent {
        try state.answer("GetAgent", ids: [request.id.path]) { () throws(CallFailure) in
            try state.withAgents { agents throws(CallFailure) in try agents.get(request) }
        }
    }

    func deleteAgent(
        request: Spire_Api_Server_Agent_V1_DeleteAgentRequest, context: ServerContext
    ) async throws -> Google_Protobuf_Empty {
        try state.answer("DeleteAgent", ids: [request.id.path]) { () throws(CallFailure) in
            try state.withAgents { agents throws(CallFailure) in try agents.delete(request.hasID ? request.id : nil) }
            return Google_Protobuf_Empty()
        }
    }

    func banAgent(
        request: Spire_Api_Server_Agent_V1_BanAgentRequest, context: ServerContext
    ) async throws -> Google_Protobuf_Empty {
        try state.answer("BanAgent", ids: [request.id.path]) { () throws(CallFailure) in
            try state.withAgents { agents throws(CallFailure) in try agents.ban(request.hasID ? request.id : nil) }
            return Google_Protobuf_Empty()
        }
    }
}
