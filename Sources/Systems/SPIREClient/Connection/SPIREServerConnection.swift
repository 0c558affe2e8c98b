import GRPCCore
import GRPCNIOTransportHTTP2Posix
package import KubernetesModel
import LanyardAPI
import SwiftProtobuf
import Synchronization

/// One connection to a SPIRE server, for all callers. It connects when it is needed, and again after every loss.
///
/// `run()` must be running for calls to be answered. Reads before that wait for it until their deadline; writes fail at
/// once. Writes that many tasks ask for share calls, and only those of a crowd are delayed for it (`BatchQueue`): a write
/// waits at most one `callTimeout` for its turn, and one for its answer.
package final class SPIREServerConnection: Sendable {
    /// What can be set.
    package struct Settings: Sendable {
        /// How long one call may take.
        package var callTimeout = Duration.seconds(5)
        /// How many entries or agents to ask for at a time.
        package var pageSize: Int32 = 500
        /// How many entries are read one by one at the same time.
        package var concurrentReads = 8
        /// How many writes of one caller wait for their turn at the same time: two full calls. What others want comes
        /// between them.
        package var concurrentWrites = 400
        /// For how many writes a call waits at most while many come: no more than are asked for at the same time.
        package var awaitedWrites = 64
        /// Largest answer, in bytes.
        package var maxAnswerBytes = 4 << 20

        /// The defaults.
        package init() {}

        /// Options of a call that may take this long at most.
        func callOptions(timeout: Duration) -> CallOptions {
            var options = CallOptions.defaults
            options.timeout = min(callTimeout, timeout)
            options.maxResponseMessageBytes = maxAnswerBytes
            // The transport (2.9) takes the bound of requests for that of answers.
            options.maxRequestMessageBytes = maxAnswerBytes
            return options
        }
    }

    /// How long writing is allowed from now on; nil when it is not.
    package typealias Fence = @Sendable () -> Duration?

    typealias Transport = HTTP2ClientTransport.Posix
    typealias Creation = BatchSender<Bool, Spire_Api_Types_Entry, EntryCreation>
    typealias Update = BatchSender<Set<EntryField>, Spire_Api_Types_Entry, Bool>
    typealias Deletion = BatchSender<Bool, String, Void>

    let settings: Settings
    let client: GRPCClient<Transport>
    let attempts: CallAttempts
    /// How TCP connections are made secure; nil on a Unix socket, which needs no SVID.
    let tls: ServerTLS?
    private let fence: Fence
    private let clock: any RuntimeClock
    private let creations: Creation
    private let updates: Update
    private let deletions: Deletion
    private let isStopping = Mutex(false)
    private let shutdowns: AsyncStream<Never>
    private let shutdown: AsyncStream<Never>.Continuation

    /// Prepares a connection; nothing is opened before `run()`.
    ///
    /// - Parameters:
    ///   - tls: How TCP connections are made secure; not used for a Unix socket.
    ///   - clock: Bounds calls, and the wait for them.
    ///   - fence: Asked before every write.
    /// - Throws: `SPIREError` when the address cannot be used.
    package init(
        address: SPIREServerAddress, tls: ServerTLS? = nil, settings: Settings = Settings(),
        clock: any RuntimeClock = SystemClock(), fence: @escaping Fence
    ) throws(SPIREError) {
        let tls = address.needsTLS ? tls : nil
        do {
            client = GRPCClient(transport: try address.makeTransport(tls: tls))
        } catch {
            throw SPIREError(.invalidArgument, "the address of the SPIRE server cannot be used")
        }
        self.settings = settings
        self.fence = fence
        self.clock = clock
        self.tls = tls
        let now: @Sendable () -> Duration = { clock.now }
        let sleep: @Sendable (Duration) async throws -> Void = { try await clock.sleep(for: $0) }
        attempts = CallAttempts(timeout: settings.callTimeout, now: now, sleep: sleep)
        (shutdowns, shutdown) = AsyncStream.makeStream()
        let calls = WriteCalls(
            entries: .init(wrapping: client), settings: settings, attempts: attempts, tls: tls, fence: fence)
        creations = Creation(limits: .init(settings), now: now, sleep: sleep) { _, entries in
            await calls.create(entries)
        }
        updates = Update(limits: .init(settings), now: now, sleep: sleep) { fields, entries in
            await calls.update(entries, fields: fields)
        }
        deletions = Deletion(limits: .init(settings), now: now, sleep: sleep) { _, ids in
            await calls.delete(ids)
        }
    }

    /// Keeps the connection until the task is cancelled, or until `beginGracefulShutdown()`; what is in flight then has
    /// one `callTimeout` to end. Can be called once.
    ///
    /// - Throws: When the connection was run before.
    package func run() async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { await self.creations.run() }
            group.addTask { await self.updates.run() }
            group.addTask { await self.deletions.run() }
            try await withThrowingTaskGroup { connections in
                connections.addTask { try await self.runConnections() }
                connections.addTask { await self.waitForShutdown() }
                try await connections.next()
                connections.cancelAll()
                try await connections.waitForAll()
            }
            stopWriting()
            try await group.waitForAll()
        }
    }

    /// Lets what is in flight end, and takes no more calls.
    package func beginGracefulShutdown() {
        isStopping.withLock { $0 = true }
        stopWriting()
        client.beginGracefulShutdown()
        shutdown.finish()
    }

    private func runConnections() async throws {
        do {
            try await client.runConnections()
        } catch {
            // It was stopped before it ran.
            guard isStopping.withLock({ $0 }) else { throw error }
        }
    }

    /// Returns one call's time after the shutdown began: a peer that never answers would hold up its end for ever.
    private func waitForShutdown() async {
        for await _ in shutdowns {}
        try? await clock.sleep(for: settings.callTimeout)
    }

    private func stopWriting() {
        creations.stop()
        updates.stop()
        deletions.stop()
    }

    func submitCreation(_ entry: RegistrationEntry) async throws(SPIREError) -> EntryCreation {
        try checkFence()
        let wire = entry.wire
        return try await creations.submit(wire, group: true, bytes: wire.encodedSize)
    }

    func submitUpdate(_ entry: RegistrationEntry, fields: Set<EntryField>) async throws(SPIREError) -> Bool {
        try checkFence()
        let wire = entry.wire
        return try await updates.submit(wire, group: fields, bytes: wire.encodedSize)
    }

    func submitDeletion(id: String) async throws(SPIREError) {
        try checkFence()
        try await deletions.submit(id, group: true, bytes: id.utf8.count)
    }

    /// Refuses a write that would not be sent, before it waits for its turn.
    private func checkFence() throws(SPIREError) {
        guard let remaining = fence(), remaining > .zero else { throw .notLeading }
    }
}

extension BatchQueue.Limits {
    fileprivate init(_ settings: SPIREServerConnection.Settings) {
        self.init()
        wait = settings.callTimeout
        call = wait * 3
        enough = settings.awaitedWrites
    }
}

extension Spire_Api_Types_Entry {
    /// Size on the wire in bytes. An entry that cannot be encoded fails when it is sent.
    fileprivate var encodedSize: Int {
        ((try? serializedBytes()) as [UInt8]?)?.count ?? 0
    }
}
