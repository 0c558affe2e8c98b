package import LanyardAPI

/// The port to one SPIRE server, as far as Lanyard needs it. Every call has a deadline of its own.
package protocol EntryRegistry: Sendable {
    /// Reads one entry; nil only when the server says NOT_FOUND.
    ///
    /// - Throws: `SPIREError`.
    func entry(id: String) async throws(SPIREError) -> RegistrationEntry?

    /// Entries that match all given filters; pages until the server has no more.
    ///
    /// - Throws: `SPIREError`, `invalidArgument` when no filter is given.
    func entries(matching filter: EntryFilter) async throws(SPIREError) -> [RegistrationEntry]

    /// Creates one entry under its own ID. Checks the leadership fence first.
    ///
    /// - Throws: `SPIREError` when the call fails; what the server says of the entry is in the result.
    func create(_ entry: RegistrationEntry) async throws(SPIREError) -> EntryCreation

    /// Changes the given fields of an entry in place. Checks the leadership fence first.
    ///
    /// - Returns: false when the entry does not exist.
    /// - Throws: `SPIREError`.
    func update(_ entry: RegistrationEntry, fields: Set<EntryField>) async throws(SPIREError) -> Bool

    /// Deletes an entry; an absent one is no error. Checks the leadership fence first.
    ///
    /// - Throws: `SPIREError`.
    func delete(id: String) async throws(SPIREError)

    /// One agent; nil only when the server says NOT_FOUND.
    ///
    /// - Throws: `SPIREError`.
    func agent(id: SPIFFEID) async throws(SPIREError) -> Agent?

    /// Agents whose selectors contain all the given ones; pages until the server has no more.
    ///
    /// - Throws: `SPIREError`.
    func agents(withSelectors selectors: [WorkloadSelector]) async throws(SPIREError) -> [Agent]

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

    /// Makes a filter.
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

/// A node agent as the server knows it.
package struct Agent: Equatable, Sendable {
    package var id: SPIFFEID
    package var attestationType: String
    package var selectors: [WorkloadSelector]
    /// Seconds since 1970 at which its SVID expires.
    package var expiresAt: Int64
    package var isBanned: Bool

    /// Describes an agent.
    package init(
        id: SPIFFEID, attestationType: String, selectors: [WorkloadSelector], expiresAt: Int64, isBanned: Bool
    ) {
        self.id = id
        self.attestationType = attestationType
        self.selectors = selectors
        self.expiresAt = expiresAt
        self.isBanned = isBanned
    }
}
