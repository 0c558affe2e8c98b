package import FoundationEssentials
import Synchronization

/// What the services of one emulated server share.
package final class EmulatorState: Sendable {
    private let datastore: Mutex<EntryDatastore>
    private let agents: Mutex<AgentDirectory>
    /// Made when it is first used: most tests need none.
    private let authority: Mutex<TrustAuthority?>
    private let makeAuthority: @Sendable () throws -> TrustAuthority
    /// What the agent finds out about processes beside their user and group, by user.
    private let attested = Mutex<[UInt32: Set<StoredEntry.Selector>]>([:])
    /// SPIFFE IDs of admins that need no entry, as `admin_ids` in the server's configuration.
    let adminIDs: Set<String>
    let log: CallLog?
    /// Seconds since 1970.
    let now: @Sendable () -> Int64

    /// Gathers what there is.
    ///
    /// - Parameters:
    ///   - bundle: Authorities and keys beside those that sign here.
    ///   - adminIDs: SPIFFE IDs of admins that need no entry.
    ///   - lifetimes: How long things live that are signed here.
    ///   - savedAuthority: What signs here, as `TrustAuthority` saved it.
    ///   - now: Seconds since 1970.
    package init(
        datastore: EntryDatastore, agents: AgentDirectory, bundle: BundleDocument = BundleDocument(),
        adminIDs: Set<String> = [], lifetimes: TrustAuthority.Lifetimes = .init(), savedAuthority: Data? = nil,
        log: CallLog? = nil, now: @escaping @Sendable () -> Int64 = { Int64(Date.now.timeIntervalSince1970) }
    ) {
        self.datastore = Mutex(datastore)
        self.agents = Mutex(agents)
        self.adminIDs = adminIDs
        let trustDomain = datastore.trustDomain
        let makeID = datastore.makeID
        authority = Mutex(nil)
        makeAuthority = {
            var authority = try TrustAuthority(
                trustDomain: trustDomain, foreign: bundle, lifetimes: lifetimes, now: now(), makeKeyID: makeID)
            if let savedAuthority { try authority.restore(savedAuthority) }
            return authority
        }
        self.log = log
        self.now = now
    }

    /// Looks at the entries or changes them, past the API.
    ///
    /// The lock is what makes the store one at a time, as in the real server with SQLite; a change is written to disk
    /// while it is held.
    package func withDatastore<Value: Sendable, Failure: Error>(
        _ body: (inout EntryDatastore) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try datastore.withLock { datastore throws(Failure) in
            guard let fault = StoreFault.current else { return try body(&datastore) }
            let before = datastore.fault
            datastore.fault = fault
            defer { datastore.fault = before }
            return try body(&datastore)
        }
    }

    /// Looks at what signs here, or changes it.
    func withAuthority<Value: Sendable>(_ body: (inout TrustAuthority) throws -> Value) throws -> Value {
        try authority.withLock { authority in
            var current: TrustAuthority
            if let authority {
                current = authority
            } else {
                current = try makeAuthority()
                try saveAuthority(current)
            }
            defer { authority = current }
            return try body(&current)
        }
    }

    func saveAuthority(_ authority: TrustAuthority) throws {
        let content = Array(try authority.saved())
        try withDatastore { store in
            try store.commit(.documentStored(name: Self.authorityDocument, content: content))
        }
    }

    static let authorityDocument = "authority"

    /// Has the agent find out this about the processes of a user, until something else is said.
    package func attest(uid: UInt32, selectors: Set<StoredEntry.Selector>) {
        attested.withLock { $0[uid] = selectors }
    }

    /// What the agent knows of the processes of a user beside their user and group.
    func attestedSelectors(uid: UInt32) -> Set<StoredEntry.Selector> { attested.withLock { $0[uid] ?? [] } }

    /// Looks at the agents or changes them, past the API.
    package func withAgents<Value: Sendable, Failure: Error>(
        _ body: (inout AgentDirectory) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try agents.withLock { agents throws(Failure) in try body(&agents) }
    }
}

/// Makes the store fail for one call.
enum StoreFault {
    /// The header with which a local caller asks for it; its value is what the store says.
    static let header = "lanyard-store-fault"

    /// What the store says to the call that is being answered.
    @TaskLocal static var current: String?
}
