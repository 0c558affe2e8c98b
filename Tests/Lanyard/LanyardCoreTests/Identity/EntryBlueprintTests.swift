import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("EntryBlueprint: entries for nodes and pods")
struct EntryBlueprintTests {
    private static let nodes = [
        "n1": NodeFacts(name: "n1", uid: "node-1"), "n2": NodeFacts(name: "n2", uid: "node-2"),
    ]

    private func desired(_ fill: (inout WorkloadIdentitySpec) -> Void) throws -> DesiredIdentity {
        try IdentityPlanner.desired(for: .sample(fill), settings: try .sample()).get()
    }

    private func pod(_ name: String, on node: String, _ labels: [String: String] = [:]) -> PodFacts {
        PodFacts(name: name, uid: "uid-\(name)", nodeName: node, labels: labels)
    }

    private func facts(_ pods: PodFacts..., lingering: Set<NodeFacts> = []) -> PlacementFacts {
        PlacementFacts(pods: pods, nodes: Self.nodes, lingering: lingering)
    }

    @Test("placement Node has one entry for each node with a pod, under that node's agent")
    func node() throws {
        let identity = try desired { $0.placement = .node }
        let made = identity.entries(at: facts(pod("a", on: "n1"), pod("b", on: "n1"), pod("c", on: "n2")))
        #expect(made.withheld == [])
        #expect(
            made.entries.map(\.entry.id) == [
                "lanyard.production.shop.web_node-1", "lanyard.production.shop.web_node-2",
            ])
        #expect(made.entries.map(\.node) == ["n1", "n2"])
        #expect(made.entries.allSatisfy { $0.pod == nil })
        #expect(
            made.entries.first?.entry.parentID.description
                == "spiffe://neural-hive.local/spire/agent/k8s_psat/production/node-1")
        #expect(
            made.entries.first?.entry.selectors.map(\.description).sorted() == ["k8s:ns:shop", "k8s:sa:web"])
        #expect(identity.spiffeID?.path == "/ns/shop/sa/web")
    }

    @Test("a node that the last pod left a moment ago keeps its entry")
    func lingering() throws {
        let identity = try desired { $0.placement = .node }
        let left = NodeFacts(name: "n2", uid: "node-2")
        #expect(identity.entries(at: facts(pod("a", on: "n1"), lingering: [left])).entries.map(\.node) == ["n1", "n2"])
        #expect(identity.entries(at: facts()).entries == [])
    }

    @Test("placement Pod has one entry for each pod, by its UID, with its own names")
    func pods() throws {
        let identity = try desired {
            $0.placement = .pod
            $0.spiffeID = "/ns/{namespace}/app/{podLabel:app}/{pod}"
            $0.x509SVID = .init(dnsNames: ["{pod}.{namespace}.svc", "{node}.nodes.example.org"])
        }
        let made = identity.entries(at: facts(pod("web-0", on: "n2", ["app": "front"])))
        let entry = try #require(made.entries.first)
        #expect(made.entries.count == 1)
        #expect(entry.entry.id == "lanyard.production.shop.web_uid-web-0")
        #expect(entry.entry.spiffeID.path == "/ns/shop/app/front/web-0")
        #expect(entry.entry.dnsNames == ["web-0.shop.svc", "n2.nodes.example.org"])
        #expect(
            entry.entry.selectors.map(\.description).sorted()
                == ["k8s:ns:shop", "k8s:pod-uid:uid-web-0", "k8s:sa:web"])
        #expect(entry.node == "n2")
        #expect(entry.pod == "web-0")
        #expect(identity.spiffeID == nil)
    }

    @Test(
        "only pods with all the labels count, with both placements",
        arguments: [WorkloadIdentitySpec.Placement.node, .pod])
    func labels(placement: WorkloadIdentitySpec.Placement) throws {
        let identity = try desired {
            $0.placement = placement
            $0.podSelector = .init(matchLabels: ["app": "web", "tier": "front"])
        }
        let made = identity.entries(
            at: facts(
                pod("yes", on: "n1", ["app": "web", "tier": "front", "x": "y"]), pod("no", on: "n2", ["app": "web"]),
                pod("other", on: "n2", ["app": "web", "tier": "back"])))
        #expect(made.entries.map(\.node) == ["n1"])
    }

    @Test("a pod whose names cannot be made is withheld and named; the others are planned")
    func withheld() throws {
        let identity = try desired {
            $0.placement = .pod
            $0.spiffeID = "/app/{podLabel:app}"
        }
        let made = identity.entries(
            at: facts(pod("good", on: "n1", ["app": "a"]), pod("bare", on: "n1"), pod("empty", on: "n1", ["app": ""])))
        #expect(made.entries.map(\.pod) == ["good"])
        #expect(
            made.withheld.map(\.id) == [
                "lanyard.production.shop.web_uid-bare", "lanyard.production.shop.web_uid-empty",
            ])
        #expect(made.withheld.allSatisfy { $0.needsIntervention })
        #expect(made.withheld.first?.message == "pod bare: spec.spiffeID names the label app, which the pod lacks")
        #expect(made.withheld.last?.message.contains("empty path segment") == true)
    }

    @Test("a label cannot make another namespace's ID, SPIRE's own, or the node alias's")
    func labelAttack() throws {
        let identity = try desired {
            $0.placement = .pod
            $0.spiffeID = "/{podLabel:a}/{podLabel:b}/{podLabel:c}/{podLabel:d}"
        }
        func path(_ a: String, _ b: String, _ c: String, _ d: String) -> DesiredEntries {
            identity.entries(at: facts(pod("p", on: "n1", ["a": a, "b": b, "c": c, "d": d])))
        }
        #expect(path("ns", "shop", "x", "y").entries.count == 1)
        #expect(path("ns", "bank", "sa", "web").withheld.first?.message.contains("may not have") == true)
        #expect(path("spire", "agent", "k8s_psat", "x").withheld.first?.message.contains("under /spire") == true)
        #expect(path("ns", "spire-system", "sa", "spire-agent").withheld.first?.message.contains("node alias") == true)
    }

    @Test("a pod on a node that is not known yet waits, and what it has stays")
    func unknownNode() throws {
        let identity = try desired { $0.placement = .pod }
        let made = identity.entries(at: facts(pod("a", on: "n1"), pod("b", on: "n9")))
        #expect(made.entries.map(\.pod) == ["a"])
        #expect(
            made.withheld == [
                WithheldEntry(
                    id: "lanyard.production.shop.web_uid-b", needsIntervention: false,
                    message: "node n9 of pod b is not known yet")
            ])
        let byNode = try desired { $0.placement = .node }.entries(at: facts(pod("a", on: "n1"), pod("b", on: "n9")))
        #expect(byNode.entries.map(\.node) == ["n1"])
        #expect(byNode.withheld.map(\.message) == ["node n9 is not known yet"])
    }

    @Test("templates that become one name for a pod are one DNS name, and a bad one names its field")
    func dnsNames() throws {
        let identity = try desired {
            $0.placement = .pod
            $0.x509SVID = .init(dnsNames: ["{podLabel:a}.org", "{podLabel:b}.org"])
        }
        #expect(
            identity.entries(at: facts(pod("p", on: "n1", ["a": "x", "b": "x"]))).entries.first?.entry.dnsNames == [
                "x.org"
            ])
        let bad = identity.entries(at: facts(pod("p", on: "n1", ["a": "x", "b": "A_b"])))
        #expect(bad.withheld.first?.message.hasPrefix("pod p: spec.x509SVID.dnsNames[1] must have labels") == true)
    }

    @Test("a label with a dot leads to no DNS name beside the boundary's, of which a wildcard is one label")
    func dottedLabel() throws {
        let identity = try desired {
            $0.placement = .pod
            $0.x509SVID = .init(dnsNames: ["{podLabel:a}.org"])
        }
        let made = identity.entries(
            at: facts(pod("good", on: "n1", ["a": "x"]), pod("sly", on: "n1", ["a": "bank.example"])))
        #expect(made.entries.map(\.pod) == ["good"])
        #expect(made.withheld.count == 1)
        let withheld = try #require(made.withheld.first)
        #expect(withheld.message.hasPrefix("pod sly: spec.x509SVID.dnsNames becomes \"bank.example.org\""))
        #expect(withheld.needsIntervention && withheld.keepsExisting)
    }

    @Test("two thousand pods are planned once each, by ID in order")
    func many() throws {
        let identity = try desired { $0.placement = .pod }
        let pods = (0..<2_000).map { pod("p\($0)", on: $0.isMultiple(of: 2) ? "n1" : "n2") }
        let made = identity.entries(at: PlacementFacts(pods: pods.shuffled(), nodes: Self.nodes))
        #expect(made.entries.count == 2_000)
        #expect(made.entries.map(\.entry.id) == made.entries.map(\.entry.id).sorted())
        #expect(Set(made.entries.map(\.entry.tuple)).count == 2_000)
    }
}
