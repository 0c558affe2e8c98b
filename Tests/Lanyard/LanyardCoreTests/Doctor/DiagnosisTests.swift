import LanyardAPI
import LanyardCore
import Testing

@Suite("Diagnosis of lanyard doctor")
struct DiagnosisTests {
    private static let policyName = "lanyard-op"

    private static func policy() throws -> OperatorPolicy {
        OperatorPolicy(settings: try .sample(), boundaries: [.sample()])
    }

    /// Everything as it should be.
    private static func healthy() throws -> DoctorFacts {
        var facts = DoctorFacts()
        facts.cluster.version = .seen("v1.31.0")
        facts.cluster.servedKinds = .seen(Set(Diagnosis.kinds))
        for permission in OperatorPermission.all { facts.cluster.permissions[permission] = .seen(true) }
        facts.cluster.boundaries = .seen(["shop": nil])
        facts.spire.trustDomain = .seen("neural-hive.local")
        facts.spire.agents = .seen(2)
        facts.vault.health = .seen(true)
        facts.vault.policies = .seen([policyName])
        let policy = try policy()
        facts.vault.policyTexts[policyName] = .seen(policy.document.hcl(comment: nil))
        facts.vault.capabilities = .seen(capabilities(of: policy.document))
        facts.vault.mounts = .seen(["auth/kubernetes": "kubernetes", "auth/jwt": "jwt", "database": "database"])
        facts.vault.connections = ["database/config/orders": .seen(true)]
        return facts
    }

    /// What a server says to the questions of the doctor.
    private static func capabilities(of document: PolicyDocument) -> [String: [String]] {
        var answer: [String: [String]] = [:]
        let login = Diagnosis.Login(rolePath: "auth/kubernetes/role/lanyard")
        guard let policy = try? policy() else { return [:] }
        for path in Diagnosis.questions(
            policy: policy, policies: [policyName], login: login, mounts: MountNames())
        {
            let names = PolicyCoverage.capabilities(of: document, at: path).names
            answer[path] = names.isEmpty ? ["deny"] : names
        }
        return answer
    }

    private static func findings(_ facts: DoctorFacts) throws -> [DoctorFinding] {
        Diagnosis(
            facts, settings: try .sample(), aliasSelectors: ["k8s_psat:cluster:production"], policy: try policy(),
            login: .init(rolePath: "auth/kubernetes/role/lanyard")
        ).findings
    }

    private static func problems(_ facts: DoctorFacts) throws -> [String] {
        try findings(facts).filter { $0.severity == .problem }.map { "\($0.subject): \($0.message)" }
    }

