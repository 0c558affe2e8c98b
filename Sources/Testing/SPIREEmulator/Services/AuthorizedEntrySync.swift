import GRPCCore
import SPIREClient

/// One exchange in which an agent gets the entries that it serves: in full if they are few, otherwise first their revisions
/// and then those that the agent asks for.
struct AuthorizedEntrySync: Sendable {
    private typealias Answer = Spire_Api_Server_Entry_V1_SyncAuthorizedEntriesResponse

    /// How many entries one message has.
    static let pageSize = 500

    /// What the agent serves.
    let entries: [WireEntry]

    /// Answers the requests, in order, until there are no more.
    ///
    /// - Throws: `RPCError` when a request is not as it must be.
    func run(
        _ requests: RPCAsyncSequence<Spire_Api_Server_Entry_V1_SyncAuthorizedEntriesRequest, any Error>,
        _ answers: RPCWriter<Spire_Api_Server_Entry_V1_SyncAuthorizedEntriesResponse>
    ) async throws {
        var mask: WireMask?
        var isFirst = true
        for try await request in requests {
            guard isFirst else {
                let wanted = Set(request.ids)
                try await send(entries.filter { wanted.contains($0.id) }.map { $0.masked(mask) }, answers)
                continue
            }
            isFirst = false
            guard request.ids.isEmpty else {
                throw RPCError(code: .invalidArgument, message: "specifying IDs on initial request is not supported")
            }
            if request.hasOutputMask {
                guard request.outputMask.revisionNumber else {
                    throw RPCError(code: .invalidArgument, message: "revision number cannot be masked")
                }
                mask = request.outputMask
            }
            if entries.count <= Self.pageSize {
                try await send(entries.map { $0.masked(mask) }, answers)
            } else {
                try await sendRevisions(answers)
            }
        }
    }

    private func send(_ entries: [WireEntry], _ answers: RPCWriter<Answer>) async throws {
        var rest = entries[...]
        repeat {
            var answer = Answer()
            answer.entries = Array(rest.prefix(Self.pageSize))
            rest = rest.dropFirst(Self.pageSize)
            answer.more = !rest.isEmpty
            try await answers.write(answer)
        } while !rest.isEmpty
    }

    private func sendRevisions(_ answers: RPCWriter<Answer>) async throws {
        var rest = entries[...]
        repeat {
            var answer = Answer()
            answer.entryRevisions = rest.prefix(Self.pageSize).map { entry in
                var revision = Spire_Api_Server_Entry_V1_EntryRevision()
                revision.id = entry.id
                revision.revisionNumber = entry.revisionNumber
                revision.createdAt = entry.createdAt
                return revision
            }
            rest = rest.dropFirst(Self.pageSize)
            answer.more = !rest.isEmpty
            try await answers.write(answer)
        } while !rest.isEmpty
    }
}
