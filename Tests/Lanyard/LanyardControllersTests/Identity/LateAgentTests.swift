import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient
import SPIREEmulator
import Testing

/// Nodes and pods that come and go more slowly, or faster, than SPIRE's agents.
@Suite("Late agents and terminating pods")
struct LateAgentTests {
    private static let entryID = "lanyard.sim.shop.web"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private var now: String { lanyard.clock.wallTime.rfc3339 }

    private func conditions() async throws -> [String: Condition] {
        let all = try #require(try await lanyard.identity("web").status?.conditions)
        return Dictionary(all.map { ($0.type, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private func entries() -> [String] {
        lanyard.world.registry.withDatastore { $0.entries.map(\.id).sorted() }
    }

    @Test(
        "a new node whose agent is late is Reconciling and looked at every few seconds; after five minutes it is Stalled",
        arguments: [WorkloadIdentitySpec.Placement.node, .pod])
    func lateAgent(placement: WorkloadIdentitySpec.Placement) async throws {
        lanyard.placement.add(node: "scaled-up", createdAt: now)
        lanyard.placement.add(pod: "web-1", on: "scaled-up", createdAt: now)
        try await lanyard.create(identity: "web") { $0.placement = placement }
        let result = try await lanyard.reconcile(identity: "web")
        var found = try await conditions()
        #expect(found["Stalled"] == nil && found["Reconciling"]?.status == .yes)
        #expect(found["ParentResolved"]?.reason == "NoLiveAgents")
        #expect(found["ParentResolved"]?.message.contains("node scaled-up") == true)
        #expect(entries().count == 1)
        #expect(try #require(result.requeueAfter) <= .seconds(300))
        // The agent comes.
        let turn = try await lanyard.parts.verification.reconcile(EntryVerification.key)
        #expect(try #require(turn.requeueAfter) <= .seconds(5))
        #expect(lanyard.parts.differing.take() == [])
        lanyard.clock.advance(by: .seconds(5))
        try lanyard.world.registerAgents(["scaled-up"])
        _ = try await lanyard.parts.verification.reconcile(EntryVerification.key)
        #expect(lanyard.parts.differing.take() == [lanyard.key("web")])
        try await lanyard.reconcile(identity: "web")
        #expect(try await conditions()["Ready"]?.status == .yes)
        // It goes for good.
        try lanyard.world.registerAgents([])
        lanyard.clock.advance(by: .seconds(400))
        try await lanyard.reconcile(identity: "web")
        found = try await conditions()
        #expect(found["Stalled"]?.reason == "ParentNotFound" && found["Reconciling"] == nil)
        #expect(found["ParentResolved"]?.message.contains("node scaled-up has no SPIRE agent") == true)
    }

    @Test("where SPIRE gives agents IDs of their pods, the agent of a new node is not waited for")
    func podAgents() async throws {
        lanyard.placement.add(node: "scaled-up", createdAt: now)
        lanyard.placement.add(pod: "web-1", on: "scaled-up", createdAt: now)
        try lanyard.world.registry.withAgents { agents throws(CallFailure) in
            try agents.replace(
                with: [
                    AgentSeed(
                        id: "spiffe://sim.example/spire/agent/k8s_psat/sim/pod/uid-agent-1",
                        attestationType: "k8s_psat",
                        selectors: ["k8s_psat:cluster:sim", "k8s_psat:agent_node_uid:uid-scaled-up"], expiresAt: .max)
                ])
        }
        try await lanyard.create(identity: "web") { $0.placement = .node }
        try await lanyard.reconcile(identity: "web")
        let found = try await conditions()
        #expect(found["Stalled"]?.reason == "AgentIDMismatch" && found["Reconciling"] == nil)
        #expect(found["ParentResolved"]?.message.hasPrefix("node scaled-up: ") == true)
    }

    @Test("the end of the patience is a look of its own")
    func deadline() async throws {
        lanyard.placement.add(node: "scaled-up", createdAt: now)
        lanyard.placement.add(pod: "web-1", on: "scaled-up", createdAt: now)
        try await lanyard.create(identity: "web") { $0.placement = .node }
        let pause = try #require(try await lanyard.reconcile(identity: "web").requeueAfter)
        lanyard.clock.advance(by: pause)
        try await lanyard.reconcile(identity: "web")
        #expect(try await conditions()["Stalled"]?.reason == "ParentNotFound")
    }

    @Test("a terminating pod keeps its entry until it is done or gone")
    func terminatingPod() async throws {
        lanyard.placement.add(node: "node-1")
        lanyard.placement.add(pod: "consumer", on: "node-1")
        try await lanyard.create(identity: "web") { $0.placement = .pod }
        try await lanyard.reconcile(identity: "web")
        let entry = ["\(Self.entryID)_uid-consumer"]
        #expect(entries() == entry)
        lanyard.placement.add(pod: "consumer", on: "node-1", isTerminating: true)
        for _ in 0..<3 {
            lanyard.clock.advance(by: .seconds(1_200))
            try await lanyard.reconcile(identity: "web")
            #expect(entries() == entry)
        }
        lanyard.placement.add(pod: "consumer", on: "node-1", phase: "Succeeded", isTerminating: true)
        try await lanyard.reconcile(identity: "web")
        #expect(entries() == [])
    }

    @Test("with placement Node the entry stays as long as a terminating pod is there, and a minute longer")
    func terminatingOnNode() async throws {
        lanyard.placement.add(node: "node-1")
        lanyard.placement.add(pod: "consumer", on: "node-1", isTerminating: true)
        try await lanyard.create(identity: "web") { $0.placement = .node }
        try await lanyard.reconcile(identity: "web")
        lanyard.clock.advance(by: .seconds(3_600))
        try await lanyard.reconcile(identity: "web")
        #expect(entries() == ["\(Self.entryID)_uid-node-1"])
        lanyard.placement.remove(pod: "consumer")
        let result = try await lanyard.reconcile(identity: "web")
        #expect(result.requeueAfter == .seconds(60))
        lanyard.clock.advance(by: .seconds(60))
        try await lanyard.reconcile(identity: "web")
        #expect(entries() == [])
    }

    @Test("when the node of a pod is gone, its entry is still there, and counted")
    func goneNode() async throws {
        lanyard.placement.add(node: "node-1")
        lanyard.placement.add(pod: "p1", on: "node-1")
        try await lanyard.create(identity: "web") { $0.placement = .pod }
        try await lanyard.reconcile(identity: "web")
        lanyard.placement.remove(node: "node-1")
        try await lanyard.reconcile(identity: "web")
        #expect(entries().count == 1)
        #expect(try await lanyard.identity("web").status?.entryCount == 1)
        #expect(try await conditions()["EntriesSynced"]?.reason == "Pending")
    }
}
