import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("BoundarySet")
struct BoundarySetTests {
    private func accepts(
        _ path: String, _ boundaries: [IdentityBoundary], labels: [String: String]? = [:]
    ) throws -> Bool {
        let binding = VaultRoleBinding.sample {
            $0.access = Access(rules: [AccessRule(path: path, capabilities: ["read"])])
        }
        let settings = try PlanningSettings.sample()
        let effective = BoundarySet(boundaries, settings: settings).effective(inNamespace: "shop", labels: labels)
        let result = Admission.binding(
            binding, subject: .serviceAccounts(["web"]), boundary: effective, settings: settings)
        if case .success = result { return true }
        return false
    }

    @Test("the built-in default is a namespace's own names and secrets, and nothing else")
    func builtIn() throws {
        #expect(try accepts("secret/data/shop/web", []))
        #expect(try accepts("secret/metadata/shop/*", []))
        for path in ["secret/data/shop-2/web", "secret/data/shop", "secret/data/*", "secret/undelete/shop/x", "pki/x"] {
            #expect(try !accepts(path, []), "\(path)")
        }
        #expect(try !EffectiveBoundary.sample([]).withdraws)
    }

    @Test("boundaries that match add up, and the built-in default is no part of that")
    func union() throws {
        func boundary(_ name: String, _ namespaces: [String], _ path: String) -> IdentityBoundary {
            .sample(name, namespaces: namespaces) {
                $0.vault?.names = ["lanyard.{cluster}.{namespace}.*"]
                $0.vault?.secretsMounts = ["kv"]
                $0.vault?.paths = [.init(path: path, capabilities: ["read"])]
            }
        }
        let first = boundary("shop", ["shop"], "kv/a/*")
        let second = boundary("second", ["sh*"], "kv/b/*")
        let other = boundary("other", ["shop2", "sho"], "kv/c/*")
        let all = [first, second, other]
        #expect(try accepts("kv/a/x", all) && accepts("kv/b/x", all))
        #expect(try !accepts("kv/c/x", all) && !accepts("secret/data/shop/web", all))
    }

    @Test("capabilities that two boundaries grant for one path add up")
    func capabilityUnion() throws {
        let path = "secret/a/*"
        let read = IdentityBoundary.sample { $0.vault?.paths = [.init(path: path, capabilities: ["read"])] }
        let list = IdentityBoundary.sample("list") { $0.vault?.paths = [.init(path: path, capabilities: ["list"])] }
        let binding = VaultRoleBinding.sample {
            $0.access = Access(rules: [AccessRule(path: "secret/a/x", capabilities: ["read", "list"])])
        }
        let settings = try PlanningSettings.sample()
        for (boundaries, count) in [([read], 1), ([read, list], 0)] {
            let violations = BindingBoundaryCheck.violations(
                of: binding, subject: .serviceAccounts(["web"]), boundary: try .sample(boundaries), settings: settings)
            #expect(violations.count == count)
        }
    }

    @Test("a boundary that is wrong allows nothing, ends the built-in default, and withdraws nothing")
    func broken() throws {
        let wrong = IdentityBoundary.sample("wrong") {
            $0.onViolation = .withdraw
            $0.vault?.paths?.append(.init(path: "sys/*", capabilities: ["read"]))
        }
        #expect(try BoundarySet.violations(of: wrong, settings: .sample()) != nil)
        #expect(try !accepts("secret/data/shop/web", [wrong]))
        let good = IdentityBoundary.sample { $0.onViolation = .withdraw }
        #expect(try accepts("secret/data/shop/web", [wrong, good]))
        #expect(try EffectiveBoundary.sample([good]).withdraws)
        #expect(try !EffectiveBoundary.sample([wrong, good]).withdraws)
        #expect(try EffectiveBoundary.sample([wrong, good]).undecided.count == 1)
        // Its namespaces are right, so it is nobody else's trouble.
        #expect(try EffectiveBoundary.sample([wrong], namespace: "farm").undecided.isEmpty)
    }

    @Test("a boundary whose namespaces are wrong, or that cannot be read, may be about every namespace")
    func unreadable() throws {
        let wrong = IdentityBoundary.sample { $0.namespaces = .init(names: ["a*b"]) }
        #expect(try !EffectiveBoundary.sample([wrong], namespace: "farm").undecided.isEmpty)
        let settings = try PlanningSettings.sample()
        let set = BoundarySet([.sample()], undecodable: ["shop"], settings: settings)
        let effective = set.effective(inNamespace: "shop", labels: [:])
        // The last good version does not count either: nobody knows what the new one takes away.
        #expect(effective.undecided.count == 1 && !effective.withdraws)
    }

    @Test("labels that are not known decide nothing")
    func unknownLabels() throws {
        let boundary = IdentityBoundary.sample {
            $0.namespaces = .init(selector: .init(matchLabels: ["team": "shop"]))
            $0.vault?.names = ["lanyard.{cluster}.{namespace}.*"]
            $0.onViolation = .withdraw
        }
        #expect(try EffectiveBoundary.sample([boundary], labels: ["team": "shop"]).withdraws)
        #expect(try accepts("secret/data/shop/web", [boundary], labels: ["team": "farm"]))
        let unknown = try EffectiveBoundary.sample([boundary], labels: nil)
        #expect(!unknown.withdraws && unknown.undecided.count == 1)
        #expect(try !accepts("secret/data/shop/web", [boundary], labels: nil))
    }

    /// A boundary with one thing wrong.
    struct Wrong: Sendable, CustomTestStringConvertible {
        let field: String
        let change: @Sendable (inout IdentityBoundarySpec) -> Void

