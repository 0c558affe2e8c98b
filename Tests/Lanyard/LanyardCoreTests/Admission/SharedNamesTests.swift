import KubernetesModel
import LanyardAPI
import TestSupport
import Testing

@testable import LanyardCore

/// Names of ServiceAccounts and resources are for every namespace to choose: they tell no two apart.
@Suite("Names that namespaces share")
struct SharedNamesTests {
    private func violations(
        _ namespaces: IdentityBoundarySpec.Namespaces, shared: Bool? = nil,
        _ fill: (inout IdentityBoundarySpec) -> Void
    ) throws -> [SpecViolation] {
        let boundary = IdentityBoundary.sample {
            $0.namespaces = namespaces
            $0.sharedNames = shared
            $0.vault?.names = []
            fill(&$0)
        }
        return BoundarySet.violations(of: boundary, settings: try .sample())?.violations ?? []
    }

    @Test(
        "a pattern keeps namespaces apart if what it becomes says the namespace, whatever was chosen there",
        arguments: [
            ("web", true), ("lanyard.{cluster}.{namespace}.*", true), ("{namespace}", true), ("x-{namespace}-y", true),
            ("{cluster}.{trustDomain}", true), ("{serviceAccount}", false), ("{name}", false), ("app-{name}", false),
            ("{namespace}.{serviceAccount}", true), ("{serviceAccount}.{namespace}", true),
            ("{namespace}_{serviceAccount}", true), ("{namespace}-x.y-{name}", true), ("{name}-a.b-{namespace}", true),
            // `a-b-c` is `c` of `a-b`, and `b-c` of `a`.
            ("{namespace}-{serviceAccount}", false), ("{serviceAccount}-{namespace}", false),
            ("{namespace}{name}", false), ("{namespace}{cluster}{name}", false),
            // `a.b.c` is all three ways.
            ("{name}.{namespace}.{serviceAccount}", false), ("{name}_{namespace}_{serviceAccount}", true),
            ("secret/data/{serviceAccount}/*", false), ("secret/data/{namespace}/{serviceAccount}/*", true),
            ("secret/data/{namespace}-{name}/*", false), ("secret/{namespace}-{name}/{namespace}/*", true),
            ("/ns/{namespace}/sa/{serviceAccount}", true), ("/sa/{serviceAccount}", false),
        ])
    func apart(pattern: String, isApart: Bool) throws {
        #expect(try BoundaryTemplate(pattern).keepsNamespacesApart == isApart)
    }

    @Test("the rule and a search for two namespaces with the same name agree")
    func bruteForce() throws {
        let namespaces = ["a", "b", "a-b", "b-a", "a-a", "a-b-a"]
        let chosen = ["a", "b", "a-b", "b-a", "a.b", "b.a", "a-b.a", "a.b-a", "b.a.b"]
        let atoms = ["{namespace}", "{serviceAccount}", "{name}", "-", ".", "a", "/", "_"]
        var random = SplitMix64(seed: 7)
        var told = [true: 0, false: 0]
        for _ in 0..<4_000 {
            let pattern = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                atoms.randomElement(using: &random) ?? ""
            }.joined()
            guard let template = try? BoundaryTemplate(pattern), pattern.contains("{serviceAccount}") else { continue }
            var holder: [String: String] = [:]
            var collides = false
            for namespace in namespaces {
                for name in chosen {
                    for account in chosen {
                        let values = BoundaryTemplate.Values(
                            namespace: namespace, name: name, serviceAccounts: [account], cluster: "c",
                            trustDomain: "t")
                        let text = try #require(template.patterns(values)?.first)
                        collides = collides || holder[text].map { $0 != namespace } == true
                        holder[text] = namespace
                    }
                }
            }
            // It may be stricter than need be, never more lenient.
            if template.keepsNamespacesApart { #expect(!collides, "\(pattern)") }
            told[template.keepsNamespacesApart, default: 0] += 1
        }
        #expect(told[true, default: 0] > 50 && told[false, default: 0] > 50)
    }

    // MARK: - Two patterns

    private static let values = BoundaryTemplate.Values(
        namespace: "n", name: "m", serviceAccounts: ["s"], cluster: "prod", trustDomain: "example.org")

