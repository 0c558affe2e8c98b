import KubernetesModel
import LanyardAPI
import Testing

@testable import LanyardCore

/// The server's own paths are refused below everything that may be a namespace of the server.
@Suite("Paths of namespaces of the server")
struct SystemPathTests {
    private static let known = [PathPattern("secret/*"), PathPattern("team/kv/*")]

    @Test(
        "a pattern may reach them unless it is below a known mount, or says every segment",
        arguments: [
            ("secret/data/sys/x", false), ("secret/*", false), ("secret/+/x", false), ("secret/data/auth/*", false),
            ("team/kv/sys/*", false), ("team/data/x", false), ("team/issue/+", false), ("team/a/b/c", false),
            ("team/system/x", false), ("team/my-auth/x", false),
            ("team/sys/policies/acl/x", true), ("team/sys", true), ("team/SYS/x", true),
            ("team/Auth/token/create", true),
            ("team/identity/entity", true), ("team/cubbyhole/x", true), ("team/agent-registry/x", true),
            ("team/child/sys/x", true), ("team/a/b/auth/x", true),
            ("team/*", true), ("team/s*", true), ("team/x*", true), ("team/data/*", true), ("team/+/x", true),
            ("team/a/+/x", true), ("team/+/+", true), ("secret-2/*", true), ("secretx/sys/x", true),
            ("Secret/sys/x", true),
            ("team/kv*", true), ("team/kv-2/*", true), ("teams/kv/*", true),
        ])
    func reach(pattern: String, mayReach: Bool) {
        #expect(VaultPathRule.mayReachSystem(pattern, outside: Self.known) == mayReach)
    }

    @Test("it is never less than what a search over paths finds")
    func bruteForce() {
        let words = ["a", "sys", "auth", "x"]
        var paths: [String] = []
        for first in ["n", "m"] {
            for second in words {
                for third in words {
                    for fourth in words { paths.append("\(first)/\(second)/\(third)/\(fourth)") }
                    paths.append("\(first)/\(second)/\(third)")
                }
            }
        }
        let system = paths.filter { path in
            // `m` is a mount; something has to be below the word.
            path.hasPrefix("n/")
                && path.split(separator: "/").dropFirst().dropLast().contains { $0 == "sys" || $0 == "auth" }
        }
        let mount = PathPattern("m/*")
        let atoms = words + ["+", "*", "s*", "a*"]
        for first in ["n", "m"] {
            for second in atoms {
                for third in atoms {
                    for pattern in [
                        "\(first)/\(second)/\(third)", "\(first)/\(second)/\(third)/x", "\(first)/\(second)",
                    ] {
                        let reaches = system.contains { PathPattern(pattern).matches($0) }
                        if reaches { #expect(VaultPathRule.mayReachSystem(pattern, outside: [mount]), "\(pattern)") }
                    }
                }
            }
        }
    }

    private func fields(
        of path: String, under boundary: IdentityBoundary, in namespace: String = "shop"
    ) throws -> [String] {
        let binding = VaultRoleBinding.sample(namespace: namespace) {
            $0.access = Access(rules: [AccessRule(path: path, capabilities: ["update"])])
        }
        return BindingBoundaryCheck.violations(
            of: binding, subject: .serviceAccounts(["web"]), boundary: try .sample([boundary], namespace: namespace),
            settings: try .sample()
        ).map(\.field)
    }

    private func boundary(_ path: String, mounts: [String]? = nil, namespace: String = "shop") -> IdentityBoundary {
        .sample(namespaces: [namespace]) {
            $0.vault?.secretsMounts = mounts
            $0.vault?.paths = [.init(path: path, capabilities: ["update"])]
        }
    }

    @Test(
        "a name that fills a placeholder can be one of theirs, and is refused then",
        arguments: ["sys", "auth", "identity"])
    func placeholder(namespace: String) throws {
        let path = "team/{namespace}/policies"
        #expect(try BoundarySet.violations(of: boundary(path), settings: .sample()) == nil)
        #expect(try fields(of: "team/shop/policies", under: boundary(path)) == [])
        let own = boundary(path, namespace: namespace)
        #expect(
            try fields(of: "team/\(namespace)/policies", under: own, in: namespace) == ["spec.access.rules[0].path"])
        let known = boundary(path, mounts: ["team"], namespace: namespace)
        #expect(try fields(of: "team/\(namespace)/policies", under: known, in: namespace) == [])
    }

