import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient
import SPIREEmulator
import Synchronization
import Testing
import VaultClient
import VaultTesting

/// An operator that keeps mounts, driven pass by pass, over servers in memory.
struct MountWorld {
    static let namespace = "lanyard-system"

    let clock = VirtualClock()
    let api: InMemoryAPIServer
    let vault: InMemoryVault
    let spire: EmulatorState
    let journal = Journal()
    let events = RecordedEvents()
    let mounts = Store<VaultMount>(indices: MountIndex.all)
    let ledger: OwnershipLedger
    let reconciler: MountReconciler
    /// The bindings of the cluster, as far as a test needs some.
    let bindings: Store<VaultRoleBinding>
    private let environment: Environment
    private let changed = Collected()

    /// Keys that the poll found, how often somebody was woken, and the poll itself.
    private final class Collected: Sendable {
        let keys = Mutex<[ObjectKey]>([])
        let wakings = Mutex(0)
        let pollWakings = Mutex(0)
    }

    /// Starts a process.
    ///
    /// - Parameter other: the servers of an earlier process; new ones when nil.
    init(after other: MountWorld? = nil) async throws {
        environment = Environment.simulated(seed: other == nil ? 1 : 2, clock: clock)
        let trustDomain = try SPIFFEID("spiffe://sim.example").trustDomain
        spire =
            other?.spire
            ?? EmulatorState(
                datastore: EntryDatastore(trustDomain: trustDomain, makeID: environment.makeUUID),
                agents: AgentDirectory(trustDomain: trustDomain), now: { 1 })
        api =
            other?.api
            ?? InMemoryAPIServer(
                environment: environment,
                resources: [VaultMount.descriptor, OwnershipRecord.descriptor, Secret.descriptor])
        vault = other?.vault ?? InMemoryVault(mounts: [:])
        if other == nil {
            let metadata = ObjectMeta(name: DigestKeyring.secretName, namespace: Self.namespace)
            _ = try await api.create(Secret(metadata: metadata))
        }
        let recording = RecordingKubernetes(base: api, journal: journal)
        let journal = journal
        let settings = PlanningSettings(
            clusterName: "sim", trustDomain: trustDomain, nodeAlias: try SPIFFEID(trustDomain: trustDomain, path: "/a"),
            mounts: MountNames())
        bindings = Store(indices: BindingIndex.all(settings: settings))
        let boundaries = SimulatedBoundaries(settings: settings, templates: { _ in nil })
        ledger = OwnershipLedger(
            api: recording, namespace: Self.namespace, clock: clock, mayWrite: { !journal.isFenced })
        reconciler = MountReconciler(
            Convergence(
                reporter: ObjectReporter(api: recording, store: mounts, events: events),
                gate: DependencyGate(breaker: nil), pace: Pace(every: .seconds(600), in: environment)),
            sources: MountSourceReader(
                api: recording, registry: InMemoryEntryRegistry(state: spire), namespace: Self.namespace),
            keyring: DigestKeyring(
                api: recording, namespace: Self.namespace, random: environment.random,
                mayWrite: { !journal.isFenced }),
            vault: RecordingVault(base: vault, journal: journal), ledger: ledger,
            users: MountUsers(bindings: bindings, boundaries: boundaries.book, ledger: ledger),
            onWrite: { [changed] in changed.wakings.withLock { $0 += 1 } },
            onSources: { [changed] in changed.pollWakings.withLock { $0 += 1 } })
        try await ledger.load()
        journal.clear()
    }

    // MARK: Acts

    /// One pass.
    @discardableResult
    func pass(_ name: String) async throws -> ReconcileResult {
        try await see()
        return try await reconciler.reconcile(ObjectKey(namespace: nil, name: name))
    }

    /// One pass that fails, as the condition says.
    func failingPass(_ name: String) async throws {
        await #expect(throws: (any Error).self) { try await pass(name) }
    }

    /// One look at what the mounts refer to.
    ///
    /// - Returns: the mounts that have to be looked at again.
    func poll() async throws -> [String] {
        _ = try await pollResult()
        return changed.keys.withLock { keys in
            defer { keys = [] }
            return keys.map(\.name).sorted()
        }
    }

    /// One look at what the mounts refer to, and when the next one is.
    func pollResult() async throws -> ReconcileResult {
        try await see()
        let changed = changed
        return try await MountSourcePoll(of: reconciler) { keys in changed.keys.withLock { $0 += keys } }
            .reconcile(MountSourcePoll.key)
    }

    /// Fills the cache with what there is.
    func see() async throws {
        let list = try await api.list(VaultMount.self)
        _ = mounts.replace(
            with: list.items, resourceVersion: list.metadata.resourceVersion ?? ResourceVersion("1"))
    }

    /// Creates a VaultMount, later than everything before it.
    func create(_ name: String, _ type: VaultMountType, _ fill: (inout VaultMountSpec) -> Void = { _ in }) async throws
    {
        var spec = VaultMountSpec(type: type)
        fill(&spec)
        clock.advance(by: .seconds(1))
        _ = try await api.create(VaultMount(metadata: ObjectMeta(name: name), spec: spec))
    }

    /// Changes a VaultMount.
    func edit(_ name: String, _ change: (inout VaultMount) -> Void) async throws {
        var object = try await mount(name)
        change(&object)
        _ = try await api.replace(object)
    }

    /// Asks for its deletion.
    func delete(_ name: String) async throws {
        try await api.delete(VaultMount.self, ObjectKey(namespace: nil, name: name), uid: nil)
    }

    /// Stores a Secret with these values.
    func store(secret name: String, _ values: [String: String]) async throws {
        let key = ObjectKey(namespace: Self.namespace, name: name)
        let data = values.mapValues { SecretValue(Data($0.utf8)) }
        if try await api.get(Secret.self, key) == nil {
            _ = try await api.create(Secret(metadata: ObjectMeta(name: name, namespace: Self.namespace), data: data))
        } else {
            _ = try await api.mergePatch(Secret.self, key, ["data": try JSONValue(encoding: data)])
        }
    }

    // MARK: What there is

    func mount(_ name: String) async throws -> VaultMount {
        try #require(try await api.get(VaultMount.self, ObjectKey(namespace: nil, name: name)))
    }

    func condition(_ type: String, of name: String) async throws -> Condition {
        try #require(try await mount(name).status?.conditions?.condition(type))
    }

    /// How often who waits for a mount was woken.
    var wakings: Int { changed.wakings.withLock { $0 } }

    /// How often the poll was woken.
    var pollWakings: Int { changed.pollWakings.withLock { $0 } }

    func uid(_ name: String) async throws -> String { try #require(try await mount(name).metadata.uid) }

    /// The claims in the ledger by path.
    func claims() async throws -> [String: OwnershipRecord.Claim] {
        let records = try await api.list(OwnershipRecord.self, namespace: Self.namespace).items
        return Dictionary(records.flatMap(\.spec.claims).map { ($0.path, $0) }) { first, _ in first }
    }

    /// What went to Vault and changed something, `write sys/auth/jwt`, since the journal was cleared.
    var writes: [String] { journal.writes(to: "vault").map { String($0.dropFirst("vault ".count)) } }

    /// The bodies that were sent to a path.
    func bodies(_ path: String) -> [JSONValue] { vault.changes.filter { $0.path == path }.compactMap(\.body) }

    /// The notes of all events with a reason.
    func notes(_ reason: String) -> [String] { events.all.filter { $0.reason == reason }.map(\.note) }
}