    @Test(
        "two patterns meet if one becomes for some namespace what the other one becomes for another",
        arguments: [
            // `x-a-x` is both, for `x-a` and for `a-x`.
            ("{namespace}-x", "x-{namespace}", true), ("{namespace}", "{namespace}-ro", true),
            ("{namespace}-app", "{namespace}-db-app", true), ("{namespace}-app", "{namespace}-job", false),
            ("{namespace}", "{namespace}.{serviceAccount}", false), ("{namespace}.ro", "{namespace}.rw", false),
            ("{namespace}.{serviceAccount}", "{namespace}.{name}", false),
            ("{namespace}.{serviceAccount}", "{namespace}.ro.{name}", false),
            // `a.b.c` is `b.c` of `a`, and `a.b` of `c`.
            ("{namespace}.{serviceAccount}", "{serviceAccount}.{namespace}", true),
            ("{serviceAccount}.{namespace}.svc", "{serviceAccount}.{namespace}", true),
            ("{namespace}_{serviceAccount}", "{serviceAccount}_{namespace}", true),
            ("secret/data/{namespace}/*", "secret/metadata/{namespace}/*", false),
            ("secret/data/{namespace}/*", "secret/data/{namespace}/{serviceAccount}/*", false),
            ("secret/data/{namespace}/*", "secret/data/team-{namespace}/*", true),
            ("secret/data/{namespace}/a", "secret/data/a/{namespace}", true),
            ("{cluster}-{namespace}", "prod-x-{namespace}", true), ("{cluster}/{namespace}", "prod/{namespace}", false),
            ("{trustDomain}/{namespace}", "example.net/x-{namespace}", false),
        ])
    func meeting(one: String, other: String, meets: Bool) throws {
        let (one, other) = (try BoundaryTemplate(one), try BoundaryTemplate(other))
        #expect(one.meets(other, Self.values) == meets)
        #expect(other.meets(one, Self.values) == meets)
    }

    /// What a pattern becomes, with the namespaces that it becomes that for.
    private func texts(of template: BoundaryTemplate) throws -> [String: Set<String>] {
        var texts: [String: Set<String>] = [:]
        for namespace in ["a", "b", "a-b", "b-a", "a-a", "a-b-a"] {
            for name in ["a", "b", "a-b", "a.b", "b.a", "a-b.a"] {
                var values = Self.values
                values.namespace = namespace
                values.name = name
                values.serviceAccounts = [name]
                let text = try #require(template.patterns(values)?.first)
                texts[text, default: []].insert(namespace)
            }
        }
        return texts
    }