    @Test("what the platform team says is a mount is none of them, and nothing else becomes one by it")
    func secretsMounts() throws {
        let own = boundary("{namespace}/*", mounts: ["{namespace}"])
        #expect(try BoundarySet.violations(of: own, settings: .sample()) == nil)
        #expect(try fields(of: "shop/data/x/*", under: own) == [])
        #expect(try fields(of: "shop2/data/x", under: own) == ["spec.access.rules[0].path"])
        #expect(try BoundarySet.violations(of: boundary("{namespace}/*"), settings: .sample()) != nil)
        #expect(try BoundarySet.violations(of: boundary("team/*", mounts: ["team/kv"]), settings: .sample()) != nil)
        #expect(try BoundarySet.violations(of: boundary("database/*"), settings: .sample()) == nil)
    }

    @Test(
        "a mount named after a ServiceAccount that is not known is any one segment there, and no more",
        arguments: [
            ("teams/shop/web/data/*", []), ("teams/shop/api/+/x", []), ("teams/shop/web/sys/x", []),
            ("teams/shop/*", ["spec.access.rules[0].path"]), ("teams/farm/web/*", ["spec.access.rules[0].path"]),
            ("teams/shop/web*", ["spec.access.rules[0].path"]),
        ])
    func unknownSubject(path: String, expected: [String]) throws {
        let binding = VaultRoleBinding.sample {
            $0.access = Access(rules: [AccessRule(path: path, capabilities: ["update"])])
        }
        for isDatabase in [true, false] {
            let mount = "teams/{namespace}/{serviceAccount}"
            var own = boundary("\(mount)/*", mounts: isDatabase ? nil : [mount])
            if isDatabase { own.spec.vault?.databases = [.init(mount: mount, connection: "orders")] }
            #expect(try BoundarySet.violations(of: own, settings: .sample()) == nil)
            let found = BindingBoundaryCheck.violations(
                of: binding, subject: nil, boundary: try .sample([own]), settings: try .sample())
            #expect(found.map(\.field) == expected)
        }
    }

    @Test("a namespace that is called like a configured mount does not get that mount by its name")
    func namesake() throws {
        for (pattern, asked, isAllowed) in [
            ("{namespace}/*", "secret/*", false), ("{namespace}/*", "secret/data/x", false),
            ("secret/*", "secret/data/x", true), ("secret/data/{namespace}/*", "secret/data/secret/x", true),
        ] {
            let boundary = IdentityBoundary.sample(namespaces: ["secret"]) {
                $0.vault?.secretsMounts = ["{namespace}"]
                $0.vault?.paths = [.init(path: pattern, capabilities: ["update"])]
            }
            let binding = VaultRoleBinding.sample(namespace: "secret") {
                $0.access = Access(rules: [AccessRule(path: asked, capabilities: ["update"])])
            }
            let found = BindingBoundaryCheck.violations(
                of: binding, subject: .serviceAccounts(["web"]),
                boundary: try .sample([boundary], namespace: "secret"), settings: try .sample()
            ).map(\.field).filter { $0.hasPrefix("spec.access") }
            #expect(found == (isAllowed ? [] : ["spec.access.rules[0].path"]), "\(pattern) \(asked)")
        }
    }

    @Test(
        "a mount that has one of their names as a segment is none",
        arguments: ["team/sys", "team/Auth/token", "a/identity/b"])
    func mounts(mount: String) {
        #expect(VaultName.violation(inMount: mount) != nil)
        #expect(VaultName.violation(inMount: "team/system") == nil)
    }
}
