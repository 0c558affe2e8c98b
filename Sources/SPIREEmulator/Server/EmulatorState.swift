import FoundationEssentials
import Synchronization

/// What the services of one emulated server share.
package final class EmulatorState: Sendable {
    private let datastore: Mutex<EntryDatastore>
    private let agents: Mutex<AgentDirectory>
    let bundle: BundleDocument
    let log: CallLog?
    /// Seconds since 1970.
    let now: @Sendable () -> Int64

    /// Gathers what there is.
    package init(
        datastore: EntryDatastore, agents: AgentDirectory, bundle: BundleDocument = BundleDocument(),
        log: CallLog? = nil, now: @escaping @Sendable () -> Int64 = { Int64(Date.now.timeIntervalSince1970) }
    ) {
        self.datastore = Mutex(datastore)
        self.agents = Mutex(agents)
        self.bundle = bundle
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
        try datastore.withLock { datastore throws(Failure) in try body(&datastore) }
    }

    /// Looks at the agents or changes them, past the API.
    package func withAgents<Value: Sendable, Failure: Error>(
        _ body: (inout AgentDirectory) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try agents.withLock { agents throws(Failure) in try body(&agents) }
    }
}