    @Test("two that are said not to meet are never found to")
    func meetingBruteForce() throws {
        let atoms = ["{namespace}", "{namespace}", "{serviceAccount}", "-", ".", "a", "b", "/", "_"]
        var random = SplitMix64(seed: 11)
        var templates: [(template: BoundaryTemplate, texts: [String: Set<String>])] = []
        while templates.count < 80 {
            let pattern = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                atoms.randomElement(using: &random) ?? ""
            }.joined()
            guard pattern.contains("{namespace}"), !templates.contains(where: { $0.template.text == pattern }),
                let template = try? BoundaryTemplate(pattern), template.keepsNamespacesApart
            else { continue }
            templates.append((template, try texts(of: template)))
        }
        var told = [true: 0, false: 0]
        for (index, one) in templates.enumerated() {
            for other in templates[..<index] {
                let meets = one.template.meets(other.template, Self.values)
                told[meets, default: 0] += 1
                guard !meets else { continue }
                let shared = one.texts.filter { text, namespaces in
                    other.texts[text].map { namespaces.union($0).count > 1 } ?? false
                }
                #expect(shared.isEmpty, "\(one.template.text) \(other.template.text)")
            }
        }
        #expect(told[true, default: 0] > 50 && told[false, default: 0] > 50)
    }

    /// A field that has two patterns.
    static let lists: [Field] = [
        .init(
            testDescription: "spec.identity.spiffeIDs[1]",
            set: { $0.identity?.spiffeIDs = ["/x/a-{namespace}", "/x/\($1)"] }, pattern: ""),
        .init(
            testDescription: "spec.identity.dnsNames[1]",
            set: { $0.identity?.dnsNames = ["a-{namespace}.example.org", "\($1).example.org"] }, pattern: ""),
        .init(
            testDescription: "spec.vault.names[1]", set: { $0.vault?.names = ["a-{namespace}", $1] }, pattern: ""),
        .init(
            testDescription: "spec.vault.extraPolicies[1]",
            set: { $0.vault?.extraPolicies = ["a-{namespace}", $1] }, pattern: ""),
        .init(
            testDescription: "spec.vault.paths[1].path",
            set: {
                $0.vault?.paths = ["a-{namespace}", $1].map {
                    IdentityBoundarySpec.Path(path: "secret/data/\($0)/*", capabilities: ["read"])
                }
            }, pattern: ""),
        .init(
            testDescription: "spec.vault.databases[1].connection",
            set: { $0.vault?.databases = [.init(connection: "a-{namespace}"), .init(connection: $1)] }, pattern: ""),
        .init(
            testDescription: "spec.vault.databases[0].templates[1]",
            set: { $0.vault?.databases = [.init(connection: "orders", templates: ["a-{namespace}", $1])] },
            pattern: ""),
        .init(
            testDescription: "spec.vault.secretsMounts[1]", set: { $0.vault?.secretsMounts = ["a-{namespace}", $1] },
            pattern: ""),
    ]

    @Test("two of one list that meet are refused where the boundary is about several namespaces", arguments: lists)
    func refusedMeeting(field: Field) throws {
        let several = IdentityBoundarySpec.Namespaces(names: ["shop", "farm"])
        let found = try violations(several) { field.set(&$0, "{namespace}-b") }
        #expect(found.map(\.field) == [field.testDescription])
        #expect(found.first?.message.contains("a-{namespace}") == true)
        #expect(found.first?.message.contains("sharedNames: true") == true)
        #expect(try violations(several, shared: true) { field.set(&$0, "{namespace}-b") } == [])
        #expect(try violations(.init(names: ["shop"])) { field.set(&$0, "{namespace}-b") } == [])
        // One that says it again, one for all, and one that says it elsewhere.
        for other in ["a-{namespace}", "a-b", "b-{namespace}"] {
            #expect(try violations(several) { field.set(&$0, other) } == [])
        }
    }

    /// A field whose patterns are for somebody to have.
    struct Field: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let set: @Sendable (inout IdentityBoundarySpec, String) -> Void
        let pattern: String
    }

    static let fields: [Field] = [
        .init(testDescription: "spec.identity.spiffeIDs[0]", set: { $0.identity?.spiffeIDs = [$1] }, pattern: "/sa/%"),
        .init(
            testDescription: "spec.identity.dnsNames[0]", set: { $0.identity?.dnsNames = [$1] },
            pattern: "%.example.org"),
        .init(testDescription: "spec.vault.names[0]", set: { $0.vault?.names = [$1] }, pattern: "app-%"),
        .init(
            testDescription: "spec.vault.extraPolicies[0]", set: { $0.vault?.extraPolicies = [$1] }, pattern: "read-%"),
        .init(
            testDescription: "spec.vault.paths[0].path",
            set: { $0.vault?.paths = [.init(path: $1, capabilities: ["read"])] }, pattern: "secret/data/%/*"),
        .init(
            testDescription: "spec.vault.databases[0].templates[0]",
            set: { $0.vault?.databases = [.init(connection: "orders", templates: [$1])] }, pattern: "read-%"),
        .init(
            testDescription: "spec.vault.secretsMounts[0]", set: { $0.vault?.secretsMounts = [$1] }, pattern: "kv-%"),
    ]

    @Test(
        "every field refuses it where a boundary is about several namespaces and does not say that it means it",
        arguments: fields)
    func refused(field: Field) throws {
        let several: [IdentityBoundarySpec.Namespaces] = [
            .init(names: ["shop", "farm"]), .init(names: ["sh*"]), .init(names: ["shop-*"]),
            .init(selector: .init(matchLabels: ["team": "shop"])),
            .init(names: ["shop"], selector: .init(matchLabels: ["team": "shop"])),
        ]
        for placeholder in ["{serviceAccount}", "{name}"] {
            let pattern = field.pattern.replacing("%", with: placeholder)
            for namespaces in several {
                let found = try violations(namespaces) { field.set(&$0, pattern) }
                #expect(found.map(\.field) == [field.testDescription])
                #expect(found.first?.message.contains("sharedNames: true") == true)
                #expect(try violations(namespaces, shared: false) { field.set(&$0, pattern) }.count == 1)
                #expect(try violations(namespaces, shared: true) { field.set(&$0, pattern) } == [])
            }
            for one in [["shop"], ["shop", "shop"], []] {
                #expect(try violations(.init(names: one)) { field.set(&$0, pattern) } == [])
            }
            #expect(try violations(.init(names: ["shop"], selector: .init())) { field.set(&$0, pattern) } == [])
        }
        #expect(
            try violations(.init(names: ["*"])) {
                field.set(&$0, field.pattern.replacing("%", with: "{namespace}"))
            } == [])
    }

    @Test("such a boundary allows nothing, and says why")
    func invalid() throws {
        let boundary = IdentityBoundary.sample(namespaces: ["sh*"])
        let binding = VaultRoleBinding.sample { $0.roleName = "web" }
        let result = Admission.binding(
            binding, subject: .serviceAccounts(["web"]), boundary: try .sample([boundary]), settings: try .sample())
        guard case .failure(let refusal) = result else {
            Issue.record("allowed")
            return
        }
        #expect(refusal.message.contains("IdentityBoundary shop, which is invalid") && !refusal.withdraws)
    }
}
