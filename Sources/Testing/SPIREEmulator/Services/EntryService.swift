import GRPCCore
import SPIREClient

/// The Entry service.
struct EntryService: Spire_Api_Server_Entry_V1_Entry.SimpleServiceProtocol {
    let state: EmulatorState

    func countEntries(
        request: Spire_Api_Server_Entry_V1_CountEntriesRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Entry_V1_CountEntriesResponse {
        try state.answer("CountEntries") { () throws(CallFailure) in
            var response = Spire_Api_Server_Entry_V1_CountEntriesResponse()
            response.count = try state.withDatastore { store throws(CallFailure) in try store.count(request) }
            return response
        }
    }

    func listEntries(
        request: Spire_Api_Server_Entry_V1_ListEntriesRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Entry_V1_ListEntriesResponse {
        try state.answer("ListEntries", items: { $0.entries.count }) { () throws(CallFailure) in
            try state.withDatastore { store throws(CallFailure) in try store.list(request) }
        }
    }

    func getEntry(
        request: Spire_Api_Server_Entry_V1_GetEntryRequest, context: ServerContext
    ) async throws -> Spire_Api_Types_Entry {
        try state.answer("GetEntry", ids: [request.id]) { () throws(CallFailure) in
            try state.withDatastore { store throws(CallFailure) in try store.get(request) }
        }
    }

    func batchCreateEntry(
        request: Spire_Api_Server_Entry_V1_BatchCreateEntryRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Entry_V1_BatchCreateEntryResponse {
        let now = state.now()
        let mask = request.hasOutputMask ? request.outputMask : nil
        var response = Spire_Api_Server_Entry_V1_BatchCreateEntryResponse()
        response.results = state.answerBatch("BatchCreateEntry", ids: request.entries.map(\.id), status: \.status) {
            state.withDatastore { $0.create(request.entries, outputMask: mask, now: now) }
        }
        return response
    }

    func batchUpdateEntry(
        request: Spire_Api_Server_Entry_V1_BatchUpdateEntryRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Entry_V1_BatchUpdateEntryResponse {
        let inputMask = request.hasInputMask ? request.inputMask : nil
        let outputMask = request.hasOutputMask ? request.outputMask : nil
        var response = Spire_Api_Server_Entry_V1_BatchUpdateEntryResponse()
        response.results = state.answerBatch("BatchUpdateEntry", ids: request.entries.map(\.id), status: \.status) {
            state.withDatastore { $0.update(request.entries, inputMask: inputMask, outputMask: outputMask) }
        }
        return response
    }

    func batchDeleteEntry(
        request: Spire_Api_Server_Entry_V1_BatchDeleteEntryRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Entry_V1_BatchDeleteEntryResponse {
        var response = Spire_Api_Server_Entry_V1_BatchDeleteEntryResponse()
        response.results = state.answerBatch("BatchDeleteEntry", ids: request.ids, status: \.status) {
            state.withDatastore { $0.delete(ids: request.ids) }
        }
        return response
    }

    func getAuthorizedEntries(
        request: Spire_Api_Server_Entry_V1_GetAuthorizedEntriesRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Entry_V1_GetAuthorizedEntriesResponse {
        try state.answer("GetAuthorizedEntries", items: { $0.entries.count }) { () throws(CallFailure) in
            let mask = request.hasOutputMask ? request.outputMask : nil
            var response = Spire_Api_Server_Entry_V1_GetAuthorizedEntriesResponse()
            response.entries = authorizedEntries(of: Caller(context)).map { $0.masked(mask) }
            return response
        }
    }

    func syncAuthorizedEntries(
        request: RPCAsyncSequence<Spire_Api_Server_Entry_V1_SyncAuthorizedEntriesRequest, any Error>,
        response: RPCWriter<Spire_Api_Server_Entry_V1_SyncAuthorizedEntriesResponse>, context: ServerContext
    ) async throws {
        let sync = AuthorizedEntrySync(entries: authorizedEntries(of: Caller(context)))
        state.log?.append(method: "SyncAuthorizedEntries", items: sync.entries.count, ids: [], results: ["OK"])
        try await sync.run(request, response)
    }

    private func authorizedEntries(of caller: Caller) -> [WireEntry] {
        guard case .svid(let id) = caller else { return [] }
        return state.authorizedEntries(agentID: id).compactMap(\.wire)
    }
}
