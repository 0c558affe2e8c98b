import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("IdentityPlanner at the limits")
struct BoundaryCaseTests {
    private func plan(
        name: String = "web", _ fill: (inout WorkloadIdentitySpec) -> Void
    ) throws -> Result<DesiredIdentity, SpecViolations> {
        IdentityPlanner.desired(for: .sample(name: name, fill), settings: try .sample())
    }

    private func facts(_ pod: PodFacts) -> PlacementFacts {
        PlacementFacts(pods: [pod], nodes: ["n": NodeFacts(name: "n", uid: "0d0f5a5e-3a43-4a6b-9a3e-6c7c2d1f0e9b")])
    }

    private let pod = PodFacts(name: "p", uid: "9b3e0d0f-3a43-4a6b-9a3e-6c7c2d1f0e9b", nodeName: "n")

    @Test(
        "a name of 253 characters has entries that SPIRE takes",
        arguments: [WorkloadIdentitySpec.Placement.cluster, .node, .pod])
    func longName(placement: WorkloadIdentitySpec.Placement) throws {
        let name = String(repeating: "a", count: 253)
        let desired = try plan(name: name) { $0.placement = placement }.get()
        let entry = try #require(desired.entries(at: facts(pod)).entries.first).entry
        #expect(entry.id.utf8.count == 255)
        #expect(entry.spiffeID.path == "/ns/shop/sa/\(name)")
        let twin = try plan(name: name.dropLast() + "b") { $0.placement = placement }.get()
        #expect(twin.entries(at: facts(pod)).entries.first?.entry.id != entry.id)
    }

    @Test("a SPIFFE ID of 2 048 bytes passes, one byte more does not")
    func longID() throws {
        let rest = 2_048 - "spiffe://neural-hive.local/".utf8.count
        let exact = try plan { $0.spiffeID = "/" + String(repeating: "a", count: rest) }.get()
        #expect(try exact.entry.spiffeID.description.utf8.count == 2_048)
        let fields = try plan { $0.spiffeID = "/" + String(repeating: "a", count: rest + 1) }.violatedFields
        #expect(fields == ["spec.spiffeID"])
    }

    @Test("an ID that only a pod's names make too long is withheld for that pod, and names the field")
    func longPodID() throws {
        let rest = 2_048 - "spiffe://neural-hive.local/app//pod".utf8.count
        let desired = try plan {
            $0.placement = .pod
            $0.spiffeID = "/app/" + String(repeating: "a", count: rest) + "/{pod}"
        }.get()
        #expect(desired.entries(at: facts(PodFacts(name: "pod", uid: "u", nodeName: "n"))).entries.count == 1)
        let made = desired.entries(at: facts(PodFacts(name: "longer", uid: "u", nodeName: "n")))
        #expect(made.withheld.first?.message == "pod longer: spec.spiffeID must not be longer than 2048 bytes")
    }

    @Test("100 DNS names, 64 federated trust domains and 64 selectors pass; one more of each is refused by field")
    func counts() throws {
        func fill(_ spec: inout WorkloadIdentitySpec, extra: Int) {
            spec.x509SVID = .init(dnsNames: (0..<(100 + extra)).map { "n\($0).{namespace}.svc" })
            spec.federatesWith = (0..<(64 + extra)).map { "d\($0).example" }
            spec.selectors = (0..<(64 + extra)).map { "unix:supplementary_gid:\($0)" }
        }
        let entry = try plan { fill(&$0, extra: 0) }.get().entry
        #expect(entry.dnsNames.count == 100)
        #expect(entry.federatesWith.count == 64)
        #expect(entry.selectors.count == 66)
        #expect(
            try plan { fill(&$0, extra: 1) }.violatedFields
                == ["spec.selectors", "spec.x509SVID.dnsNames", "spec.federatesWith"])
    }

    @Test(
        "a lifetime is 1 s at least; 0 is refused and not taken for the default",
        arguments: [("0s", nil), ("0", nil), ("1s", 1), ("1h", 3_600), ("999ms", nil), ("2147483648s", nil), ("", nil)])
    func lifetimes(text: String, seconds: Int32?) throws {
        let made = try plan {
            $0.x509SVID = .init(ttl: text)
            $0.jwtSVID = .init(ttl: text)
        }
        if let seconds {
            #expect(try made.get().entry.x509SVIDTTL == seconds)
            #expect(try made.get().entry.jwtSVIDTTL == seconds)
        } else {
            #expect(made.violatedFields == ["spec.x509SVID.ttl", "spec.jwtSVID.ttl"])
        }
    }

    @Test(
        "unicode where Kubernetes has none is refused with the field's name",
        arguments: ["é", "ｗｅｂ", "web\u{200D}", "а", "☃", "\u{202E}"])
    func unicode(text: String) throws {
        let refused: [(String, (inout WorkloadIdentitySpec) -> Void)] = [
            ("spec.podSelector.matchLabels", { $0.podSelector = .init(matchLabels: [text: "v"]) }),
            ("spec.podSelector.matchLabels[app]", { $0.podSelector = .init(matchLabels: ["app": text]) }),
            ("spec.serviceAccountName", { $0.serviceAccountName = text }),
            ("spec.containerName", { $0.containerName = text }),
            ("spec.spiffeID", { $0.spiffeID = "/\(text)" }),
            ("spec.x509SVID.dnsNames[0]", { $0.x509SVID = .init(dnsNames: ["\(text).example"]) }),
            ("spec.federatesWith[0]", { $0.federatesWith = [text] }),
        ]
        for (field, fill) in refused {
            #expect(try plan(fill).violatedFields == [field])
        }
        // A hint is for people.
        #expect(try plan { $0.hint = "☃ é" }.get().entry.hint == "☃ é")
    }
}
