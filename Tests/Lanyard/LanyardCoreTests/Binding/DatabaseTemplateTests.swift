import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("Database roles from templates")
struct DatabaseTemplateTests {
    private static func template(
        _ fill: (inout DatabaseRoleTemplateSpec) -> Void = { _ in }
    ) -> DatabaseRoleTemplate {
        var spec = DatabaseRoleTemplateSpec()
        spec.connections = ["postgres"]
        spec.creationStatements = ["CREATE ROLE \"{{name}}\";"]
        spec.revocationStatements = ["DROP ROLE \"{{name}}\";"]
        spec.defaultTTL = "1h"
        spec.maxTTL = "24h"
        fill(&spec)
        return DatabaseRoleTemplate(metadata: ObjectMeta(name: "readwrite", uid: "t", generation: 3), spec: spec)
    }

    private func plan(
        _ template: DatabaseRoleTemplate?, _ fill: (inout DatabaseRole) -> Void = { _ in }
    ) throws -> Result<DesiredAccess, SpecViolations> {
        let binding = VaultRoleBinding.sample { spec in
            var role = DatabaseRole(name: "main")
            role.template = "readwrite"
            fill(&role)
            spec.databaseRoles = [role]
        }
        return BindingPlanner.desired(
            for: binding, subject: .serviceAccounts(["web"]), settings: try .sample(),
            templates: { $0 == "readwrite" ? template : nil })
    }

    @Test("a role gets the template's statements, lifetimes and only connection, and says which version that was")
    func inherited() throws {
        let access = try plan(Self.template()).get()
        let role = try #require(access.databaseRoles.first)
        #expect(
            role.role
                == .dynamic(
                    DynamicDatabaseRole(
                        connection: "postgres", creation: ["CREATE ROLE \"{{name}}\";"],
                        revocation: ["DROP ROLE \"{{name}}\";"], defaultTTL: 3_600, maxTTL: 86_400)))
        #expect(access.templates == [.init(name: "readwrite", uid: "t", generation: 3)])
        #expect(role.connectionPath == "database/config/postgres")
    }

    @Test("a role may ask for shorter lifetimes than the template's, and not for longer ones")
    func lifetimes() throws {
        let shorter = try plan(Self.template()) { $0.maxTTL = "30m" }.get()
        #expect(
            shorter.databaseRoles.first?.role
                == .dynamic(
                    DynamicDatabaseRole(
                        connection: "postgres", creation: ["CREATE ROLE \"{{name}}\";"],
                        revocation: ["DROP ROLE \"{{name}}\";"], defaultTTL: 1_800, maxTTL: 1_800)))
        let longer = try plan(Self.template()) {
            $0.defaultTTL = "25h"
            $0.maxTTL = "48h"
        }
        #expect(longer.violatedFields == ["spec.databaseRoles[0].defaultTTL", "spec.databaseRoles[0].maxTTL"])
    }

    @Test(
        "a role may name a connection that the template is for",
        arguments: [(["postgres"], true), (["post*"], true), (["*"], true), (["other"], false), (["postgres-"], false)])
    func connections(allowed: [String], isAllowed: Bool) throws {
        let result = try plan(Self.template { $0.connections = allowed }) { $0.connection = "postgres" }
        if allowed == ["postgres-"] {
            // No name of a connection: the template is of no use.
            #expect(try undefined(result.get())?.reason == .templateMissing)
        } else {
            #expect(result.violatedFields == (isAllowed ? [] : ["spec.databaseRoles[0].connection"]))
        }
    }

    @Test("a role must name the connection of a template that is for several, and the mount it is for")
    func needed() throws {
        let several = try plan(Self.template { $0.connections = ["a", "b"] })
        #expect(several.violatedFields == ["spec.databaseRoles[0].connection"])
        let pattern = try plan(Self.template { $0.connections = ["a*"] })
        #expect(pattern.violatedFields == ["spec.databaseRoles[0].connection"])
        let mount = try plan(Self.template { $0.mount = "other" })
        #expect(mount.violatedFields == ["spec.databaseRoles[0].mount"])
        #expect(try plan(Self.template { $0.mount = "other" }) { $0.mount = "other" }.violatedFields == [])
    }

    @Test("without its template a role is wanted, but not known")
    func missing() throws {
        let access = try plan(nil).get()
        #expect(
            try undefined(access)
                == ConditionOutcome(.no, .templateMissing, "there is no DatabaseRoleTemplate readwrite"))
        #expect(access.claimPaths == (try plan(Self.template()).get().claimPaths))
        #expect(access.templates.isEmpty)
        // The name alone gives nothing.
        #expect(access.policy.document.rules.isEmpty)
        #expect(try plan(Self.template()).get().policy.document.rules.count == 1)
    }

    @Test(
        "a template that cannot be used says so to those that name it",
        arguments: ["spec.connections", "spec.creationStatements", "spec.revocationStatements[0]", "spec.maxTTL"])
    func invalid(field: String) throws {
        let template = Self.template { spec in
            switch field {
            case "spec.connections": spec.connections = []
            case "spec.creationStatements": spec.creationStatements = nil
            case "spec.revocationStatements[0]": spec.revocationStatements = [" "]
            default: spec.maxTTL = "soon"
            }
        }
        let outcome = try #require(try undefined(plan(template).get()))
        #expect(outcome.reason == .templateMissing)
        #expect(outcome.message.contains("cannot be used: \(field): "))
        #expect(DatabaseTemplate.make(of: template.spec, settings: try .sample()).violatedFields == [field])
    }

    private func undefined(_ access: DesiredAccess) throws -> ConditionOutcome? {
        guard case .undefined(let outcome) = try #require(access.databaseRoles.first).role else { return nil }
        return outcome
    }
}
