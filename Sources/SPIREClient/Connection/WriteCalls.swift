import GRPCCore
import GRPCNIOTransportHTTP2Posix
import LanyardAPI

/// The calls that change entries, each with one outcome for each item. The fence is asked before each call, and no call
/// outlives it.
struct WriteCalls: Sendable {
    let entries: Spire_Api_Server_Entry_V1_Entry.Client<HTTP2ClientTransport.Posix>
    let settings: SPIREServerConnection.Settings
    let fence: SPIREServerConnection.Fence

    func create(_ items: [Spire_Api_Types_Entry]) async -> [Result<EntryCreation, SPIREError>] {
        var request = Spire_Api_Server_Entry_V1_BatchCreateEntryRequest()
        request.entries = items
        return await outcomes(count: items.count) { [request] options in
            try await entries.batchCreateEntry(request, options: options).results
        } outcome: { result throws(SPIREError) in
            try result.outcome()
        }
    }

    func update(_ items: [Spire_Api_Types_Entry], fields: Set<EntryField>) async -> [Result<Bool, SPIREError>] {
        var request = Spire_Api_Server_Entry_V1_BatchUpdateEntryRequest()
        request.entries = items
        request.inputMask = Spire_Api_Types_EntryMask(fields)
        request.outputMask = Spire_Api_Types_EntryMask()
        return await outcomes(count: items.count) { [request] options in
            try await entries.batchUpdateEntry(request, options: options).results
        } outcome: { result throws(SPIREError) in
            try result.outcome()
        }
    }

    func delete(_ ids: [String]) async -> [Result<Void, SPIREError>] {
        var request = Spire_Api_Server_Entry_V1_BatchDeleteEntryRequest()
        request.ids = ids
        return await outcomes(count: ids.count) { [request] options in
            try await entries.batchDeleteEntry(request, options: options).results
        } outcome: { result throws(SPIREError) in
            try result.outcome()
        }
    }

    /// Makes one call; what fails it fails every item.
    private func outcomes<Answer: Sendable, Output: Sendable>(
        count: Int, call: (CallOptions) async throws -> [Answer],
        outcome: (Answer) throws(SPIREError) -> Output
    ) async -> [Result<Output, SPIREError>] {
        do {
            guard let remaining = fence(), remaining > .zero else { throw SPIREError.notLeading }
            let answers = try await call(settings.callOptions(timeout: remaining))
            guard answers.count == count else {
                throw SPIREError(.malformedAnswer, "the answer has another number of results than the request")
            }
            return answers.map { answer in
                Result { () throws(SPIREError) in try outcome(answer) }
            }
        } catch {
            return Array(repeating: .failure(SPIREError(call: error)), count: count)
        }
    }
}

extension SPIREError {
    /// Nothing was sent, since this process may not write.
    static var notLeading: SPIREError { SPIREError(.fenced, "this process does not lead") }
}
