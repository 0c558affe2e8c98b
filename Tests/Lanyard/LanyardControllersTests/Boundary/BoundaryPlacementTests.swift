import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient
import SPIREEmulator
import Testing

@Suite("Boundaries and the entries of nodes and pods")
struct BoundaryPlacementTests {
    private static let entryID = "lanyard.sim.shop.web"

    private let lanyard: TestOperator

    init() async throws {
        lanyard = try await TestOperator()
        for node in ["node-1", "node-2"] { lanyard.placement.add(node: node) }
    }

    private func entries() -> [String] {
        lanyard.world.registry.withDatastore { $0.entries.map(\.id).filter { $0.hasPrefix("lanyard.") }.sorted() }
    }

    private func allow(_ change: (inout IdentityBoundarySpec) -> Void) {
        var boundary = IdentityBoundary.permissive
        change(&boundary.spec)
        lanyard.boundaries.set([boundary])
    }

    /// An identity with one entry for each of two pods.
    private func createPlaced(_ fill: (inout WorkloadIdentitySpec) -> Void = { _ in }) async throws {
        lanyard.placement.add(pod: "p1", on: "node-1", labels: ["team": "red"])
        lanyard.placement.add(pod: "p2", on: "node-2", labels: ["team": "blue"])
        try await lanyard.create(identity: "web") { spec in
            spec.placement = .pod
            fill(&spec)
        }
        try await lanyard.reconcile(identity: "web")
    }

    @Test("a boundary that withdraws takes every entry of an identity, and one that retains takes none")
    func withdrawal() async throws {
        try await createPlaced()
        let both = ["\(Self.entryID)_uid-p1", "\(Self.entryID)_uid-p2"]
        #expect(entries() == both)
        allow { $0.identity?.placements = [.cluster] }
        try await lanyard.reconcile(identity: "web")
        #expect(entries() == both)
        #expect(try await lanyard.condition("Accepted", ofIdentity: "web").reason == "OutsideBoundary")
        #expect(lanyard.placement.wanted == [])
        allow {
            $0.identity?.placements = [.cluster]
            $0.onViolation = .withdraw
        }
        try await lanyard.reconcile(identity: "web")
        #expect(entries() == [])
        #expect(try await lanyard.identity("web").status?.entryCount == 0)
        #expect(try await lanyard.condition("EntriesSynced", ofIdentity: "web").reason == "OutsideBoundary")
        #expect(lanyard.notes("Withdrawn").count == 1)
        lanyard.journal.clear()
        try await lanyard.reconcile(identity: "web")
        #expect(lanyard.journal.writes == [])
        allow { _ in }
        try await lanyard.reconcile(identity: "web")
        #expect(entries() == both)
    }

    @Test("nothing is withdrawn while it is not known which entries there are; then all are")
    func withdrawalBeforeListing() async throws {
        try await createPlaced()
        let successor = try await TestOperator(in: lanyard.world, listsEntries: false)
        var boundary = IdentityBoundary.permissive
        boundary.spec.identity?.placements = [.cluster]
        boundary.spec.onViolation = .withdraw
        successor.boundaries.set([boundary])
        await #expect(throws: ConvergenceError.self) { try await successor.reconcile(identity: "web") }
        #expect(entries().count == 2)
        #expect(try await successor.condition("Accepted", ofIdentity: "web").reason == "OutsideBoundary")
        try await successor.verify()
        try await successor.reconcile(identity: "web")
        #expect(entries() == [])
    }

    @Test("nothing is written for a placement or a trust domain that no boundary allows")
    func notAllowed() async throws {
        allow {
            $0.identity?.placements = [.cluster]
            $0.identity?.federatesWith = ["a.example"]
        }
        lanyard.world.registry.withDatastore { $0.federatedBundles = ["a.example", "b.example"] }
        try await createPlaced { $0.federatesWith = ["a.example", "b.example"] }
        #expect(entries() == [])
        let accepted = try await lanyard.condition("Accepted", ofIdentity: "web")
        #expect(accepted.reason == "OutsideBoundary")
        #expect(accepted.message.contains("spec.placement") && accepted.message.contains("spec.federatesWith[1]"))
        #expect(!accepted.message.contains("spec.federatesWith[0]"))
    }

    @Test("the label of a pod leads to no name outside, and the condition names the pod")
    func label() async throws {
        lanyard.placement.add(pod: "sly", on: "node-1", labels: ["team": "victim.shop"])
        try await createPlaced { $0.x509SVID = .init(dnsNames: ["{podLabel:team}.example.org"]) }
        #expect(entries() == ["\(Self.entryID)_uid-p1", "\(Self.entryID)_uid-p2"])
        let synced = try await lanyard.condition("EntriesSynced", ofIdentity: "web")
        #expect(synced.reason == "Rejected")
        #expect(synced.message.contains("pod sly") && synced.message.contains("victim.shop.example.org"))
    }