        init(_ field: String, _ change: @escaping @Sendable (inout IdentityBoundarySpec) -> Void) {
            self.field = field
            self.change = change
        }

        var testDescription: String { field }
    }

    static let wrongs: [Wrong] = {
        func path(_ path: String, _ capabilities: [String] = ["read"]) -> Wrong {
            Wrong("spec.vault.paths[0].\(capabilities == ["read"] ? "path" : "capabilities")") {
                $0.vault?.paths = [.init(path: path, capabilities: capabilities)]
            }
        }
        return [
            path("*"), path("+/x"), path("s*"), path("sys/x"), path("auth/*"), path("identity/*"), path("/kv/x"),
            path("secret//x"), path("secret/../x"), path("secret/{nobody}/x"), path("secret/{namespace"),
            path("secret/{namespace}*"),
            path("secret/x-{namespace}-*"), path("{namespace}*"), path("secret/a*/x"), path("secret/a+/x"),
            path("secret/é"),
            path("secret/x", ["sudo"]), path("secret/x", ["read", "root"]), path("secret/x", ["deny"]),
            path("secret/x", []),
            // Below what may be a namespace of the server.
            path("team/sys/policies/acl/x"), path("team/AUTH/token/create"), path("team/*"), path("team/s*"),
            path("team/+/policies/acl/x"), path("{namespace}/*"), path("team/child/sys/x"), path("team/child/*"),
            path("team/child/+/x"), path("secret-2/data/*"), path("agent-registry/x"), path("team/agent-registry/x"),
            Wrong("spec.vault.secretsMounts[0]") { $0.vault?.secretsMounts = ["team/sys"] },
            Wrong("spec.vault.secretsMounts[0]") { $0.vault?.secretsMounts = ["identity"] },
            Wrong("spec.vault.secretsMounts[0]") { $0.vault?.secretsMounts = ["team*"] },
            Wrong("spec.vault.databases[0].mount") {
                $0.vault?.databases = [.init(mount: "team/sys", connection: "x")]
            },
            Wrong("spec.identity.spiffeIDs[0]") { $0.identity?.spiffeIDs = ["/*"] },
            Wrong("spec.identity.spiffeIDs[0]") { $0.identity?.spiffeIDs = ["/+/x"] },
            Wrong("spec.identity.spiffeIDs[0]") { $0.identity?.spiffeIDs = ["ns/x"] },
            Wrong("spec.identity.spiffeIDs[0]") { $0.identity?.spiffeIDs = ["/ns//x"] },
            Wrong("spec.identity.spiffeIDs[0]") { $0.identity?.spiffeIDs = ["/ns/{pod}"] },
            Wrong("spec.identity.dnsNames[0]") { $0.identity?.dnsNames = ["*"] },
            Wrong("spec.identity.dnsNames[0]") { $0.identity?.dnsNames = ["web.*"] },
            Wrong("spec.identity.dnsNames[0]") { $0.identity?.dnsNames = ["w*.example.org"] },
            Wrong("spec.identity.federatesWith[0]") { $0.identity?.federatesWith = ["spiffe://x"] },
            Wrong("spec.identity.maxX509TTL") { $0.identity?.maxX509TTL = "1d" },
            Wrong("spec.identity.maxJWTTTL") { $0.identity?.maxJWTTTL = "0s" },
            Wrong("spec.vault.maxTokenTTL") { $0.vault?.maxTokenTTL = "soon" },
            Wrong("spec.vault.names[0]") { $0.vault?.names = ["we?b"] },
            Wrong("spec.vault.names[0]") { $0.vault?.names = ["a/b"] },
            Wrong("spec.vault.names[0]") { $0.vault?.names = ["{serviceAccount}-*"] },
            Wrong("spec.vault.authMounts[0]") { $0.vault?.authMounts = ["token"] },
            Wrong("spec.vault.extraPolicies[0]") { $0.vault?.extraPolicies = ["root"] },
            Wrong("spec.vault.extraPolicies[0]") { $0.vault?.extraPolicies = ["*"] },
            Wrong("spec.vault.extraPolicies[0]") { $0.vault?.extraPolicies = ["lan*"] },
            Wrong("spec.vault.extraPolicies[0]") { $0.vault?.extraPolicies = ["lanyard.production.x"] },
            Wrong("spec.vault.databases[0].connection") { $0.vault?.databases = [.init(connection: "*")] },
            Wrong("spec.vault.databases[0].mount") { $0.vault?.databases = [.init(mount: "sys", connection: "x")] },
            Wrong("spec.namespaces.names[0]") { $0.namespaces?.names = ["*shop"] },
            Wrong("spec.namespaces.names[0]") { $0.namespaces?.names = ["Shop"] },
            Wrong("spec.namespaces.selector.matchExpressions[0].operator") {
                $0.namespaces?.selector = .init(matchExpressions: [.init(key: "team", operator: "Like")])
                $0.vault?.names = []
            },
            Wrong("spec.namespaces.selector.matchExpressions[0].values") {
                $0.namespaces?.selector = .init(matchExpressions: [.init(key: "team", operator: "In")])
                $0.vault?.names = []
            },
        ]
    }()

    @Test("one wrong field is the one violation, and names the field", arguments: wrongs)
    func violations(wrong: Wrong) throws {
        let settings = try PlanningSettings.sample()
        #expect(BoundarySet.violations(of: .sample(), settings: settings) == nil)
        let boundary = IdentityBoundary.sample { wrong.change(&$0) }
        let fields = BoundarySet.violations(of: boundary, settings: settings)?.violations.map(\.field) ?? []
        #expect(fields.count == 1 && fields.first?.hasPrefix(wrong.field) == true, "\(fields)")
    }
}