    @Test("where everything is as it should be, nothing is to be fixed, and every link of the chain was looked at")
    func healthyChain() throws {
        let findings = try Self.findings(Self.healthy())
        #expect(findings.allSatisfy { $0.severity == .ok }, "\(findings)")
        #expect(
            findings.map(\.subject) == [
                "API server", "CRDs", "permissions", "boundaries", "server", "agents", "server", "login",
                "mount auth/jwt", "mount auth/kubernetes", "mount database", "connection database/config/orders",
                "capabilities", "excess",
            ])
    }

    /// Something that is wrong, and what is said of it.
    struct Fault: CustomTestStringConvertible, Sendable {
        let name: String
        let expected: [String]
        let make: @Sendable (inout DoctorFacts) throws -> Void

        init(_ name: String, _ expected: String..., make: @escaping @Sendable (inout DoctorFacts) throws -> Void) {
            self.name = name
            self.expected = expected
            self.make = make
        }

        var testDescription: String { name }
    }

    private static func granting(_ rules: PolicyRule..., without path: String? = nil) throws -> PolicyDocument {
        PolicyDocument(merging: try policy().document.rules.filter { $0.path != path } + rules)
    }

    private static func set(_ document: PolicyDocument, in facts: inout DoctorFacts) {
        facts.vault.policyTexts[policyName] = .seen(document.hcl(comment: nil))
        facts.vault.capabilities = .seen(capabilities(of: document))
    }

    private static let faults: [Fault] = [
        Fault("no API server", "API server: does not answer: unreachable") {
            $0.cluster = .init()
            $0.cluster.version = .failed("unreachable")
        },
        Fault("a CRD is missing", "CRD vaultrolebindings.lanyard.dev: is not served") {
            $0.cluster.servedKinds = .seen(Set(Diagnosis.kinds).subtracting(["vaultrolebindings"]))
        },
        Fault("a permission is missing", "permission: the operator may not patch vaultrolebindings/status") { facts in
            for permission in OperatorPermission.all where permission.description == "patch vaultrolebindings/status" {
                facts.cluster.permissions[permission] = .seen(false)
            }
        },
        Fault("a boundary is broken", "IdentityBoundary farm: is invalid and allows nothing: spec.x: must") {
            $0.cluster.boundaries = .seen(["shop": nil, "farm": "spec.x: must"])
        },
        Fault("what the policy depends on cannot be read", "resources: cannot be read: namespaces: forbidden") {
            $0.cluster.boundaries = .failed("namespaces: forbidden")
        },
        Fault("no SPIRE", "server: does not answer: unavailable") {
            $0.spire = .init()
            $0.spire.trustDomain = .failed("unavailable")
        },
        Fault("another trust domain", "trust domain: is other.example at the server, and neural-hive.local in the") {
            $0.spire.trustDomain = .seen("other.example")
        },
        Fault("no agents", "agents: there are no agents with k8s_psat:cluster:production") {
            $0.spire.agents = .seen(0)
        },
        Fault("Vault is sealed", "server: does not serve: the server is sealed") {
            $0.vault = .init()
            $0.vault.health = .failed("the server is sealed")
        },
        Fault("the login is refused", "login: fails: the server refuses the login") {
            $0.vault = .init()
            $0.vault.health = .seen(true)
            $0.vault.policies = .failed("the server refuses the login")
        },
        Fault("a root token", "token: is a root token") { $0.vault.policies = .seen(["root"]) },
        Fault("the database engine is not mounted", "mount database: nothing is mounted there") {
            $0.vault.mounts = .seen(["auth/kubernetes": "kubernetes", "auth/jwt": "jwt"])
        },
        Fault("something else is mounted", "mount database: is of type kv, not database") {
            $0.vault.mounts = .seen(["auth/kubernetes": "kubernetes", "auth/jwt": "jwt", "database": "kv"])
        },
        Fault("a connection is missing", "connection database/config/orders: is not there, and a boundary names it") {
            $0.vault.connections["database/config/orders"] = .seen(false)
        },
        Fault("a rule is missing", "capabilities: lacks [read] on database/config/orders") {
            set(try granting(without: "database/config/orders"), in: &$0)
        },
        Fault("a capability is missing", "capabilities: lacks [delete] on sys/policies/acl/lanyard.production.*") {
            let path = "sys/policies/acl/lanyard.production.*"
            set(
                try granting(PolicyRule(path: path, capabilities: [.read, .update]), without: path),
                in: &$0)
        },
        Fault("may not ask", "capabilities: cannot be asked for: permission denied") {
            $0.vault.capabilities = .failed("permission denied")
        },
        Fault("sudo everywhere", "excess: policy lanyard-op grants [sudo] on \"sys/*\", which the operator does not") {
            set(try granting(PolicyRule(path: "sys/*", capabilities: [.sudo])), in: &$0)
        },
        Fault("a wider name", "excess: policy lanyard-op grants [update] on \"sys/policies/acl/*\"") {
            set(try granting(PolicyRule(path: "sys/policies/acl/*", capabilities: [.update])), in: &$0)
        },
        Fault("a second policy", "excess: policy other grants [read] on \"secret/*\"") {
            $0.vault.policies = .seen([policyName, "other"])
            $0.vault.policyTexts["other"] = .seen("path \"secret/*\" { capabilities = [\"read\"] }")
        },
        Fault("a policy that is not understood", "excess: policy lanyard-op is not understood") {
            $0.vault.policyTexts[policyName] = .seen("path = {")
        },
        Fault(
            "too much, and the text cannot be read",
            "excess: the token may [update] sys/policies/acl/default, where the operator has no business",
            "excess: the token may [update] sys/policies/acl/lanyard-op", "excess: the token may [update] sys/policies"
        ) {
            set(try granting(PolicyRule(path: "sys/policies/acl/*", capabilities: [.update])), in: &$0)
            $0.vault.policyTexts[policyName] = .failed("permission denied")
        },
    ]

    @Test("each fault is named once, with its remedy, and nothing else is", arguments: faults)
    func fault(_ fault: Fault) throws {
        var facts = try Self.healthy()
        try fault.make(&facts)
        let problems = try Self.problems(facts)
        #expect(problems.count == fault.expected.count, "\(problems)")
        for (problem, expected) in zip(problems, fault.expected) {
            #expect(problem.hasPrefix(expected), "\(problem)")
        }
    }

    @Test("the right to list policies is no excess where the server leaves out what may not be read, and only there")
    func policyListing() throws {
        var facts = try Self.healthy()
        let text = try Self.policy().document.hcl(comment: nil)
        facts.vault.policyTexts[Self.policyName] = .seen(text + PolicyListingRight.text)
        #expect(try Self.problems(facts).isEmpty)
        let filter = "list_scan_response_keys_filter_path"
        let wide = "path \"\(PolicyListingRight.path)\" { capabilities = [\"list\"] }\n"
        func filtered(by path: String) -> String {
            "path \"\(PolicyListingRight.path)\" { capabilities = [\"list\"] \(filter) = \"\(path)\" }\n"
        }
        let expired =
            "path \"\(PolicyListingRight.path)\" { capabilities = [\"list\"] expiration = \"2020-01-01T00:00:00Z\" }\n"
        for right in [
            wide, filtered(by: ""), filtered(by: "sys/policies/acl/lanyard.{{ .key }}"),
            PolicyListingRight.text + expired,
        ] {
            facts.vault.policyTexts[Self.policyName] = .seen(text + right)
            let problems = try Self.problems(facts)
            let excess = "excess: policy lanyard-op grants [list] on \"\(PolicyListingRight.path)\""
            #expect(problems.contains { $0.hasPrefix(excess) }, "\(right): \(problems)")
        }
    }

    @Test("what nobody uses may be missing, and what cannot be looked at is no problem of its own")
    func notes() throws {
        var facts = try Self.healthy()
        let idle = OperatorPolicy(
            settings: try .sample(), boundaries: [.sample { $0.vault?.authMounts = nil }])
        facts.vault.mounts = .seen(["auth/kubernetes": "kubernetes", "database": "database"])
        let findings = Diagnosis(
            facts, settings: try .sample(), aliasSelectors: nil, policy: idle, login: .init(rolePath: nil)
        ).findings
        let mount = findings.first { $0.subject == "mount auth/jwt" }
        #expect(mount?.severity == .note)
        facts.vault.policyTexts = [:]
        facts.vault.mounts = .failed("permission denied")
        let blind = try Self.findings(facts)
        #expect(blind.contains { $0.subject == "mounts" && $0.severity == .unknown })
        #expect(blind.contains { $0.subject == "policy text" && $0.severity == .note })
        #expect(!blind.contains { $0.severity == .problem })
    }
}
