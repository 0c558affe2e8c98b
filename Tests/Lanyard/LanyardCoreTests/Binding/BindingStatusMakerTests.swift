import KubernetesModel
import LanyardAPI
import Testing

@testable import LanyardCore

@Suite("BindingStatusMaker")
struct BindingStatusMakerTests {
    private static let before = "2026-01-01T00:00:00Z"
    private static let now = "2026-01-02T00:00:00Z"

    private let synced = ConditionOutcome.holds(.synced, "as declared")

    private func access(withDatabase: Bool = true) throws -> DesiredAccess {
        DesiredAccess(
            roleName: "web", policyName: "web-policy", serviceAccounts: ["api", "web"],
            spiffeID: try SPIFFEID("spiffe://example.org/web"),
            accessPolicy: VaultPolicy(document: PolicyDocument(merging: []), comment: ""),
            kubernetesRole: DesiredKubernetesRole(
                path: "auth/kubernetes/role/web",
                role: KubernetesAuthRole(serviceAccountNames: ["api", "web"], namespaces: ["shop"])),
            databaseRoles: withDatabase
                ? [
                    DesiredDatabaseRole(
                        name: "main", mount: "database", vaultName: "web_main",
                        role: .dynamic(DynamicDatabaseRole(connection: "postgres", creation: ["CREATE"])),
                        template: .init(name: "readwrite", uid: "u", generation: 3), deletionPolicy: .delete)
                ] : [])
    }

    private func binding(generation: Int64 = 1, status: VaultRoleBindingStatus? = nil) -> VaultRoleBinding {
        VaultRoleBinding(
            metadata: ObjectMeta(name: "web", namespace: "shop", uid: "u", generation: generation), status: status)
    }

    private func accepted(
        note: String? = nil, policy: ConditionOutcome? = nil, authRoles: ConditionOutcome? = nil,
        databaseRoles: ConditionOutcome? = nil, withDatabase: Bool = true
    ) throws -> BindingOutcome {
        .accepted(
            note: note, access: try access(withDatabase: withDatabase), policy: policy ?? synced,
            authRoles: authRoles ?? synced, databaseRoles: withDatabase ? databaseRoles ?? synced : nil)
    }

    private func status(
        _ outcome: BindingOutcome, of binding: VaultRoleBinding, now: String = Self.now
    ) -> VaultRoleBindingStatus {
        BindingStatusMaker.status(of: binding, outcome: outcome, now: now)
    }

