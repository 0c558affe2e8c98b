import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient
import SPIREEmulator
import Synchronization
import TestSupport
import Testing

@Suite("No identity is lost through a change that Lanyard makes")
struct IdentityGapTests {
    @Test("a watcher of the authorised entries sees every pod served after every single write of 1 000 random edits")
    func noGap() async throws {
        let world = try SimulatedWorld(seed: 1)
        let watcher = Watcher(world: world)
        let lanyard = try await TestOperator(in: world, registry: watcher)
        for node in ["node-1", "node-2"] { lanyard.placement.add(node: node) }
        for (pod, node) in Watcher.pods { lanyard.placement.add(pod: pod, on: node, labels: ["tier": "front"]) }
        world.registry.withDatastore { store in
            store.federatedBundles = ["one.example"]
            store.insert(
                StoredEntry(
                    id: EntryName.nodeAlias(cluster: "sim"), spiffeID: world.alias.id.description,
                    parentID: "spiffe://sim.example/spire/server",
                    selectors: [.init(type: "k8s_psat", value: "cluster:sim")]))
        }
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        watcher.isWatching = true
        var random = SplitMix64(seed: 7)
        for _ in 0..<1_000 {
            try await lanyard.edit(identity: "web") { Self.edit(&$0, using: &random) }
            _ = try? await lanyard.reconcile(identity: "web")
            lanyard.clock.advance(by: .seconds(random.once(in: 4) ? 61 : 1))
            _ = try? await lanyard.reconcile(identity: "web")
            watcher.look(after: "two passes")
        }
        #expect(watcher.gaps.isEmpty, "\(watcher.gaps.prefix(3))")
        // The edits did something: all ways to change entries were taken, many times.
        let (created, updated, deleted) = watcher.writes
        print("\(watcher.looks) looks; \(created) entries created, \(updated) updated, \(deleted) deleted")
        #expect(created > 200 && updated > 500 && deleted > 200)
        #expect(watcher.looks == 1_000 + created + updated + deleted)
    }

    /// Something else of the spec; the pods are always meant.
    private static func edit(_ spec: inout WorkloadIdentitySpec, using random: inout SplitMix64) {
        switch Int.random(in: 0..<9, using: &random) {
        case 0, 1, 2: spec.placement = random.pick([nil, .cluster, .node, .pod])
        case 3:
            spec.spiffeID = random.pick([
                nil, "/{namespace}/{name}", "/a/b", "/{namespace}/{pod}", "/{namespace}/{podLabel:tier}",
            ])
        case 4: spec.x509SVID = random.pick([nil, .init(ttl: "1h"), .init(dnsNames: ["{name}.svc"], prefetch: false)])
        case 5: spec.podSelector = random.pick([nil, .init(matchLabels: ["tier": "front"])])
        case 6: spec.federatesWith = random.pick([nil, ["one.example"], ["one.example", "two.example"]])
        case 7: spec.hint = random.pick([nil, "a", "b"])
        default: spec.selectors = random.pick([nil, ["unix:uid:1"]])
        }
    }
}

/// Asks the emulator, after each write of the operator, what it would serve to each agent, and so which pods would be given
/// an identity.
private final class Watcher: EntryRegistry {
    static let pods = ["p1": "node-1", "p2": "node-1", "p3": "node-2"]

    private struct State {
        var isWatching = false
        var gaps: [String] = []
        var looks = 0
        var writes = (created: 0, updated: 0, deleted: 0)
    }

    private let base: any EntryRegistry
    private let world: SimulatedWorld
    private let state = Mutex(State())

    init(world: SimulatedWorld) {
        self.world = world
        base = world.registry
    }

    var looks: Int { state.withLock { $0.looks } }
    var gaps: [String] { state.withLock { $0.gaps } }
    var writes: (created: Int, updated: Int, deleted: Int) { state.withLock { $0.writes } }
    var isWatching: Bool {
        get { state.withLock { $0.isWatching } }
        set { state.withLock { $0.isWatching = newValue } }
    }

    /// The selectors that a workload of a pod has, as an agent attests it.
    private func selectors(of pod: String) -> Set<String> {
        ["k8s:ns:shop", "k8s:sa:web", "k8s:pod-uid:uid-\(pod)", "k8s:pod-label:tier:front", "unix:uid:1"]
    }

    func look(after write: String) {
        let gaps = Self.pods.keys.sorted().filter { pod in
            let agent = "spiffe://sim.example/spire/agent/k8s_psat/sim/uid-\(Self.pods[pod] ?? "")"
            return !world.spire.authorizedEntries(agentID: agent).contains { entry in
                selectors(of: pod).isSuperset(of: entry.selectors.map { "\($0.type):\($0.value)" })
            }
        }
        state.withLock { state in
            guard state.isWatching else { return }
            state.looks += 1
            state.gaps += gaps.map { "\($0) after \(write)" }
        }
    }

    func create(_ entry: RegistrationEntry) async throws(SPIREError) -> EntryCreation {
        let result = try await base.create(entry)
        state.withLock { if $0.isWatching { $0.writes.created += 1 } }
        look(after: "create \(entry.id)")
        return result
    }

    func update(_ entry: RegistrationEntry, fields: Set<EntryField>) async throws(SPIREError) -> Bool {
        let result = try await base.update(entry, fields: fields)
        state.withLock { if $0.isWatching { $0.writes.updated += 1 } }
        look(after: "update \(entry.id)")
        return result
    }

    func delete(id: String) async throws(SPIREError) {
        try await base.delete(id: id)
        state.withLock { if $0.isWatching { $0.writes.deleted += 1 } }
        look(after: "delete \(id)")
    }

    func entry(id: String) async throws(SPIREError) -> RegistrationEntry? { try await base.entry(id: id) }

    func entries(matching filter: EntryFilter) async throws(SPIREError) -> [RegistrationEntry] {
        try await base.entries(matching: filter)
    }

    func entryPage(_ request: EntryPageRequest) async throws(SPIREError) -> EntryPage {
        try await base.entryPage(request)
    }

    func entryCount() async throws(SPIREError) -> Int { try await base.entryCount() }

    func agent(id: SPIFFEID) async throws(SPIREError) -> Agent? { try await base.agent(id: id) }

    func agents(withSelectors selectors: [WorkloadSelector]) async throws(SPIREError) -> [Agent] {
        try await base.agents(withSelectors: selectors)
    }

    func bundle() async throws(SPIREError) -> TrustBundle { try await base.bundle() }

    func federatedTrustDomains() async throws(SPIREError) -> Set<String> { try await base.federatedTrustDomains() }

    func checkHealth() async throws(SPIREError) { try await base.checkHealth() }
}
