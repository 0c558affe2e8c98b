import LanyardCore
import Testing

@Suite("Coverage of policies")
struct PolicyCoverageTests {
    private static let needed = PolicyDocument(merging: [
        PolicyRule(path: "sys/policies/acl/team-a", capabilities: [.read, .update]),
        PolicyRule(path: "auth/kubernetes/role/lanyard.prod.*", capabilities: [.create, .read]),
        PolicyRule(path: "database/config/orders", capabilities: [.read]),
    ])

    @Test(
        "what is granted beyond is named with path and capabilities, and what is narrower is none",
        arguments: [
            ("sys/policies/acl/team-a", [Capability.read], []),
            ("sys/policies/acl/team-a", [.read, .sudo], [Capability.sudo]),
            ("sys/policies/acl/team-*", [.read], [.read]),
            ("auth/kubernetes/role/lanyard.prod.shop.*", [.create], []),
            ("auth/kubernetes/role/lanyard.*", [.create, .read], [.create, .read]),
            ("auth/+/role/lanyard.prod.*", [.read], [.read]),
            ("database/config/+", [.read], [.read]),
            ("*", [.read, .sudo], [.read, .sudo]),
            ("secret/*", [.deny], []),
            ("secret/*", [], []),
        ] as [(String, Set<Capability>, Set<Capability>)])
    func surplus(path: String, granted: Set<Capability>, beyond: Set<Capability>) {
        let document = PolicyDocument(merging: [PolicyRule(path: path, capabilities: granted)])
        let surplus = PolicyCoverage.surplus(of: document, beyond: Self.needed)
        #expect(surplus.map(\.capabilities) == (beyond.isEmpty ? [] : [beyond]))
        #expect(surplus.allSatisfy { $0.path == path })
    }

    @Test(
        "a sample path is one that the pattern covers, and nothing else of the pattern's neighbours",
        arguments: ["a/b", "a/b*", "a/*", "a/+/c", "+/x/*", "auth/token/lookup-self"])
    func samples(pattern: String) {
        let sample = PolicyCoverage.samplePath(of: pattern)
        #expect(PathPattern(pattern).matches(sample))
        #expect(!sample.contains("*") && !sample.contains("+"))
    }

    @Test("the foreign paths are others' objects: no rule of the operator's own policy is among them")
    func foreignPaths() throws {
        let policy = OperatorPolicy(settings: try .sample(), boundaries: [.sample()])
        let paths = PolicyCoverage.foreignPaths(
            policies: ["lanyard-operator"], role: "auth/kubernetes/role/lanyard", mounts: VaultMounts())
        #expect(paths.count > 15)
        #expect(paths.contains("sys/policies/acl/lanyard-operator") && paths.contains("auth/kubernetes/role/lanyard"))
        for path in paths {
            #expect(PolicyCoverage.capabilities(of: policy.document, at: path) == [], "\(path)")
        }
        #expect(
            PolicyCoverage.capabilities(of: policy.document, at: "auth/token/lookup-self") == [.read])
    }
}
