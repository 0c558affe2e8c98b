import GRPCCore
import KubernetesModel
package import LanyardAPI

extension SPIREServerConnection: EntryRegistry {
    package func entry(id: String) async throws(SPIREError) -> RegistrationEntry? {
        var request = Spire_Api_Server_Entry_V1_GetEntryRequest()
        request.id = id
        let entries = entryClient
        let wire: Spire_Api_Types_Entry? = try await read { [request] options in
            do {
                return try await entries.getEntry(request, options: options)
            } catch let error as RPCError where error.code == .notFound {
                return nil
            }
        }
        guard let wire else { return nil }
        let entry = try RegistrationEntry(wire: wire)
        guard entry.id == id else { throw SPIREError(.malformedAnswer, "another entry than asked for") }
        return entry
    }

    package func entries(ids: [String]) async -> [Result<RegistrationEntry?, SPIREError>] {
        await concurrently(ids, atMost: settings.concurrentReads) { id throws(SPIREError) in
            try await self.entry(id: id)
        }
    }

    package func entries(matching filter: EntryFilter) async throws(SPIREError) -> [RegistrationEntry] {
        guard !filter.isEmpty else { throw SPIREError(.invalidArgument, "a listing of entries needs a filter") }
        return try await allEntries(matching: filter)
    }

    /// Every entry that the server has. Costly for the server: for people and tools, never for one change.
    ///
    /// - Throws: `SPIREError`.
    package func allEntries() async throws(SPIREError) -> [RegistrationEntry] {
        try await allEntries(matching: EntryFilter())
    }

    private func allEntries(matching filter: EntryFilter) async throws(SPIREError) -> [RegistrationEntry] {
        var entries: [RegistrationEntry] = []
        var request: EntryPageRequest? = EntryPageRequest(.entries, matching: filter, size: settings.pageSize)
        while let page = request {
            let (wire, next) = try await wirePage(page)
            for entry in wire { try entries.append(RegistrationEntry(wire: entry)) }
            request = next
        }
        return entries
    }

    package func entryPage(_ request: EntryPageRequest) async throws(SPIREError) -> EntryPage {
        let (wire, next) = try await wirePage(request)
        return EntryPage(items: wire.map { ListedEntry(wire: $0, content: request.content) }, next: next)
    }

    private func wirePage(
        _ request: EntryPageRequest
    ) async throws(SPIREError) -> ([Spire_Api_Types_Entry], EntryPageRequest?) {
        let client = entryClient
        let (items, position) = try await page(from: request.position) { position, options in
            var request = request
            request.position = position
            let answer = try await client.listEntries(.init(request), options: options)
            return (answer.entries, answer.nextPageToken)
        }
        guard let position else { return (items, nil) }
        var next = request
        next.position = position
        return (items, next)
    }

    package func entryCount() async throws(SPIREError) -> Int {
        let client = entryClient
        let answer = try await read { options in
            try await client.countEntries(.init(), options: options)
        }
        return Int(answer.count)
    }

    // MARK: Writes

    package func create(_ entry: RegistrationEntry) async throws(SPIREError) -> EntryCreation {
        try await submitCreation(entry)
    }

    package func create(_ entries: [RegistrationEntry]) async -> [Result<EntryCreation, SPIREError>] {
        await concurrently(entries, atMost: settings.concurrentWrites) { entry throws(SPIREError) in
            try await self.submitCreation(entry)
        }
    }

    package func update(_ entry: RegistrationEntry, fields: Set<EntryField>) async throws(SPIREError) -> Bool {
        try await submitUpdate(entry, fields: fields)
    }

    package func update(_ updates: [EntryUpdate]) async -> [Result<Bool, SPIREError>] {
        await concurrently(updates, atMost: settings.concurrentWrites) { update throws(SPIREError) in
            try await self.submitUpdate(update.entry, fields: update.fields)
        }
    }

    package func delete(id: String) async throws(SPIREError) {
        try await submitDeletion(id: id)
    }

    package func delete(ids: [String]) async -> [Result<Void, SPIREError>] {
        await concurrently(ids, atMost: settings.concurrentWrites) { id throws(SPIREError) in
            try await self.submitDeletion(id: id)
        }
    }

    /// One result for each item, in order. Writes that run at the same time share calls by themselves.
    private func concurrently<Item: Sendable, Output: Sendable>(
        _ items: [Item], atMost limit: Int = .max,
        _ call: @escaping @Sendable (Item) async throws(SPIREError) -> Output
    ) async -> [Result<Output, SPIREError>] {
        await withTaskGroup(of: (Int, Result<Output, SPIREError>).self) { group in
            var results: [Result<Output, SPIREError>] = Array(repeating: .failure(.taskCancelled), count: items.count)
            for (index, item) in items.enumerated() {
                if index >= limit, let (done, result) = await group.next() { results[done] = result }
                group.addTask { (index, await Result.of { () throws(SPIREError) in try await call(item) }) }
            }
            for await (done, result) in group { results[done] = result }
            return results
        }
    }
}