    @Test(
        "a pod's name that a narrower boundary leaves outside stays or goes, as the boundary says, in a pause, too",
        arguments: [IdentityBoundarySpec.OnViolation.retain, .withdraw], [false, true])
    func narrowed(onViolation: IdentityBoundarySpec.OnViolation, isPaused: Bool) async throws {
        allow { $0.identity?.dnsNames?.append("*.*.example.org") }
        lanyard.placement.add(pod: "long", on: "node-1", labels: ["team": "a.b"])
        try await createPlaced { $0.x509SVID = .init(dnsNames: ["{podLabel:team}.example.org"]) }
        #expect(entries().count == 3)
        if isPaused {
            var identity = try await lanyard.identity("web")
            identity.metadata.annotations = ["lanyard.dev/paused": "true"]
            _ = try await lanyard.world.api.replace(identity)
        }
        allow {
            $0.onViolation = onViolation
            $0.allowPause = true
        }
        try await lanyard.reconcile(identity: "web")
        let rest = ["\(Self.entryID)_uid-p1", "\(Self.entryID)_uid-p2"]
        #expect(entries() == (onViolation == .withdraw ? rest : ["\(Self.entryID)_uid-long"] + rest))
        let (type, reason) = isPaused ? ("Ready", "Paused") : ("EntriesSynced", "Rejected")
        #expect(try await lanyard.condition(type, ofIdentity: "web").reason == reason)
    }

    @Test("an entry for all nodes that waits for those of pods goes with the placement", arguments: [false, true])
    func formerPlacement(isAllowed: Bool) async throws {
        lanyard.placement.add(pod: "p1", on: "node-1")
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        try await lanyard.edit(identity: "web") { spec in
            spec.placement = .pod
            spec.spiffeID = "/ns/{namespace}/{podLabel:team}"
        }
        _ = try? await lanyard.reconcile(identity: "web")
        #expect(entries() == [Self.entryID])
        allow {
            $0.identity?.placements = isAllowed ? [.cluster, .pod] : [.pod]
            $0.onViolation = .withdraw
        }
        _ = try? await lanyard.reconcile(identity: "web")
        #expect(entries() == (isAllowed ? [Self.entryID] : []))
    }

    @Test("what is not known any more when the API server has confirmed it is no failure, and takes nothing")
    func lostPlacement() async throws {
        allow { $0.identity?.dnsNames?.append("*.*.example.org") }
        lanyard.placement.add(pod: "long", on: "node-1", labels: ["team": "a.b"])
        try await createPlaced { $0.x509SVID = .init(dnsNames: ["{podLabel:team}.example.org"]) }
        var identity = try await lanyard.identity("web")
        identity.metadata.annotations = ["lanyard.dev/paused": "true"]
        _ = try await lanyard.world.api.replace(identity)
        allow {
            $0.onViolation = .withdraw
            $0.allowPause = true
        }
        let placement = lanyard.placement
        lanyard.journal.before("kube get namespaces/shop/workloadidentities/web") { placement.isKnown = false }
        try await lanyard.reconcile(identity: "web")
        #expect(!placement.isKnown && entries().count == 3)
        #expect(lanyard.notes("Withdrawn") == [])
        placement.isKnown = true
        try await lanyard.reconcile(identity: "web")
        #expect(entries().count == 2)
    }

    @Test("a boundary that only the cache has takes no pod's entry away")
    func staleNarrowing() async throws {
        var wide = IdentityBoundary.permissive
        wide.spec.identity?.dnsNames?.append("*.*.example.org")
        lanyard.boundaries.set([wide])
        lanyard.placement.add(pod: "long", on: "node-1", labels: ["team": "a.b"])
        try await createPlaced { $0.x509SVID = .init(dnsNames: ["{podLabel:team}.example.org"]) }
        allow { $0.onViolation = .withdraw }
        lanyard.boundaries.truth.set([wide])
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(identity: "web") }
        #expect(entries().count == 3)
    }

    @Test("an older identity that is outside is no claimant")
    func olderOutside() async throws {
        allow { $0.identity?.maxX509TTL = "1h" }
        try await lanyard.create(identity: "older") {
            $0.serviceAccountName = "web"
            $0.x509SVID = .init(ttl: "2h")
        }
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "older")
        try await lanyard.reconcile(identity: "web")
        #expect(try await lanyard.condition("Accepted", ofIdentity: "older").reason == "OutsideBoundary")
        #expect(entries() == [Self.entryID])
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").status == .yes)
    }

    @Test("entries are left behind only where a boundary allows it")
    func orphan() async throws {
        try await createPlaced { $0.deletionPolicy = .orphan }
        #expect(entries().count == 2)
        allow { $0.allowOrphan = false }
        try await lanyard.delete(identity: "web")
        try await lanyard.reconcile(identity: "web")
        #expect(entries() == [])
    }
}
