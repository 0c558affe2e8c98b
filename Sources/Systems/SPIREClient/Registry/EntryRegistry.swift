import KubernetesModel
package import LanyardAPI

/// The port to one SPIRE server, as far as Lanyard needs it. Every call has a deadline of its own.
///
/// Only `NOT_FOUND` counts as absence; every other failure is thrown. Writes check the leadership fence first, and can all
/// be repeated: a created entry is found as a similar one, an update sets the same values, a deleted entry stays deleted.
///
/// The calls for several entries have a default that makes one call after the other, which is enough for a port in memory.
package protocol EntryRegistry: Sendable {
    // MARK: Entries

    /// Reads one entry; nil only when the server says NOT_FOUND.
    ///
    /// - Throws: `SPIREError`.
    func entry(id: String) async throws(SPIREError) -> RegistrationEntry?

    /// Reads entries one by one, a few at a time; the results are in the order of the IDs.
    func entries(ids: [String]) async -> [Result<RegistrationEntry?, SPIREError>]

    /// Entries that match all given filters; pages until the server has no more.
    ///
    /// - Throws: `SPIREError`, `invalidArgument` when no filter is given, `malformedAnswer` when one of the entries does
    ///   not parse.
    func entries(matching filter: EntryFilter) async throws(SPIREError) -> [RegistrationEntry]

    /// One page of a listing, whose other pages the caller asks for when it likes: listings of everything are spread over
    /// time. Entries that come or go meanwhile may be missed or not, each of the others is listed once.
    ///
    /// - Throws: `SPIREError`; an entry that does not parse is no failure here.
    func entryPage(_ request: EntryPageRequest) async throws(SPIREError) -> EntryPage

    /// How many entries the server has. As costly for the server as a listing.
    ///
    /// - Throws: `SPIREError`.
    func entryCount() async throws(SPIREError) -> Int

    /// Creates one entry under its own ID. Checks the leadership fence first.
    ///
    /// - Throws: `SPIREError` when the call fails; what the server says of the entry is in the result.
    func create(_ entry: RegistrationEntry) async throws(SPIREError) -> EntryCreation

    /// Creates entries, each with a result of its own, in order.
    func create(_ entries: [RegistrationEntry]) async -> [Result<EntryCreation, SPIREError>]

    /// Changes the given fields of an entry in place. Checks the leadership fence first.
    ///
    /// - Returns: false when the entry does not exist.
    /// - Throws: `SPIREError`.
    func update(_ entry: RegistrationEntry, fields: Set<EntryField>) async throws(SPIREError) -> Bool

    /// Changes entries in place, each with a result of its own, in order.
    func update(_ updates: [EntryUpdate]) async -> [Result<Bool, SPIREError>]

    /// Deletes an entry; an absent one is no error. Checks the leadership fence first.
    ///
    /// - Throws: `SPIREError`.
    func delete(id: String) async throws(SPIREError)

    /// Deletes entries, each with a result of its own, in order.
    func delete(ids: [String]) async -> [Result<Void, SPIREError>]

    // MARK: Agents

    /// One agent; nil only when the server says NOT_FOUND.
    ///
    /// - Throws: `SPIREError`.
    func agent(id: SPIFFEID) async throws(SPIREError) -> Agent?

    /// Agents whose selectors contain all the given ones; without any, all agents. Pages until the server has no more.
    ///
    /// - Throws: `SPIREError`.
    func agents(withSelectors selectors: [WorkloadSelector]) async throws(SPIREError) -> [Agent]

    // MARK: Trust

    /// The bundle of the server's own trust domain, which also says what the trust domain is.
    ///
    /// - Throws: `SPIREError`.
    func bundle() async throws(SPIREError) -> TrustBundle

    /// Names of the other trust domains whose bundles are stored: an entry may federate with these.
    ///
    /// - Throws: `SPIREError`.
    func federatedTrustDomains() async throws(SPIREError) -> Set<String>

    /// Whether the server serves.
    ///
    /// - Throws: `SPIREError` when it does not.
    func checkHealth() async throws(SPIREError)
}

/// Which entries to list; filters that are set must all match.
package struct EntryFilter: Equatable, Sendable {
    package var spiffeID: SPIFFEID?
    package var parentID: SPIFFEID?
    /// The exact set of selectors.
    package var selectors: [WorkloadSelector]?

    /// Every entry passes, where nothing is given.
    package init(spiffeID: SPIFFEID? = nil, parentID: SPIFFEID? = nil, selectors: [WorkloadSelector]? = nil) {
        self.spiffeID = spiffeID
        self.parentID = parentID
        self.selectors = selectors
    }
}

/// What became of a request to create an entry.
package enum EntryCreation: Equatable, Sendable {
    /// It was created as asked.
    case created(RegistrationEntry)
    /// An entry with the same SPIFFE ID, parent and selectors exists; the server returned it and changed nothing.
    case similarExists(RegistrationEntry)
    /// The ID is taken by an entry with another tuple (or a member was given twice).
    case idTaken
}

/// A change of an entry in place.
package struct EntryUpdate: Equatable, Sendable {
    /// The entry as it shall be; what is not in `fields` is not looked at.
    package var entry: RegistrationEntry
    package var fields: Set<EntryField>

    /// Describes a change.
    package init(_ entry: RegistrationEntry, fields: Set<EntryField>) {
        self.entry = entry
        self.fields = fields
    }
}

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
