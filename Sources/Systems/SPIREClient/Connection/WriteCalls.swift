import GRPCCore
import GRPCNIOTransportHTTP2Posix
import LanyardAPI

/// The calls that change entries, each with one outcome for each item. The fence is asked before each call and each attempt
/// of it, and no call outlives it.
struct WriteCalls: Sendable {
    let entries: Spire_Api_Server_Entry_V1_Entry.Client<HTTP2ClientTransport.Posix>
    let settings: SPIREServerConnection.Settings
    let attempts: CallAttempts
    let tls: ServerTLS?
    let fence: SPIREServerConnection.Fence

    func create(_ items: [Spire_Api_Types_Entry]) async -> [Result<EntryCreation, SPIREError>] {
        await outcomes(of: items) { items, options in
            var request = Spire_Api_Server_Entry_V1_BatchCreateEntryRequest()
            request.entries = items
            return try await entries.batchCreateEntry(request, options: options).results
        } outcome: { result throws(SPIREError) in
            try result.outcome()
        }
    }

    func update(_ items: [Spire_Api_Types_Entry], fields: Set<EntryField>) async -> [Result<Bool, SPIREError>] {
        await outcomes(of: items) { items, options in
            var request = Spire_Api_Server_Entry_V1_BatchUpdateEntryRequest()
            request.entries = items
            request.inputMask = Spire_Api_Types_EntryMask(fields)
            request.outputMask = Spire_Api_Types_EntryMask()
            return try await entries.batchUpdateEntry(request, options: options).results
        } outcome: { result throws(SPIREError) in
            try result.outcome()
        }
    }

    func delete(_ ids: [String]) async -> [Result<Void, SPIREError>] {
        await outcomes(of: ids) { ids, options in
            var request = Spire_Api_Server_Entry_V1_BatchDeleteEntryRequest()
            request.ids = ids
            return try await entries.batchDeleteEntry(request, options: options).results
        } outcome: { result throws(SPIREError) in
            try result.outcome()
        }
    }

    /// Makes one call; what fails it fails every item. A message that is too large, of the request or of the answer, is
    /// cut in halves: what had been done then is done again, which changes nothing.
    private func outcomes<Item: Sendable, Answer: Sendable, Output: Sendable>(
        of items: [Item], call: ([Item], CallOptions) async throws -> [Answer],
        outcome: (Answer) throws(SPIREError) -> Output
    ) async -> [Result<Output, SPIREError>] {
        do {
            try tls?.checkReady()
            let answers = try await attempts.make { timeout in
                guard let remaining = fence(), remaining > .zero else { throw SPIREError.notLeading }
                return try await call(items, settings.callOptions(timeout: min(timeout, remaining)))
            }
            guard answers.count == items.count else {
                throw SPIREError(.malformedAnswer, "the answer has another number of results than the request")
            }
            return answers.map { answer in
                Result { () throws(SPIREError) in try outcome(answer) }
            }
        } catch let error as RPCError where error.isAnswerTooLarge && items.count > 1 {
            let middle = items.count / 2
            return await outcomes(of: Array(items[..<middle]), call: call, outcome: outcome)
                + outcomes(of: Array(items[middle...]), call: call, outcome: outcome)
        } catch {
            let error = SPIREError(call: error)
            return Array(repeating: .failure(tls?.explained(error) ?? error), count: items.count)
        }
    }
}

extension SPIREError {
    /// Nothing was sent, since this process may not write.
    static var notLeading: SPIREError { SPIREError(.fenced, "this process does not lead") }
}
