import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import SPIREEmulator
import ServiceLifecycle
import Testing
import VaultTesting

@testable import lanyard

/// The way of the operator's own SPIFFE IDs, from the agent to the identities that must not have them.
@Suite("The operator's own SPIFFE IDs, wired", .timeLimit(.minutes(1)))
struct OwnIDsTests {
    private static let agent = "spiffe://neural-hive.local/spire/agent/t/1"
    private static let key = ObjectKey(namespace: "shop", name: "web")

    private let lines = RecordedLines()
    private let spire: EmulatorState
    private let api = InMemoryAPIServer(
        environment: .system,
        resources: [
            WorkloadIdentity.descriptor, VaultRoleBinding.descriptor, DatabaseRoleTemplate.descriptor,
            OwnershipRecord.descriptor, IdentityBoundary.descriptor, VaultMount.descriptor,
            NamespaceMetadata.descriptor, ServiceAccountMetadata.descriptor,
        ])

    init() throws {
        let trustDomain = try #require(TrustDomain("neural-hive.local"))
        spire = EmulatorState(
            datastore: EntryDatastore(trustDomain: trustDomain) { UUID().uuidString },
            agents: AgentDirectory(trustDomain: trustDomain))
    }

    /// Gives the operator an ID: an entry without selectors is for every process.
    private func issue(_ path: String) {
        spire.withDatastore { store in
            store.insert(
                StoredEntry(
                    id: "operator\(path)", spiffeID: "spiffe://neural-hive.local\(path)", parentID: Self.agent,
                    selectors: []))
        }
    }

    private var hasEntry: Bool {
        let ids = spire.withDatastore { $0.entries.map(\.id) }
        return ids.contains("lanyard.production.shop.web")
    }

    /// An identity with the ID `/shared/web`. It has its finalizer already: the event that stores it would run a second pass.
    private func createIdentity() async throws {
        var boundary = IdentityBoundary(metadata: ObjectMeta(name: "shared"))
        boundary.spec.namespaces = .init(names: ["shop"])
        boundary.spec.identity = .init()
        boundary.spec.identity?.spiffeIDs = ["/shared/*"]
        _ = try await api.create(boundary)
        _ = try await api.create(NamespaceMetadata(metadata: ObjectMeta(name: "shop")))
        var identity = WorkloadIdentity(metadata: ObjectMeta(name: Self.key.name, namespace: Self.key.namespace))
        identity.metadata.finalizers = [LanyardGroup.cleanupFinalizer]
        identity.spec.spiffeID = "/shared/web"
        _ = try await api.create(identity)
    }

    /// The controllers of an operator that asks the agent on this socket who it is.
    private func group(agentSocket: String) throws -> ServiceGroup {
        let configuration = try OperatorConfiguration(
            ConfigurationSample.sources(set: [
                "spire.workloadAPI=unix://\(agentSocket)", "leaderElection.enabled=false",
            ]))
        let own = try OwnIdentity(configuration.spire, environment: .system, logger: lines.logger)
        let election = try Election(
            configuration: configuration.leaderElection, namespace: "lanyard-system", identity: "test", api: api,
            environment: .system, logger: lines.logger)
        let controllers = try ControllerServices(
            configuration: configuration, api: api, namespace: "lanyard-system",
            registry: InMemoryEntryRegistry(state: spire), vault: InMemoryVault(mounts: [:]), events: NoEvents(),
            own: own, election: election, environment: .system, logger: lines.logger)
        let parts: [OperatorPart: [any Service]] = [
            .connections: [own], .sources: controllers.sources, .controllers: controllers.workers,
        ]
        return ServiceGroup(configuration: ServiceGroupConfiguration(parts, signals: [], logger: lines.logger))
    }

    @Test("an ID that the operator gets while it runs is taken from the identity that has it, at once")
    func late() async throws {
        let directory = URL(filePath: "/tmp/own-\(UUID().uuidString.prefix(8))")
        defer { try? FileManager.default.removeItem(at: directory) }
        let socket = directory.appending(path: "agent.sock").path
        var listeners = EmulatedServer.Listeners()
        listeners.workloads = (socket, WorkloadSettings(agentID: Self.agent))
        let server = EmulatedServer(
            socketPath: directory.appending(path: "api.sock").path, listeners: listeners, state: spire)
        issue("/lanyard")
        try await createIdentity()
        let group = try group(agentSocket: socket)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await server.run { _ in } }
            await eventually("the agent listens") { FileManager.default.fileExists(atPath: socket) }
            tasks.addTask { try await group.run() }
            try await eventually("the identity is in place") {
                let conditions = try await api.get(WorkloadIdentity.self, Self.key)?.status?.conditions
                return conditions?.condition(ConditionType.entriesSynced)?.status == .yes && hasEntry
            }
            issue("/shared/web")
            await eventually("its entry is gone") { !hasEntry }
            await group.triggerGracefulShutdown()
            server.beginGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}

private struct NoEvents: EventRecorder {
    func record(_ event: ObjectEvent) {}
}
