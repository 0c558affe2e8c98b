import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import PrometheusExposition
import SPIREEmulator
import ServiceLifecycle
import TestSupport
import Testing

@testable import LanyardOperator

/// The way of the operator's own SPIFFE IDs, from the agent to the identities that must not have them.
@Suite("The operator's own SPIFFE IDs, wired", .timeLimit(.minutes(1)))
struct OwnIDsTests {
    private static let agent = "spiffe://neural-hive.local/spire/agent/t/1"
    private static let key = ObjectKey(namespace: "shop", name: "web")

    private let lines = RecordedLines()
    private let spire: EmulatorState
    private let api = InMemoryAPIServer(
        environment: .system,
        resources: LanyardKind.all.map(\.descriptor) + [
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

    /// The operator as a whole, over servers whose sockets are in a directory.
    private func group(sockets directory: URL, apiServer: String) throws -> ServiceGroup {
        let file = directory.appending(path: "kubeconfig")
        try """
        apiVersion: v1
        kind: Config
        current-context: test
        contexts: [{name: test, context: {cluster: test, user: test}}]
        clusters: [{name: test, cluster: {server: "\(apiServer)"}}]
        users: [{name: test, user: {token: none}}]
        """.write(to: file, atomically: true, encoding: .utf8)
        let configuration = try OperatorConfiguration(
            ConfigurationSample.sources(set: [
                "spire.address=unix://\(directory.path)/api.sock",
                "spire.workloadAPI=unix://\(directory.path)/agent.sock",
                // It is this that makes it ask the agent.
                "vault.auth.method=jwtSVID", "vault.address=http://127.0.0.1:1", "leaderElection.enabled=false",
                "server.metrics=127.0.0.1:0", "server.health=127.0.0.1:0",
            ]))
        let services = try OperatorServices(
            configuration: configuration, kubeconfig: file.path, metrics: PrometheusRegistry(), environment: .system,
            logger: lines.logger)
        return ServiceGroup(
            configuration: ServiceGroupConfiguration(services.parts, signals: [], logger: lines.logger))
    }

    @Test("an ID that the operator gets while it runs is taken from the identity that has it, at once")
    func late() async throws {
        let directory = URL(filePath: "/tmp/own-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let sockets = ["agent.sock", "api.sock"].map { directory.appending(path: $0).path }
        var listeners = EmulatedServer.Listeners()
        listeners.workloads = (sockets[0], WorkloadSettings(agentID: Self.agent))
        let server = EmulatedServer(socketPath: sockets[1], listeners: listeners, state: spire)
        issue("/lanyard")
        try await createIdentity()
        let api = api
        try await ScriptedServer.run(handler: { try await api.answer(to: $0) }) { apiServer in
            let group = try group(sockets: directory, apiServer: apiServer.url)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await server.run { _ in } }
                try await eventually("both listen") {
                    sockets.allSatisfy { FileManager.default.fileExists(atPath: $0) }
                }
                tasks.addTask { try await group.run() }
                try await eventually("the identity is in place") {
                    let conditions = try await api.get(WorkloadIdentity.self, Self.key)?.status?.conditions
                    return conditions?.condition(ConditionType.entriesSynced)?.status == .yes && hasEntry
                }
                issue("/shared/web")
                // Sooner than any look of its own would find it.
                try await eventually("its entry is gone", within: .seconds(20)) { !hasEntry }
                await group.triggerGracefulShutdown()
                server.beginGracefulShutdown()
                try await tasks.waitForAll()
            }
        }
    }
}
