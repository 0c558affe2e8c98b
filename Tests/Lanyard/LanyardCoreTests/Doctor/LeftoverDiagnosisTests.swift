import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

/// What `lanyard doctor` says of names in Vault that are nobody's.
@Suite("Diagnosis of lanyard doctor: leftovers")
struct LeftoverDiagnosisTests {
    private static let policies = "sys/policies/acl"
    private static let roles = "auth/kubernetes/role"

    private func findings(
        _ names: [String], below listing: String = policies, watching namespaces: [String] = [],
        _ change: (inout DoctorFacts, inout NameOwners) -> Void = { _, _ in }
    ) throws -> [DoctorFinding] {
        var facts = DoctorFacts()
        facts.vault.health = .seen(true)
        facts.vault.policies = .seen(["lanyard-op"])
        facts.vault.listings = [listing: .seen(names)]
        var owners = NameOwners(namespaces: namespaces)
        facts.cluster.nameOwners = .skipped
        change(&facts, &owners)
        if facts.cluster.nameOwners == .skipped { facts.cluster.nameOwners = .seen(owners) }
        let policy = OperatorPolicy(settings: try .sample(), boundaries: [.sample()])
        return Diagnosis(
            facts, settings: try .sample(), aliasSelectors: nil, policy: policy, login: .init(rolePath: nil)
        ).findings.filter { $0.subject.hasPrefix("leftover") || $0.subject == "excess" && $0.severity == .problem }
    }

    private func binding(
        _ name: String, _ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }
    ) -> DecodedObject<VaultRoleBinding> {
        var spec = VaultRoleBindingSpec()
        fill(&spec)
        return .object(VaultRoleBinding(metadata: ObjectMeta(name: name, namespace: "shop"), spec: spec))
    }

    @Test(
        "a derived name that no record and no binding has is told, with what to do",
        arguments: [
            (policies, "lanyard.production.shop.gone"), (roles, "lanyard.production.shop.gone.too"),
            ("database/roles", "lanyard.production.shop.gone_main"),
        ])
    func leftover(listing: String, name: String) throws {
        let findings = try findings(["default", name], below: listing) { $1.add(binding("web")) }
        // It may be there on purpose: that is nothing to fix.
        #expect(findings.map(\.severity) == [.note])
        #expect(findings.first?.message.contains("left behind on purpose (deletionPolicy: Orphan)") == true)
        #expect(findings.first?.message.hasPrefix("\(listing)/\(name) has a derived name") == true)
        #expect(findings.first?.remedy?.contains("vault delete") == true)
    }

    @Test(
        "names of other clusters and other people are nobody's business",
        arguments: [
            "web", "lanyard.production", "lanyard.production.shop", "lanyard.production..web",
            "lanyard.production.shop.", "lanyard.production2.shop.gone", "lanyard.staging.shop.gone",
            "Lanyard.production.shop.gone",
        ])
    func foreign(name: String) throws {
        #expect(try findings([name]).map(\.severity) == [.ok])
    }

    @Test("what a record claims, a binding may have, or nobody looked for, is not")
    func owned() throws {
        let name = "lanyard.production.shop.web"
        #expect(try findings([name]) { $1.claimed = ["\(Self.policies)/\(name)"] }.map(\.severity) == [.ok])
        #expect(try findings([name]) { $1.claimed = ["\(Self.roles)/\(name)"] }.map(\.severity) == [.note])
        #expect(try findings([name]) { $1.add(binding("web")) }.map(\.severity) == [.ok])
        #expect(
            try findings(["\(name)_main"], below: "database/roles") { $1.add(binding("web")) }.map(\.severity) == [.ok])
        #expect(try findings([name], watching: ["farm"]).map(\.severity) == [.ok])
        #expect(try findings([name], watching: ["shop"]).map(\.severity) == [.note])
    }

    @Test("nor is what a spec says, or may say where it cannot be read")
    func said() throws {
        let name = "lanyard.production.shop.api"
        #expect(try findings([name]) { $1.add(binding("web") { $0.roleName = name }) }.map(\.severity) == [.ok])
        #expect(try findings([name]) { $1.add(binding("web") { $0.policyName = name }) }.map(\.severity) == [.ok])
        let database = "lanyard.production.shop.api_main"
        #expect(
            try findings([database], below: "database/roles") {
                $1.add(binding("web") { $0.roleName = name })
            }.map(\.severity) == [.ok])
        let unreadable = UndecodableObject(
            key: ObjectKey(namespace: "shop", name: "odd"), resourceVersion: nil, reason: "test")
        #expect(try findings([name]) { $1.add(.undecodable(unreadable)) }.map(\.severity) == [.ok])
    }

    @Test("what cannot be listed is said, and that owners cannot be read is not taken for their absence")
    func unreadable() throws {
        let blind = try findings([]) { facts, _ in
            facts.vault.listings = [Self.policies: .failed("denied"), Self.roles: .failed("denied")]
        }
        #expect(blind.map(\.severity) == [.note])
        #expect(blind.first?.message.contains("\(Self.roles), \(Self.policies)") == true)
        let unknown = try findings(["lanyard.production.shop.gone"]) { facts, _ in
            facts.cluster.nameOwners = .failed("forbidden")
        }
        #expect(unknown.map(\.severity) == [.unknown])
    }

    @Test("it looks where the operator keeps objects and something is mounted, and the right to that is no excess")
    func paths() throws {
        let policy = OperatorPolicy(settings: try .sample(), boundaries: [.sample()])
        let all = Diagnosis.listingPaths(of: policy, mounted: nil)
        #expect(
            all == [
                Self.policies, "auth/jwt/role", Self.roles, "database/roles", "database/static-roles",
            ])
        #expect(
            Diagnosis.listingPaths(of: policy, mounted: ["auth/kubernetes": "kubernetes"]) == [
                Self.policies, Self.roles,
            ])
        let rules = all.map { PolicyRule(path: $0, capabilities: [.list]) }
        let text = PolicyDocument(merging: policy.document.rules + rules).hcl(comment: nil)
        let excess = try findings([]) { facts, _ in facts.vault.policyTexts = ["lanyard-op": .seen(text)] }
        #expect(excess.map(\.severity) == [.ok])
        let wide = PolicyDocument(
            merging: policy.document.rules + [PolicyRule(path: "sys/policies", capabilities: [.list])])
        let other = try findings([]) { facts, _ in
            facts.vault.policyTexts = ["lanyard-op": .seen(wide.hcl(comment: nil))]
        }
        #expect(other.map(\.subject) == ["leftovers", "excess"])
    }
}
