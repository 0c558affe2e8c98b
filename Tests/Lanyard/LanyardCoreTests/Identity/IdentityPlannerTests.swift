import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("IdentityPlanner")
struct IdentityPlannerTests {
    private func plan(
        namespace: String? = "shop", name: String = "web", _ fill: (inout WorkloadIdentitySpec) -> Void = { _ in }
    ) throws -> Result<DesiredIdentity, SpecViolations> {
        IdentityPlanner.desired(
            for: .sample(namespace: namespace, name: name, fill), settings: try .sample())
    }

    @Test("an empty spec becomes the identity of the ServiceAccount of the same name")
    func defaults() throws {
        let desired = try plan(namespace: "neural-hive-orchestration", name: "orchestrator-dynamic").get()
        let entry = try desired.entry
        #expect(entry.id == "lanyard.production.neural-hive-orchestration.orchestrator-dynamic")
        #expect(
            entry.spiffeID.description
                == "spiffe://neural-hive.local/ns/neural-hive-orchestration/sa/orchestrator-dynamic")
        #expect(entry.parentID.description == "spiffe://neural-hive.local/ns/spire-system/sa/spire-agent")
        #expect(
            entry.selectors.map(\.description).sorted()
                == ["k8s:ns:neural-hive-orchestration", "k8s:sa:orchestrator-dynamic"])
        #expect(desired.serviceAccountName == "orchestrator-dynamic")
        #expect(desired.driftPolicy == .correct)
        #expect(desired.deletionPolicy == .delete)
        var plain = RegistrationEntry(
            id: entry.id, spiffeID: entry.spiffeID, parentID: entry.parentID, selectors: entry.selectors)
        plain.revisionNumber = entry.revisionNumber
        #expect(entry == plain)
    }

    @Test("every field that is supported reaches the entry")
    func everything() throws {
        let desired = try plan { spec in
            spec.serviceAccountName = "front"
            spec.spiffeID = "/ns/{namespace}/app/{name}"
            spec.podSelector = .init(matchLabels: ["app.kubernetes.io/name": "web", "empty": ""])
            spec.containerName = "main"
            spec.selectors = ["k8s:pod-image:registry/app@sha256:0", "unix:uid:1000", "unix:uid:1000"]
            spec.placement = .cluster
            spec.x509SVID = .init(ttl: "1h30m", dnsNames: ["{name}.{namespace}.svc", "*.example.org"], prefetch: false)
            spec.jwtSVID = .init(ttl: "90s")
            spec.federatesWith = ["partner.example", "other.example", "partner.example"]
            spec.admin = false
            spec.downstream = false
            spec.storeSVID = false
            spec.hint = "internal"
            spec.driftPolicy = .report
            spec.deletionPolicy = .orphan
        }.get()
        #expect(try desired.entry.spiffeID.path == "/ns/shop/app/web")
        #expect(
            try desired.entry.selectors.map(\.description).sorted() == [
                "k8s:container-name:main", "k8s:ns:shop", "k8s:pod-image:registry/app@sha256:0",
                "k8s:pod-label:app.kubernetes.io/name:web", "k8s:pod-label:empty:", "k8s:sa:front", "unix:uid:1000",
            ])
        #expect(try desired.entry.x509SVIDTTL == 5_400)
        #expect(try desired.entry.jwtSVIDTTL == 90)
        #expect(try desired.entry.dnsNames == ["web.shop.svc", "*.example.org"])
        #expect(try desired.entry.federatesWith == ["other.example", "partner.example"])
        #expect(try desired.entry.hint == "internal")
        #expect(try desired.entry.disablesX509SVIDPrefetch)
        let entry = try desired.entry
        #expect(!entry.isAdmin && !entry.isDownstream && !entry.storesSVID)
        #expect(try desired.entry.expiresAt == 0)
        #expect(desired.serviceAccountName == "front")
        #expect(desired.driftPolicy == .report)
        #expect(desired.deletionPolicy == .orphan)
    }

    @Test("the configured template is the default of the SPIFFE ID")
    func configuredTemplate() throws {
        var settings = try PlanningSettings.sample()
        settings.spiffeIDTemplate = "/{cluster}/{namespace}/{serviceAccount}"
        let desired = try IdentityPlanner.desired(for: .sample(), settings: settings).get()
        #expect(try desired.entry.spiffeID.description == "spiffe://neural-hive.local/production/shop/web")
    }

    /// One thing that is wrong with a spec.
    struct Wrong: Sendable, CustomTestStringConvertible {
        let field: String
        let because: String
        let make: @Sendable (inout WorkloadIdentitySpec) -> Void
        var testDescription: String { "\(field) \(because)" }
    }

    private static let long = String(repeating: "a", count: 5_000)

    private static let wrongs: [Wrong] = [
        Wrong(field: "spec.serviceAccountName", because: "wildcards") { $0.serviceAccountName = "web*" },
        Wrong(field: "spec.serviceAccountName", because: "DNS subdomain") { $0.serviceAccountName = "" },
        Wrong(field: "spec.serviceAccountName", because: "DNS subdomain") { $0.serviceAccountName = "../x" },
        Wrong(field: "spec.spiffeID", because: "unknown placeholder") { $0.spiffeID = "/ns/{nobody}" },
        Wrong(field: "spec.spiffeID", because: "unbalanced brace") { $0.spiffeID = "/ns/{namespace" },
        Wrong(field: "spec.spiffeID", because: "placement Pod") { $0.spiffeID = "/ns/{podLabel:app}" },
        Wrong(field: "spec.spiffeID", because: "placement Pod") {
            $0.placement = .node
            $0.spiffeID = "/{namespace}/{pod}"
        },
        Wrong(field: "spec.spiffeID", because: "trust domain") { $0.spiffeID = "spiffe://other.org/a" },
        Wrong(field: "spec.spiffeID", because: "under /spire") { $0.spiffeID = "/spire/agent/x" },
        Wrong(field: "spec.spiffeID", because: "segment . or ..") { $0.spiffeID = "/ns/{namespace}/../other" },
        Wrong(field: "spec.spiffeID", because: "longer than 2048") { $0.spiffeID = "/\(long)" },
        Wrong(field: "spec.spiffeID", because: "longer than 2048") {
            $0.spiffeID = "/" + String(repeating: "{namespace}", count: 600)
        },
        Wrong(field: "spec.spiffeID", because: "node alias") { $0.spiffeID = "/ns/spire-system/sa/spire-agent" },
        Wrong(field: "spec.podSelector.matchLabels", because: "not a label key") {
            $0.podSelector = .init(matchLabels: ["a b": "c"])
        },
        Wrong(field: "spec.podSelector.matchLabels[app]", because: "not a label value") {
            $0.podSelector = .init(matchLabels: ["app": "a:b"])
        },
        Wrong(field: "spec.podSelector.matchLabels", because: "more than 64") {
            $0.podSelector = .init(
                matchLabels: Dictionary((0..<65).map { ("k\($0)", "v") }, uniquingKeysWith: { first, _ in first }))
        },
        Wrong(field: "spec.containerName", because: "container's name") { $0.containerName = "Main" },
        Wrong(field: "spec.selectors[1]", because: "type:value") { $0.selectors = ["unix:uid:1", "nothing"] },
        Wrong(field: "spec.selectors[0]", because: "type:value") { $0.selectors = ["k8s:"] },
        Wrong(field: "spec.selectors[0]", because: "type:value") { $0.selectors = [" k8s:pod-name:a"] },
        Wrong(field: "spec.selectors[0]", because: "type:value") { $0.selectors = ["k8s:pod-name:a\n"] },
        Wrong(field: "spec.selectors[0]", because: "type:value") { $0.selectors = ["k8s:pod-name:a\u{0}b"] },
        Wrong(field: "spec.selectors[0]", because: "k8s:ns") { $0.selectors = ["k8s:ns:other"] },
        Wrong(field: "spec.selectors[0]", because: "k8s:sa") { $0.selectors = ["k8s:sa:admin"] },
        Wrong(field: "spec.selectors[0]", because: "k8s:ns") { $0.selectors = ["k8s:ns"] },
        Wrong(field: "spec.selectors[0]", because: "longer than 1024") { $0.selectors = ["k8s:\(long)"] },
        Wrong(field: "spec.selectors", because: "more than 64") { $0.selectors = (0..<65).map { "unix:uid:\($0)" } },
        Wrong(field: "spec.x509SVID.ttl", because: "duration") { $0.x509SVID = .init(ttl: "1d") },
        Wrong(field: "spec.x509SVID.ttl", because: "longer than") { $0.x509SVID = .init(ttl: "0s") },
        Wrong(field: "spec.x509SVID.ttl", because: "whole seconds") { $0.x509SVID = .init(ttl: "1500ms") },
        Wrong(field: "spec.x509SVID.ttl", because: "longer than") { $0.x509SVID = .init(ttl: "2147483648s") },
        Wrong(field: "spec.jwtSVID.ttl", because: "duration") { $0.jwtSVID = .init(ttl: "-1h") },
        Wrong(field: "spec.x509SVID.dnsNames[0]", because: "labels") { $0.x509SVID = .init(dnsNames: ["A.b"]) },
        Wrong(field: "spec.x509SVID.dnsNames[0]", because: "placeholder") { $0.x509SVID = .init(dnsNames: ["{x}.b"]) },
        Wrong(field: "spec.x509SVID.dnsNames[0]", because: "longer than") { $0.x509SVID = .init(dnsNames: [long]) },
        Wrong(field: "spec.x509SVID.dnsNames[1]", because: "same as an earlier") {
            $0.x509SVID = .init(dnsNames: ["web.b", "{name}.b"])
        },
        Wrong(field: "spec.x509SVID.dnsNames", because: "more than 100") {
            $0.x509SVID = .init(dnsNames: (0..<101).map { "a\($0).b" })
        },
        Wrong(field: "spec.federatesWith[1]", because: "name of a trust domain") {
            $0.federatesWith = ["other.org", "spiffe://other.org"]
        },
        Wrong(field: "spec.federatesWith[0]", because: "identity itself") { $0.federatesWith = ["neural-hive.local"] },
        Wrong(field: "spec.federatesWith", because: "more than 64") {
            $0.federatesWith = (0..<65).map { "d\($0).org" }
        },
        Wrong(field: "spec.hint", because: "longer than 1024") { $0.hint = String(repeating: "é", count: 513) },
        Wrong(field: "spec.hint", because: "control") { $0.hint = "a\u{0}" },
    ]

    @Test("one wrong field is the one violation, and names the field", arguments: wrongs)
    func oneViolation(wrong: Wrong) throws {
        let violations = try plan(wrong.make).violations
        #expect(violations.map(\.field) == [wrong.field])
        #expect(violations.first?.kind == .invalid)
        #expect(violations.first?.message.contains(wrong.because) == true)
    }

    @Test("all violations are there, in the order of the fields")
    func allViolations() throws {
        let fields = try plan { spec in
            spec.hint = "\n"
            spec.x509SVID = .init(ttl: "x", dnsNames: ["."])
            spec.containerName = ""
            spec.spiffeID = "{"
            spec.serviceAccountName = "*"
        }.violatedFields
        #expect(
            fields == [
                "spec.serviceAccountName", "spec.spiffeID", "spec.containerName", "spec.x509SVID.ttl", "spec.hint",
            ])
    }

    @Test("what is within limits by a hair passes")
    func limits() throws {
        let desired = try plan { spec in
            spec.hint = String(repeating: "é", count: 512)
            spec.selectors = (0..<64).map { "unix:supplementary_gid:\($0)" }
            spec.x509SVID = .init(ttl: "2147483647s", dnsNames: (0..<100).map { "a\($0).b" })
        }.get()
        #expect(try desired.entry.selectors.count == 66)
        #expect(try desired.entry.x509SVIDTTL == .max)
    }

    @Test("what SPIRE demands of stored SVIDs is demanded before")
    func storing() throws {
        let fields = try plan { spec in
            spec.selectors = ["unix:uid:1"]
            spec.storeSVID = true
            spec.x509SVID = .init(prefetch: false)
        }.violatedFields
        #expect(fields == ["spec.x509SVID.prefetch", "spec.selectors"])
    }

    @Test("an object without a proper namespace or name gets no entry", arguments: [nil, "", "a.b", "*"])
    func metadata(namespace: String?) throws {
        #expect(try plan(namespace: namespace).violatedFields == ["metadata.namespace"])
    }
}
