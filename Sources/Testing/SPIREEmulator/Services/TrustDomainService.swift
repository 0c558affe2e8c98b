import GRPCCore
import SPIREClient
import SwiftProtobuf

/// The TrustDomain service. It fetches no bundles.
struct TrustDomainService: Spire_Api_Server_Trustdomain_V1_TrustDomain.SimpleServiceProtocol {
    private typealias Mask = Spire_Api_Types_FederationRelationshipMask

    let state: EmulatorState

    func listFederationRelationships(
        request: Spire_Api_Server_Trustdomain_V1_ListFederationRelationshipsRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Trustdomain_V1_ListFederationRelationshipsResponse {
        try state.answer("ListFederationRelationships", items: { $0.federationRelationships.count }) {
            () throws(CallFailure) in
            let mask = request.hasOutputMask ? request.outputMask : nil
            return try state.withDatastore { store throws(CallFailure) in
                try store.checkFault()
                let page = try store.relationships.page(size: request.pageSize, token: request.pageToken)
                var response = Spire_Api_Server_Trustdomain_V1_ListFederationRelationshipsResponse()
                response.federationRelationships = page.found.map {
                    $0.masked(mask, bundle: store.bundles[$0.trustDomain])
                }
                response.nextPageToken = page.nextToken
                return response
            }
        }
    }

    func getFederationRelationship(
        request: Spire_Api_Server_Trustdomain_V1_GetFederationRelationshipRequest, context: ServerContext
    ) async throws -> Spire_Api_Types_FederationRelationship {
        try state.answer("GetFederationRelationship", ids: [request.trustDomain]) { () throws(CallFailure) in
            let mask = request.hasOutputMask ? request.outputMask : nil
            return try state.withDatastore { store throws(CallFailure) in
                let found = try store.relationship(with: request.trustDomain)
                return found.masked(mask, bundle: store.bundles[found.trustDomain])
            }
        }
    }

    func batchCreateFederationRelationship(
        request: Spire_Api_Server_Trustdomain_V1_BatchCreateFederationRelationshipRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Trustdomain_V1_BatchCreateFederationRelationshipResponse {
        let mask = request.hasOutputMask ? request.outputMask : nil
        let outcomes = batch("BatchCreateFederationRelationship", request.federationRelationships, mask) {
            store, item throws(CallFailure) in
            try store.createRelationship(item)
        }
        var response = Spire_Api_Server_Trustdomain_V1_BatchCreateFederationRelationshipResponse()
        response.results = outcomes.map { outcome in
            var result = Spire_Api_Server_Trustdomain_V1_BatchCreateFederationRelationshipResponse.Result()
            result.status = outcome.status
            if let value = outcome.value { result.federationRelationship = value }
            return result
        }
        return response
    }

    func batchUpdateFederationRelationship(
        request: Spire_Api_Server_Trustdomain_V1_BatchUpdateFederationRelationshipRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Trustdomain_V1_BatchUpdateFederationRelationshipResponse {
        let inputMask = request.hasInputMask ? request.inputMask : nil
        let mask = request.hasOutputMask ? request.outputMask : nil
        let outcomes = batch("BatchUpdateFederationRelationship", request.federationRelationships, mask) {
            store, item throws(CallFailure) in
            try store.updateRelationship(item, mask: inputMask)
        }
        var response = Spire_Api_Server_Trustdomain_V1_BatchUpdateFederationRelationshipResponse()
        response.results = outcomes.map { outcome in
            var result = Spire_Api_Server_Trustdomain_V1_BatchUpdateFederationRelationshipResponse.Result()
            result.status = outcome.status
            if let value = outcome.value { result.federationRelationship = value }
            return result
        }
        return response
    }

    func batchDeleteFederationRelationship(
        request: Spire_Api_Server_Trustdomain_V1_BatchDeleteFederationRelationshipRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Trustdomain_V1_BatchDeleteFederationRelationshipResponse {
        var response = Spire_Api_Server_Trustdomain_V1_BatchDeleteFederationRelationshipResponse()
        response.results = state.answerBatch(
            "BatchDeleteFederationRelationship", ids: request.trustDomains, status: \.status
        ) {
            request.trustDomains.map { trustDomain in
                var result = Spire_Api_Server_Trustdomain_V1_BatchDeleteFederationRelationshipResponse.Result()
                result.trustDomain = trustDomain
                let outcome = ItemOutcome { () throws(CallFailure) in
                    try state.withDatastore { store throws(CallFailure) in
                        try store.deleteRelationship(with: trustDomain)
                    }
                }
                result.status = outcome.status
                return result
            }
        }
        return response
    }

    func refreshBundle(
        request: Spire_Api_Server_Trustdomain_V1_RefreshBundleRequest, context: ServerContext
    ) async throws -> Google_Protobuf_Empty {
        try state.answer("RefreshBundle", ids: [request.trustDomain]) { () throws(CallFailure) in
            try state.withDatastore { store throws(CallFailure) in
                _ = try store.relationship(with: request.trustDomain)
            }
            return Google_Protobuf_Empty()
        }
    }

    private func batch(
        _ method: String, _ items: [WireRelationship], _ mask: Mask?,
        _ change: (inout EntryDatastore, WireRelationship) throws(CallFailure) -> WireRelationship
    ) -> [ItemOutcome<WireRelationship>] {
        let outcomes = items.map { item in
            ItemOutcome { () throws(CallFailure) in
                try state.withDatastore { store throws(CallFailure) in
                    let stored = try change(&store, item)
                    return stored.masked(mask, bundle: store.bundles[stored.trustDomain])
                }
            }
        }
        _ = state.answerBatch(method, ids: items.map(\.trustDomain), status: { $0.status }) { outcomes }
        return outcomes
    }
}
