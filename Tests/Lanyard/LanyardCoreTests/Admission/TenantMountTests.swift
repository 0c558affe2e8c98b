import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

/// Engines of which each tenant has its own, allowed by one boundary for all.
@Suite("Mounts of tenants")
struct TenantMountTests {
    private static let boundary = IdentityBoundary.sample(namespaces: ["team-*"]) {
        $0.vault?.names = ["lanyard.{cluster}.{namespace}.*"]
        $0.vault?.databases = [
            .init(mount: "{namespace}/database", connection: "main", templates: ["read*"]),
            .init(mount: "shared", connection: "{namespace}-main", templates: ["read*"]),
        ]
    }

    private func violations(
        of namespace: String = "team-a", under boundary: IdentityBoundary = boundary,
        _ fill: (inout DatabaseRole) -> Void
    ) throws -> [String] {
        var role = DatabaseRole(name: "main")
        role.template = "readonly"
        fill(&role)
        let settings = try PlanningSettings.sample()
        let binding = VaultRoleBinding.sample(namespace: namespace) { $0.databaseRoles = [role] }
        let effective = BoundarySet([boundary], settings: settings).effective(inNamespace: namespace, labels: [:])
        switch Admission.binding(
            binding, subject: .serviceAccounts(["web"]), boundary: effective, settings: settings)
        {
        case .success: return []
        case .failure(let refusal): return refusal.violations.violations.map(\.field)
        }
    }

    @Test("a namespace has its own mount and its own connection, whichever namespace it is")
    func own() throws {
        for namespace in ["team-a", "team-b", "team-a-b"] {
            let found = try violations(of: namespace) {
                ($0.mount, $0.connection) = ("\(namespace)/database", "main")
            }
            #expect(found == [])
            #expect(try violations(of: namespace) { ($0.mount, $0.connection) = ("shared", "\(namespace)-main") } == [])
        }
    }

    @Test("a namespace that is called like the configured mount does not get that by its name")
    func namesake() throws {
        func found(_ mount: String) throws -> [String] {
            let boundary = IdentityBoundary.sample(namespaces: ["database"]) {
                $0.vault?.names = ["lanyard.{cluster}.{namespace}.*"]
                $0.vault?.databases = [.init(mount: mount, connection: "main", templates: ["read*"])]
            }
            return try violations(of: "database", under: boundary) { ($0.mount, $0.connection) = ("database", "main") }
        }
        #expect(try found("{namespace}") == ["spec.databaseRoles[0].connection"])
        #expect(try found("database") == [])
    }

    @Test(
        "nobody reaches the mount or the connection of another namespace",
        arguments: [
            ("team-b/database", "main"), ("team-a2/database", "main"), ("tea/database", "main"),
            ("team-a/database", "other"), ("shared", "team-b-main"), ("shared", "team-a2-main"), ("shared", "main"),
            ("team-a", "main"), ("database", "main"), ("team-a/database2", "main"),
        ])
    func foreign(mount: String, connection: String) throws {
        let found = try violations { ($0.mount, $0.connection) = (mount, connection) }
        #expect(found == ["spec.databaseRoles[0].connection"])
    }

    @Test(
        "nothing of a pattern can be asked for, nor a placeholder itself",
        arguments: ["+/database", "team-a/+", "team-+/database", "{namespace}/database", "team-a/database/", "*"])
    func patterns(mount: String) throws {
        #expect(try !violations { ($0.mount, $0.connection) = (mount, "main") }.isEmpty)
        #expect(try !violations { ($0.mount, $0.connection) = ("shared", mount) }.isEmpty)
    }

    @Test(
        "a mount that only ServiceAccounts or names tell apart is refused where a boundary is about several namespaces")
    func apart() throws {
        func fields(_ mount: String, _ connection: String, sharedNames: Bool? = nil) throws -> [String] {
            let boundary = IdentityBoundary.sample(namespaces: ["team-*"]) {
                $0.sharedNames = sharedNames
                $0.vault?.names = ["lanyard.{cluster}.{namespace}.*"]
                $0.vault?.databases = [.init(mount: mount, connection: connection)]
            }
            let violations = BoundarySet.violations(of: boundary, settings: try .sample())
            return violations?.violations.map(\.field) ?? []
        }
        #expect(try fields("{serviceAccount}/database", "main") == ["spec.vault.databases[0].mount"])
        #expect(try fields("database", "{name}") == ["spec.vault.databases[0].connection"])
        #expect(try fields("{serviceAccount}/database", "main", sharedNames: true) == [])
        // Below a mount of its own a namespace may choose.
        #expect(try fields("{namespace}/database", "{serviceAccount}") == [])
        for wrong in ["{node}/database", "{namespace/database", "{namespace}/sys", "{namespace}/*", "{namespace}*"] {
            #expect(try fields(wrong, "main") == ["spec.vault.databases[0].mount"], "\(wrong)")
        }
        #expect(try fields("database", "{namespace}/x") == ["spec.vault.databases[0].connection"])
    }

    @Test("a mount that begins with a placeholder is in the operator's policy for those who have it, and said without")
    func operatorPolicy() throws {
        let settings = try PlanningSettings.sample()
        let without = OperatorPolicy(settings: settings, boundaries: [Self.boundary])
        #expect(
            without.omissions == [
                "IdentityBoundary shop: databases {namespace}/database could be any mount",
                "IdentityBoundary shop: databases {namespace}-main could be any connection",
            ])
        #expect(!without.document.rules.contains { $0.path.contains("+") || $0.path.hasSuffix("/*") })
        var role = DatabaseRole(name: "main")
        (role.template, role.mount, role.connection) = ("readonly", "team-a/database", "main")
        let binding = VaultRoleBinding.sample(namespace: "team-a") { $0.databaseRoles = [role] }
        let boundary = BoundarySet([Self.boundary], settings: settings).effective(inNamespace: "team-a", labels: [:])
        let access = try Admission.binding(
            binding, subject: .serviceAccounts(["web"]), boundary: boundary, settings: settings
        ).get()
        let policy = OperatorPolicy(settings: settings, boundaries: [Self.boundary], admitted: [access])
        let paths = policy.document.rules.map(\.path)
        #expect(paths.contains("team-a/database/roles/lanyard.production.team-a.web_main"))
        #expect(!paths.contains { $0.hasPrefix("team-b/") } && policy.omissions == [])
    }
}
