import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient
import SPIREEmulator
import VaultClient
import VaultTesting

/// The servers around a simulated operator: an API server, SPIRE and OpenBao, all in memory.
struct SimulatedWorld {
    static let operatorNamespace = "lanyard-system"

    let clock = VirtualClock()
    let environment: Environment
    let api: InMemoryAPIServer
    /// What an emulated SPIRE server would serve.
    let spire: EmulatorState
    let registry: InMemoryEntryRegistry
    let vault: InMemoryVault
    let settings: PlanningSettings
    let alias: NodeAlias

    /// - Parameters:
    ///   - log: of the calls that come over a socket.
    ///   - lag: by how many seconds SPIRE's clock is behind.
    init(seed: UInt64, log: CallLog? = nil, lag: Int64 = 0) throws {
        environment = Environment.simulated(seed: seed, clock: clock)
        api = InMemoryAPIServer(
            environment: environment,
            resources: LanyardKind.all.map(\.descriptor) + [ServiceAccountMetadata.descriptor])
        let trustDomain = try SPIFFEID("spiffe://sim.example").trustDomain
        let parent = try SPIFFEID(trustDomain: trustDomain, path: "/agents")
        let selectors = Set([WorkloadSelector("k8s_psat:cluster:sim")].compactMap { $0 })
        alias = NodeAlias(id: parent, managedSelectors: selectors)
        settings = PlanningSettings(
            clusterName: "sim", trustDomain: trustDomain, nodeAlias: parent, mounts: MountNames())
        spire = EmulatorState(
            datastore: EntryDatastore(trustDomain: trustDomain, makeID: environment.makeUUID),
            agents: AgentDirectory(trustDomain: trustDomain), log: log,
            now: { [clock] in clock.wallTime.secondsSince1970 - lag })
        registry = InMemoryEntryRegistry(state: spire)
        vault = InMemoryVault(mounts: ["kubernetes": .kubernetesAuth, "jwt": .jwtAuth, "database": .database])
        vault.foreignWrite(
            "database/config/good",
            ["plugin_name": "postgresql-database-plugin", "allowed_roles": ["*"], "username": "owner"])
        vault.foreignWrite(
            "database/config/second",
            ["plugin_name": "postgresql-database-plugin", "allowed_roles": ["*"], "username": "owner"])
        vault.foreignWrite(
            "database/config/closed", ["plugin_name": "postgresql-database-plugin", "allowed_roles": ["nobody"]])
        try registerAgents(["node-1", "node-2"])
    }

    /// Puts live agents on these nodes, and none elsewhere.
    func registerAgents(_ nodes: [String]) throws {
        try registry.withAgents { agents throws(CallFailure) in
            try agents.replace(
                with: nodes.map {
                    AgentSeed(
                        id: "spiffe://sim.example/spire/agent/k8s_psat/sim/uid-\($0)", attestationType: "k8s_psat",
                        selectors: ["k8s_psat:cluster:sim"], expiresAt: .max)
                })
        }
    }

    /// The cluster as an up-to-date cache would know it.
    func view() async throws -> ClusterView {
        let identities = try await api.list(WorkloadIdentity.self)
        let bindings = try await api.list(VaultRoleBinding.self)
        let templates = try await api.list(DatabaseRoleTemplate.self)
        return ClusterView(
            identities: identities.items, bindings: bindings.items, templates: templates.items,
            resourceVersion: bindings.metadata.resourceVersion ?? ResourceVersion("1"))
    }

    /// Everything else.
    func external() async throws -> ExternalState {
        var objects: [String: JSONValue] = [:]
        for path in vault.paths { objects[path] = vault.peek(path) }
        let records = try await api.list(OwnershipRecord.self, namespace: Self.operatorNamespace)
        return ExternalState(entries: try await entries(), objects: objects, records: records.items)
    }

    /// All entries of the SPIRE server.
    func entries() async throws -> [String: RegistrationEntry] {
        var entries: [String: RegistrationEntry] = [:]
        for id in registry.withDatastore({ $0.entries.map(\.id) }) { entries[id] = try await registry.entry(id: id) }
        return entries
    }
}
