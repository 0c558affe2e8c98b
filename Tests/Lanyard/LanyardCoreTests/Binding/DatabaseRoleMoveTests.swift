import KubernetesModel
import LanyardAPI
import Testing

@testable import LanyardCore

/// Leases of a dynamic role are revoked in the database that the role of the name says at that time (threat T15).
@Suite("Database roles in the plan that come to another connection")
struct DatabaseRoleMoveTests {
    private static let path = "database/roles/web_main"

    private let role = DynamicDatabaseRole(connection: "second", creation: ["CREATE ROLE"])

    /// The step for the role, which is there and the binding's.
    private func step(
        over actual: DynamicDatabaseRole, _ policy: RecreatePolicy = .recreate, wasConverged: Bool = false
    ) throws -> BindingPlan.Step {
        let access = DesiredAccess(
            roleName: "web", policyName: "web", serviceAccounts: ["web"],
            accessPolicy: VaultPolicy(document: PolicyDocument(merging: []), comment: ""), kubernetesRole: nil,
            databaseRoles: [
                DesiredDatabaseRole(
                    name: "main", mount: "database", vaultName: "web_main", role: .dynamic(role),
                    deletionPolicy: .delete, recreatePolicy: policy)
            ])
        let facts = BindingPlan.Facts(
            lookups: [
                Self.path: .found(actual.body), "sys/policies/acl/web": .found(nil),
                "database/config/second": .found(["plugin_name": "postgresql", "allowed_roles": ["*"]]),
            ], claims: [Self.path: .mine], heldPaths: [Self.path], wasConverged: wasConverged)
        return try #require(BindingPlan.make(for: access, facts: facts).steps.first { $0.path == Self.path })
    }

    private var elsewhere: DynamicDatabaseRole {
        var role = role
        role.connection = "first"
        return role
    }

    @Test("its leases go before it does, and it is made anew only if that was asked for")
    func moved() throws {
        let step = try self.step(over: elsewhere)
        guard case .act(.recreate) = step.decision else {
            Issue.record("\(step.decision)")
            return
        }
        #expect(step.removal?.path == Self.path)
        #expect(step.removal?.leases == DatabaseLeases(at: "database/creds/web_main"))
        let kept = try self.step(over: elsewhere, .report)
        guard case .act(.needsRecreate) = kept.decision else {
            Issue.record("\(kept.decision)")
            return
        }
        #expect(kept.removal == nil)
    }

    @Test("one that somebody moved by hand is put back, where its leases are")
    func putBack() throws {
        let step = try self.step(over: elsewhere, wasConverged: true)
        guard case .act(.update(differences: _, isDrift: true)) = step.decision else {
            Issue.record("\(step.decision)")
            return
        }
        #expect(step.removal == nil)
    }
}