    @Test("a binding that is right names its objects and is Ready")
    func ready() throws {
        let made = status(try accepted(), of: binding(generation: 4))
        #expect(made.observedGeneration == 4)
        #expect(made.serviceAccounts == ["api", "web"])
        #expect(made.spiffeID == "spiffe://example.org/web")
        #expect(
            made.vault
                == .init(
                    roleName: "web", policy: "sys/policies/acl/web-policy", kubernetesRole: "auth/kubernetes/role/web",
                    databaseRoles: ["database/roles/web_main"]))
        #expect(
            made.conditions?.map(\.type) == [
                "Ready", "Accepted", "IdentityResolved", "DatabaseRolesSynced", "PolicySynced", "AuthRolesSynced",
            ])
        #expect(made.conditions?.allSatisfy { $0.status == .yes && $0.observedGeneration == 4 } == true)
        #expect(made.conditions?.condition("IdentityResolved")?.message == "access for api, web")
    }

    @Test("Ready says what is wrong first in the order in which objects are made")
    func order() throws {
        let denied = ConditionOutcome.fails(.permissionDenied, "denied")
        let missing = ConditionOutcome.fails(.connectionMissing, "missing")
        let pending = ConditionOutcome.fails(.pending, "waits")
        var made = status(
            try accepted(policy: denied, authRoles: pending, databaseRoles: missing), of: binding())
        #expect(made.conditions?.condition("Ready")?.reason == "ConnectionMissing")
        made = status(try accepted(policy: denied, authRoles: pending), of: binding())
        #expect(made.conditions?.condition("Ready")?.reason == "PermissionDenied")
        made = status(try accepted(authRoles: pending), of: binding())
        #expect(made.conditions?.condition("Ready")?.reason == "Pending")
    }

    @Test("without database roles there is no condition about them, also when there was one")
    func noDatabaseRoles() throws {
        let first = status(try accepted(), of: binding(), now: Self.before)
        #expect(first.conditions?.condition("DatabaseRolesSynced") != nil)
        let made = status(try accepted(withDatabase: false), of: binding(status: first))
        #expect(made.conditions?.condition("DatabaseRolesSynced") == nil)
        #expect(made.conditions?.condition("Ready")?.status == .yes)
        #expect(made.vault?.databaseRoles == [])
    }

    @Test("a refused spec keeps what is known of the objects that exist")
    func refused() throws {
        let first = status(try accepted(), of: binding(), now: Self.before)
        let made = status(
            .refused(reason: .outsideBoundary, message: "spec.token.period"), of: binding(generation: 2, status: first))
        #expect(made.vault == first.vault)
        #expect(made.observedGeneration == 2)
        #expect(made.conditions?.condition("Accepted")?.reason == "OutsideBoundary")
        #expect(made.conditions?.condition("Ready")?.reason == "OutsideBoundary")
        for type in ["PolicySynced", "AuthRolesSynced", "DatabaseRolesSynced", "IdentityResolved"] {
            #expect(made.conditions?.condition(type) == first.conditions?.condition(type))
        }
    }

    @Test("a missing identity is said, and what exists stays known")
    func waiting() throws {
        let first = status(try accepted(), of: binding(), now: Self.before)
        let made = status(
            .waiting(note: nil, identity: .fails(.identityNotFound, "there is no WorkloadIdentity web")),
            of: binding(generation: 2, status: first))
        #expect(made.vault == first.vault)
        #expect(made.conditions?.condition("Ready")?.reason == "IdentityNotFound")
        #expect(made.conditions?.condition("Accepted")?.status == .yes)
        #expect(made.conditions?.condition("Accepted")?.observedGeneration == 2)
        #expect(made.conditions?.condition("PolicySynced") == first.conditions?.condition("PolicySynced"))
    }

    @Test(
        "a failed cleanup is said by the condition of the object's kind",
        arguments: [
            (VaultObjectKind.policy, "PolicySynced"), (.databaseRole, "DatabaseRolesSynced"),
            (.authRole, "AuthRolesSynced"),
        ])
    func cleanupFailed(kind: VaultObjectKind, type: String) throws {
        let first = status(try accepted(), of: binding(), now: Self.before)
        let made = status(.cleanupFailed(kind: kind, .fails(.vaultSealed, "sealed")), of: binding(status: first))
        #expect(made.conditions?.condition(type)?.reason == "VaultSealed")
        #expect(made.conditions?.condition("Ready")?.reason == "VaultSealed")
        #expect(made.conditions?.filter { $0.status == .no }.map(\.type) == ["Ready", type])
    }

    @Test("what is deleted already is not called as declared, whatever is left")
    func partlyDeleted() throws {
        let first = status(try accepted(), of: binding(), now: Self.before)
        let failure = ConditionOutcome.fails(.permissionDenied, "denied")
        let made = status(
            .cleanupFailed(kind: .databaseRole, failure, deleted: [.authRole, .policy]), of: binding(status: first))
        let conditions = try #require(made.conditions)
        #expect(conditions.condition("Ready")?.reason == "PermissionDenied")
        #expect(conditions.condition("AuthRolesSynced")?.status == .no)
        #expect(conditions.condition("AuthRolesSynced")?.reason == "Deleted")
        #expect(conditions.condition("PolicySynced")?.reason == "Deleted")
        #expect(made.vault?.policy == nil && made.vault?.kubernetesRole == nil && made.vault?.roleName == nil)
        #expect(made.vault?.databaseRoles == ["database/roles/web_main"] && made.vault?.databaseRoleCount == 1)
        let refused = status(
            .refused(reason: .outsideBoundary, message: "no", deleted: [.authRole]), of: binding(status: first))
        #expect(refused.conditions?.condition("Ready")?.reason == "OutsideBoundary")
        #expect(refused.conditions?.condition("AuthRolesSynced")?.reason == "Deleted")
        #expect(refused.conditions?.condition("PolicySynced")?.status == .yes)
    }

    @Test("while it is paused nothing is said as if it were watched, and the generation is that of the last look")
    func paused() throws {
        let first = status(try accepted(), of: binding(generation: 1), now: Self.before)
        let made = binding(generation: 2, status: first).pausedStatus(now: Self.now)
        #expect(made.observedGeneration == 1)
        #expect(made.conditions?.condition("Ready")?.reason == "Paused")
        #expect(made.vault == first.vault)
    }

    @Test("the same outcome again gives the same status, whatever the time, also when it is bad")
    func constant() throws {
        let sealed = ConditionOutcome.fails(.vaultSealed, "Vault is sealed")
        let outcomes: [BindingOutcome] = [
            try accepted(), try accepted(note: "a note", withDatabase: false),
            try accepted(policy: sealed, authRoles: sealed, databaseRoles: sealed),
            .refused(reason: .invalidSpec, message: "no"),
            .waiting(note: nil, identity: .fails(.identityNotFound, "none")),
            .cleanupFailed(kind: .authRole, sealed),
        ]
        for outcome in outcomes {
            let first = status(outcome, of: binding(), now: Self.before)
            #expect(status(outcome, of: binding(status: first), now: Self.now) == first)
            #expect(first.conditions?.allSatisfy { !$0.message.contains("2026") } == true)
        }
    }
}
