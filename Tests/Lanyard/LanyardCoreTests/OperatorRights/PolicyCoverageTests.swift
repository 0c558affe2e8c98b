import LanyardCore
import Testing

@Suite("Coverage of policies")
struct PolicyCoverageTests {
    private static let needed = PolicyDocument(merging: [
        PolicyRule(path: "sys/policies/acl/team-a", capabilities: [.read, .update]),
        PolicyRule(path: "auth/kubernetes/role/lanyard.prod.*", capabilities: [.create, .read]),
        PolicyRule(path: "database/config/orders", capabilities: [.read]),
    ])

    /// A rule, by the names of its capabilities, and what of it is beyond the needed policy.
    struct Case: Sendable, CustomTestStringConvertible {
        let path: String
        let granted: String
        let beyond: String

        init(_ path: String, _ granted: String, beyond: String) {
            self.path = path
            self.granted = granted
            self.beyond = beyond
        }

        var testDescription: String { "\(granted) on \(path)" }
    }

    private static let cases: [Case] = [
        Case("sys/policies/acl/team-a", "read", beyond: ""),
        Case("sys/policies/acl/team-a", "read sudo", beyond: "sudo"),
        Case("sys/policies/acl/team-*", "read", beyond: "read"),
        Case("auth/kubernetes/role/lanyard.prod.shop.*", "create", beyond: ""),
        Case("auth/kubernetes/role/lanyard.*", "create read", beyond: "create read"),
        Case("auth/+/role/lanyard.prod.*", "read", beyond: "read"),
        Case("database/config/+", "read", beyond: "read"),
        Case("*", "read sudo", beyond: "read sudo"),
        Case("secret/*", "deny", beyond: ""),
        Case("secret/*", "", beyond: ""),
    ]

    @Test("what is granted beyond is named with path and capabilities, and what is narrower is none", arguments: cases)
    func surplus(_ row: Case) {
        let granted = Set(row.granted.split(separator: " ").compactMap { Capability(rawValue: String($0)) })
        let document = PolicyDocument(merging: [PolicyRule(path: row.path, capabilities: granted)])
        let surplus = PolicyCoverage.surplus(of: document, beyond: Self.needed)
        #expect(
            surplus.map { $0.capabilities.names.joined(separator: " ") } == (row.beyond.isEmpty ? [] : [row.beyond]))
        #expect(surplus.allSatisfy { $0.path == row.path })
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
            policies: ["lanyard-operator"], role: "auth/kubernetes/role/lanyard", mounts: MountNames())
        #expect(paths.count > 15)
        #expect(paths.contains("sys/policies/acl/lanyard-operator") && paths.contains("auth/kubernetes/role/lanyard"))
        for path in paths {
            // Whether an auth method is configured is looked at.
            let business: Set<Capability> = path.hasSuffix("/config") ? [.read] : []
            #expect(PolicyCoverage.capabilities(of: policy.document, at: path) == business, "\(path)")
        }
        #expect(
            PolicyCoverage.capabilities(of: policy.document, at: "auth/token/lookup-self") == [.read])
    }
}
