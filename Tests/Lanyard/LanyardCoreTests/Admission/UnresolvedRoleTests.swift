import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

/// Mount, template and connection of every database role are held against the boundary, whatever is missing.
@Suite("Database roles that cannot be resolved, against the boundary")
struct UnresolvedRoleTests {
    /// A template with one thing about it.
    private static func template(_ fill: (inout DatabaseRoleTemplateSpec) -> Void = { _ in }) -> DatabaseRoleTemplate {
        var spec = DatabaseRoleTemplateSpec()
        spec.connections = ["orders"]
        spec.creationStatements = ["CREATE ROLE"]
        fill(&spec)
        return DatabaseRoleTemplate(metadata: ObjectMeta(name: "t"), spec: spec)
    }

    /// Ways in which a template does not say which connection it is for.
    static let templates: [String: DatabaseRoleTemplate?] = [
        "missing": nil, "invalid": template { $0.creationStatements = nil },
        "without connection": template { $0.connections = [] },
        "for several": template { $0.connections = ["orders", "payroll"] },
        "for any": template { $0.connections = ["*"] },
        "for a wrong name": template { $0.connections = ["../x"] },
    ]

    private func violations(
        _ template: DatabaseRoleTemplate?, under boundaries: [IdentityBoundary] = [.sample()],
        _ fill: (inout DatabaseRole) -> Void
    ) throws -> [BoundaryViolation] {
        var role = DatabaseRole(name: "main")
        fill(&role)
        let binding = VaultRoleBinding.sample { $0.databaseRoles = [role] }
        return BindingBoundaryCheck.violations(
            of: binding, subject: .serviceAccounts(["web"]), boundary: try .sample(boundaries),
            settings: try .sample(), templates: { _ in template })
    }

    @Test(
        "a mount of which nothing is allowed is refused, whatever there is of the template",
        arguments: templates.keys.sorted(),
        ["aws", "secret/data/victim", "consul", "database-2", "Database", "pki"])
    func mount(template: String, mount: String) throws {
        let found = try violations(Self.templates[template] ?? nil) {
            $0.template = "readonly"
            $0.mount = mount
        }
        #expect(found.map(\.field) == ["spec.databaseRoles[0].mount"])
        #expect(found.first?.requested == "\"\(mount)\"")
    }

    @Test("a template that is not allowed is refused, whatever there is of it", arguments: templates.keys.sorted())
    func name(template: String) throws {
        for name in ["owner", "*", "+", "a/b", "Readonly"] {
            let found = try violations(Self.templates[template] ?? nil) { $0.template = name }
            #expect(found.map(\.field) == ["spec.databaseRoles[0].template"], "\(name)")
        }
        #expect(try violations(Self.templates[template] ?? nil) { $0.template = "readonly" } == [])
    }

    @Test(
        "a connection that is not allowed is refused, whatever there is of the template",
        arguments: templates.keys.sorted())
    func connection(template: String) throws {
        let found = try violations(Self.templates[template] ?? nil) {
            $0.template = "readonly"
            $0.connection = "payroll"
        }
        #expect(found.map(\.field) == ["spec.databaseRoles[0].connection"])
    }

    @Test("without any boundary nothing is allowed, and neither is a role without connection or template")
    func builtIn() throws {
        for template in Self.templates.keys.sorted() {
            let found = try violations(Self.templates[template] ?? nil, under: []) { $0.template = "readonly" }
            #expect(found.map(\.field) == ["spec.databaseRoles[0].mount"])
        }
        #expect(
            try violations(nil) { $0.statements = .init(creation: ["x"]) }.map(\.field) == [
                "spec.databaseRoles[0].connection"
            ])
        #expect(
            try violations(nil) { $0.static = .init(username: "x") }.map(\.field) == [
                "spec.databaseRoles[0].connection"
            ])
    }

    @Test("what is allowed of different connections does not mix, once the connection is known")
    func mixing() throws {
        let boundary = IdentityBoundary.sample {
            $0.vault?.databases = [
                .init(connection: "orders", templates: ["readonly"]),
                .init(connection: "payroll", templates: ["owner"]),
            ]
        }
        #expect(try violations(nil, under: [boundary]) { $0.template = "owner" } == [])
        #expect(
            try violations(Self.template(), under: [boundary]) { $0.template = "owner" }.map(\.field)
                == ["spec.databaseRoles[0].template"])
    }
}
