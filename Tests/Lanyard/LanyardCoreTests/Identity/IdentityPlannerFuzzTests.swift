import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("IdentityPlanner, fuzzed")
struct IdentityPlannerFuzzTests {
    @Test("whatever a spec contains, it is planned within the rules or refused with a field")
    func anySpec() throws {
        let settings = try PlanningSettings.sample()
        var text = NastyText(seed: 1)
        let boundaries = BoundarySet([], settings: settings)
        var planned = 0
        for round in 0..<5_000 {
            let identity = identity(&text)
            let boundary = boundaries.effective(inNamespace: identity.metadata.namespace ?? "", labels: [:])
            switch Admission.identity(identity, boundary: boundary, settings: settings) {
            case .success(let desired):
                planned += 1
                check(desired, of: identity, settings: settings, round)
            case .failure(let refusal):
                let violations = refusal.violations
                #expect(violations.violations.allSatisfy { isField($0.field) && !$0.message.isEmpty })
                #expect(violations.message.utf8.count <= 1_100, "round \(round)")
            }
        }
        // Both ways are taken often.
        #expect((100...4_900).contains(planned))
    }

    private func isField(_ field: String) -> Bool {
        field.hasPrefix("spec.") || field.hasPrefix("metadata.")
    }

    private func check(
        _ desired: DesiredIdentity, of identity: WorkloadIdentity, settings: PlanningSettings, _ round: Int
    ) {
        let node = NodeFacts(name: "n", uid: "node")
        let pod = PodFacts(
            name: "p", uid: "pod", nodeName: "n",
            labels: (identity.spec.podSelector?.matchLabels ?? [:]).merging(["team": "other"]) { first, _ in first })
        for planned in desired.entries(at: PlacementFacts(pods: [pod], nodes: ["n": node])).entries {
            check(planned.entry, desired, of: identity, settings: settings, round)
        }
    }

    private func check(
        _ entry: RegistrationEntry, _ desired: DesiredIdentity, of identity: WorkloadIdentity,
        settings: PlanningSettings, _ round: Int
    ) {
        let namespace = identity.metadata.namespace ?? ""
        #expect(entry.spiffeID.trustDomain == settings.trustDomain, "round \(round)")
        #expect(!entry.spiffeID.isReserved && !entry.spiffeID.path.isEmpty, "round \(round)")
        let segments = entry.spiffeID.path.split(separator: "/")
        if segments.first == "ns", segments.count > 1 { #expect(segments[1] == namespace, "round \(round)") }
        #expect(
            entry.parentID.description
                == (desired.placement == .cluster
                    ? settings.nodeAlias.description
                    : "spiffe://neural-hive.local/spire/agent/k8s_psat/production/node"))
        let texts = entry.selectors.map(\.description)
        #expect(texts.filter { $0.hasPrefix("k8s:ns:") } == ["k8s:ns:\(namespace)"], "round \(round)")
        #expect(texts.filter { $0.hasPrefix("k8s:sa:") } == ["k8s:sa:\(desired.serviceAccountName)"], "round \(round)")
        #expect(entry.dnsNames.allSatisfy { DNSNameSyntax.violation(of: $0) == nil }, "round \(round)")
        #expect(entry.x509SVIDTTL >= 0 && entry.jwtSVIDTTL >= 0)
        #expect(!entry.isAdmin && !entry.isDownstream && !entry.storesSVID)
        #expect(entry.federatesWith.allSatisfy { TrustDomain($0) != nil })
        #expect(EntryName.belongs(entry.id, toCluster: settings.clusterName) && entry.id.utf8.count <= 255)
    }

    private func identity(_ text: inout NastyText) -> WorkloadIdentity {
        var spec = WorkloadIdentitySpec()
        spec.serviceAccountName = text.optional(0.2)
        spec.spiffeID = text.optional(0.3)
        if text.happens(0.2) {
            spec.podSelector = .init(
                matchLabels: Dictionary(text.list().map { ($0, "v") }, uniquingKeysWith: { first, _ in first }))
        }
        spec.containerName = text.optional(0.1)
        if text.happens(0.2) { spec.selectors = text.list() }
        if text.happens(0.3) { spec.placement = text.happens(0.5) ? .node : .pod }
        if text.happens(0.3) {
            spec.x509SVID = .init(
                ttl: text.optional(0.3), dnsNames: text.happens(0.5) ? text.list() : nil, prefetch: text.happens(0.5))
        }
        if text.happens(0.1) { spec.jwtSVID = .init(ttl: text.text()) }
        if text.happens(0.05) { spec.federatesWith = text.list() }
        if text.happens(0.02) { spec.admin = true }
        spec.hint = text.optional(0.2)
        let namespace = text.happens(0.1) ? text.optional() : "shop"
        return WorkloadIdentity(
            metadata: ObjectMeta(name: text.happens(0.1) ? text.text() : "web", namespace: namespace), spec: spec)
    }
}
