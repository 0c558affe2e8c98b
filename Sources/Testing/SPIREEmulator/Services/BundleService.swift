import GRPCCore
import SPIREClient

/// The Bundle service.
struct BundleService: Spire_Api_Server_Bundle_V1_Bundle.SimpleServiceProtocol {
    let state: EmulatorState

    func getBundle(
        request: Spire_Api_Server_Bundle_V1_GetBundleRequest, context: ServerContext
    ) async throws -> Spire_Api_Types_Bundle {
        try state.answer("GetBundle") { () throws(CallFailure) in
            let bundle: WireBundle
            do { bundle = try state.ownBundle() } catch { throw .internalError("failed to fetch bundle") }
            return bundle.masked(request.hasOutputMask ? request.outputMask : nil)
        }
    }

    func countBundles(
        request: Spire_Api_Server_Bundle_V1_CountBundlesRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Bundle_V1_CountBundlesResponse {
        try state.answer("CountBundles") { () throws(CallFailure) in
            var response = Spire_Api_Server_Bundle_V1_CountBundlesResponse()
            response.count = Int32(clamping: state.withDatastore { $0.bundles.rows.count } + 1)
            return response
        }
    }

    func listFederatedBundles(
        request: Spire_Api_Server_Bundle_V1_ListFederatedBundlesRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Bundle_V1_ListFederatedBundlesResponse {
        try state.answer("ListFederatedBundles", items: { $0.bundles.count }) { () throws(CallFailure) in
            let page = try state.withDatastore { store throws(CallFailure) in
                try store.checkFault()
                return try store.bundles.page(size: request.pageSize, token: request.pageToken)
            }
            var response = Spire_Api_Server_Bundle_V1_ListFederatedBundlesResponse()
            let mask = request.hasOutputMask ? request.outputMask : nil
            response.bundles = page.bundles.map { $0.masked(mask) }
            response.nextPageToken = page.nextToken
            return response
        }
    }

    func getFederatedBundle(
        request: Spire_Api_Server_Bundle_V1_GetFederatedBundleRequest, context: ServerContext
    ) async throws -> Spire_Api_Types_Bundle {
        try state.answer("GetFederatedBundle", ids: [request.trustDomain]) { () throws(CallFailure) in
            let bundle = try state.withDatastore { store throws(CallFailure) in
                try store.bundle(of: request.trustDomain)
            }
            return bundle.masked(request.hasOutputMask ? request.outputMask : nil)
        }
    }

    func batchCreateFederatedBundle(
        request: Spire_Api_Server_Bundle_V1_BatchCreateFederatedBundleRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Bundle_V1_BatchCreateFederatedBundleResponse {
        var response = Spire_Api_Server_Bundle_V1_BatchCreateFederatedBundleResponse()
        response.results = batch("BatchCreateFederatedBundle", request.bundle) { store, bundle throws(CallFailure) in
            try store.createBundle(bundle)
        } result: { outcome in
            var result = Spire_Api_Server_Bundle_V1_BatchCreateFederatedBundleResponse.Result()
            result.status = outcome.status
            if let bundle = outcome.value {
                result.bundle = bundle.masked(request.hasOutputMask ? request.outputMask : nil)
            }
            return result
        }
        return response
    }

    func batchUpdateFederatedBundle(
        request: Spire_Api_Server_Bundle_V1_BatchUpdateFederatedBundleRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Bundle_V1_BatchUpdateFederatedBundleResponse {
        let inputMask = request.hasInputMask ? request.inputMask : nil
        var response = Spire_Api_Server_Bundle_V1_BatchUpdateFederatedBundleResponse()
        response.results = batch("BatchUpdateFederatedBundle", request.bundle) { store, bundle throws(CallFailure) in
            try store.updateBundle(bundle, mask: inputMask)
        } result: { outcome in
            var result = Spire_Api_Server_Bundle_V1_BatchUpdateFederatedBundleResponse.Result()
            result.status = outcome.status
            if let bundle = outcome.value {
                result.bundle = bundle.masked(request.hasOutputMask ? request.outputMask : nil)
            }
            return result
        }
        return response
    }

    func batchSetFederatedBundle(
        request: Spire_Api_Server_Bundle_V1_BatchSetFederatedBundleRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Bundle_V1_BatchSetFederatedBundleResponse {
        var response = Spire_Api_Server_Bundle_V1_BatchSetFederatedBundleResponse()
        response.results = batch("BatchSetFederatedBundle", request.bundle) { store, bundle throws(CallFailure) in
            try store.setBundle(bundle)
        } result: { outcome in
            var result = Spire_Api_Server_Bundle_V1_BatchSetFederatedBundleResponse.Result()
            result.status = outcome.status
            if let bundle = outcome.value {
                result.bundle = bundle.masked(request.hasOutputMask ? request.outputMask : nil)
            }
            return result
        }
        return response
    }

    func batchDeleteFederatedBundle(
        request: Spire_Api_Server_Bundle_V1_BatchDeleteFederatedBundleRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Bundle_V1_BatchDeleteFederatedBundleResponse {
        var response = Spire_Api_Server_Bundle_V1_BatchDeleteFederatedBundleResponse()
        response.results = state.answerBatch(
            "BatchDeleteFederatedBundle", ids: request.trustDomains, status: \.status
        ) {
            request.trustDomains.map { trustDomain in
                var result = Spire_Api_Server_Bundle_V1_BatchDeleteFederatedBundleResponse.Result()
                result.trustDomain = trustDomain
                result.status =
                    ItemOutcome { () throws(CallFailure) in
                        try state.withDatastore { store throws(CallFailure) in
                            try store.deleteBundle(of: trustDomain, mode: request.mode)
                        }
                    }.status
                return result
            }
        }
        return response
    }

    private func batch<Result>(
        _ method: String, _ bundles: [WireBundle],
        _ change: (inout EntryDatastore, WireBundle) throws(CallFailure) -> WireBundle,
        result: (ItemOutcome<WireBundle>) -> Result
    ) -> [Result] {
        var results: [Result] = []
        var statuses: [WireStatus] = []
        for bundle in bundles {
            let outcome = ItemOutcome { () throws(CallFailure) in
                try state.withDatastore { store throws(CallFailure) in try change(&store, bundle) }
            }
            statuses.append(outcome.status)
            results.append(result(outcome))
        }
        _ = state.answerBatch(method, ids: bundles.map(\.trustDomain), status: { $0 }) { statuses }
        return results
    }
}
