import KubernetesModel
package import LanyardAPI

extension EntryRegistry {
    package func entries(ids: [String]) async -> [Result<RegistrationEntry?, SPIREError>] {
        await results(of: ids) { id throws(SPIREError) in try await entry(id: id) }
    }

    package func create(_ entries: [RegistrationEntry]) async -> [Result<EntryCreation, SPIREError>] {
        await results(of: entries) { entry throws(SPIREError) in try await create(entry) }
    }

    package func update(_ updates: [EntryUpdate]) async -> [Result<Bool, SPIREError>] {
        await results(of: updates) { update throws(SPIREError) in
            try await self.update(update.entry, fields: update.fields)
        }
    }

    package func delete(ids: [String]) async -> [Result<Void, SPIREError>] {
        await results(of: ids) { id throws(SPIREError) in try await delete(id: id) }
    }

    private func results<Item, Output>(
        of items: [Item], _ call: (Item) async throws(SPIREError) -> Output
    ) async -> [Result<Output, SPIREError>] {
        var results: [Result<Output, SPIREError>] = []
        for item in items {
            results.append(await Result.of { () throws(SPIREError) in try await call(item) })
        }
        return results
    }
}
