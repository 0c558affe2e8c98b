import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import Logging
import SPIREClient
import SPIREEmulator
import Synchronization
import Testing

/// The parts that keep entries, against an emulated SPIRE server over its socket and an API server in memory.
final class ScaleFixture: Sendable {
    /// As many passes at a time as the operator makes.
    static let workers = 8 * IdentityReconciler.passesPerWorker

    let world: SimulatedWorld
    let registry: SPIREServerConnection
    let placement = TestPlacement()
    private let store = Store<WorkloadIdentity>(indices: IdentityIndex.all)
    private let parts: IdentityParts
    private let directory: URL
    private let log: URL
    private let queue: WorkQueue<ObjectKey>
    private let forgotten = Mutex(0)

    private init(world: SimulatedWorld, registry: SPIREServerConnection, directory: URL) {
        self.world = world
        self.registry = registry
        self.directory = directory
        log = directory.appending(path: "calls.log")
        parts = IdentityParts(
            world: world, store: store, api: world.api, registry: registry, events: RecordedEvents(),
            placement: placement, gate: DependencyGate(breaker: nil),
            boundaries: SimulatedBoundaries(settings: world.settings).book, states: IdentityStates(),
            accounts: ServiceAccountDirectory(api: nil, clock: world.clock))
        queue = WorkQueue(environment: .system, name: "scale")
    }

    /// Runs the servers while the body runs.
    static func run(_ body: @escaping @Sendable (ScaleFixture) async throws -> Void) async throws {
        let directory = URL(filePath: "/tmp/ls-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let socket = directory.appending(path: "api.sock").path
        let world = try SimulatedWorld(seed: 1, log: CallLog(path: directory.appending(path: "calls.log").path))
        let server = EmulatedServer(socketPath: socket, state: world.spire)
        var settings = SPIREServerConnection.Settings()
        // The client, the server and other tests share the processors; how long that takes is not looked at here.
        settings.callTimeout = .seconds(60)
        let connection = try SPIREServerConnection(
            address: .unixSocket(path: socket), settings: settings, fence: { .seconds(60) })
        let (ready, listening) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run { _ in listening.yield() } }
            for await _ in ready { break }
            group.addTask { try await connection.run() }
            let fixture = ScaleFixture(world: world, registry: connection, directory: directory)
            try await fixture.parts.verification.verifyNow()
            try fixture.forgetCalls()
            try await body(fixture)
            connection.beginGracefulShutdown()
            server.beginGracefulShutdown()
            try await group.waitForAll()
        }
    }

    // MARK: - Acts

    func create(_ name: String, _ fill: (inout WorkloadIdentitySpec) -> Void = { _ in }) async throws {
        var spec = WorkloadIdentitySpec()
        fill(&spec)
        let stored = try await world.api.create(
            WorkloadIdentity(metadata: ObjectMeta(name: name, namespace: "shop"), spec: spec))
        see(stored)
    }

    func edit(_ name: String, _ change: (inout WorkloadIdentitySpec) -> Void) async throws {
        var object = try #require(try await world.api.get(WorkloadIdentity.self, key(name)))
        change(&object.spec)
        see(try await world.api.replace(object))
    }

    func delete(_ name: String) async throws {
        try await world.api.delete(WorkloadIdentity.self, key(name), uid: nil)
        see(try #require(try await world.api.get(WorkloadIdentity.self, key(name))))
    }

    private func see(_ object: WorkloadIdentity) {
        store.apply(.upsert(object))
        queue.add(object.key)
    }

    /// All passes that are due, as many at a time as in the operator.
    func work() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.workers {
                group.addTask {
                    while try await self.queue.withNextIfReady({ item in
                        _ = try await self.parts.reconciler.reconcile(item.key)
                    }) != nil {}
                }
            }
            try await group.waitForAll()
        }
    }

    /// One pass over one identity.
    func pass(_ name: String) async throws {
        if let stored = try await world.api.get(WorkloadIdentity.self, key(name)) { store.apply(.upsert(stored)) }
        _ = try await parts.reconciler.reconcile(key(name))
    }

    /// Lets the verification work for a time of the virtual clock.
    func verify(for duration: Duration) async throws {
        let end = world.clock.now + duration
        while world.clock.now < end {
            let result = try await parts.verification.reconcile(EntryVerification.key)
            world.clock.advance(by: try #require(result.requeueAfter))
        }
    }

    func key(_ name: String) -> ObjectKey { ObjectKey(namespace: "shop", name: name) }

    // MARK: - What there is

    var entryCount: Int { world.registry.withDatastore { $0.entries.count } }

    func take() -> [ObjectKey] { parts.differing.take() }

    /// The calls of a method since they were forgotten.
    func calls(_ method: String) throws -> [CallLog.Call] { try calls().filter { $0.method == method } }

    /// The methods of all calls about entries, in order.
    func entryCalls() throws -> [String] {
        try calls().map(\.method).filter { $0.hasSuffix("Entry") || $0.hasSuffix("Entries") }
    }

    /// Counts from here.
    func forgetCalls() throws {
        let count = try CallLog.read(log).count
        forgotten.withLock { $0 = count }
    }

    private func calls() throws -> [CallLog.Call] {
        Array(try CallLog.read(log).dropFirst(forgotten.withLock { $0 }))
    }
}
