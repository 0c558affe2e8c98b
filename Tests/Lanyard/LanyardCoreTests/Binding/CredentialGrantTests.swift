import KubernetesModel
import LanyardAPI
import Testing

@testable import LanyardCore

/// The policy gives only credentials of database roles that the binding holds and that are as declared.
@Suite("Credentials in the plan of a binding")
struct CredentialGrantTests {
    private static let policyPath = "sys/policies/acl/web"
    private static let rolePath = "auth/kubernetes/role/web"
    private static let dynamic = "database/roles/payroll"
    private static let fixed = "database/static-roles/batch"
    private static let user = "database/config/orders/static-users/app"
    private static let connection: JSONValue = [
        "plugin_name": "postgresql-database-plugin", "allowed_roles": ["*"],
        "connection_details": ["username": "owner"],
    ]
    private static let foreign = ClaimState.other("VaultRoleBinding victim/payroll")

    private let access: DesiredAccess

    init() {
        let stated = PolicyDocument(merging: [PolicyRule(path: "secret/data/shop/*", capabilities: [.read])])
        access = DesiredAccess(
            roleName: "web", policyName: "web", serviceAccounts: ["web"],
            accessPolicy: VaultPolicy(document: stated, comment: "Managed by Lanyard"),
            kubernetesRole: DesiredKubernetesRole(
                path: Self.rolePath, role: KubernetesAuthRole(serviceAccountNames: ["web"], namespaces: ["shop"])),
            databaseRoles: [
                DesiredDatabaseRole(
                    name: "x", mount: "database", vaultName: "payroll",
                    role: .dynamic(DynamicDatabaseRole(connection: "orders", creation: ["CREATE ROLE"], maxTTL: 60)),
                    deletionPolicy: .delete),
                DesiredDatabaseRole(
                    name: "y", mount: "database", vaultName: "batch",
                    role: .static(StaticDatabaseRole(connection: "orders", username: "app", rotationPeriod: 60)),
                    deletionPolicy: .delete),
            ])
    }

    private static let whole: Set<String> = [
        "secret/data/shop/*", "database/creds/payroll", "database/static-creds/batch",
    ]

    /// Nothing is there but the connection.
    private func new(_ change: (inout BindingPlan.Facts) throws -> Void = { _ in }) rethrows -> BindingPlan.Facts {
        var facts = BindingPlan.Facts(
            lookups: ["database/config/orders": .found(Self.connection)], claims: [:], heldPaths: [],
            wasConverged: false)
        for path in access.objectPaths { facts.lookups[path] = .found(nil) }
        try change(&facts)
        return facts
    }

    /// Everything is there, as declared and the binding's.
    private func converged(
        _ change: (inout BindingPlan.Facts) throws -> Void = { _ in }
    ) rethrows -> BindingPlan.Facts {
        try new { facts in
            facts.lookups[Self.policyPath] = .found(access.policy.body)
            facts.lookups[Self.rolePath] = .found(access.kubernetesRole?.role.body)
            for role in access.databaseRoles { facts.lookups[role.path] = .found(role.role.body) }
            for path in access.claimPaths { facts.claims[path] = .mine }
            facts.heldPaths = access.claimPaths
            facts.wasConverged = true
            try change(&facts)
        }
    }

    private func step(_ path: String, _ facts: BindingPlan.Facts) throws -> BindingPlan.Step {
        try #require(BindingPlan.make(for: access, facts: facts).steps.first { $0.path == path })
    }

    /// The paths that the planned policy lets be used.
    private func granted(_ facts: BindingPlan.Facts) throws -> Set<String> {
        let text = try #require(try step(Self.policyPath, facts).body["policy"]?.string)
        return Set(try PolicyDocument(parsing: text).rules.map(\.path))
    }

    private func changed(_ path: String, _ field: String, to value: JSONValue) throws -> ObjectLookup {
        var members = try #require(access.databaseRoles.first { $0.path == path }?.role.body.object)
        members[field] = value
        return .found(.object(members))
    }

    @Test("a new binding gets all of it, and a binding that is in place keeps it")
    func whole() throws {
        #expect(try granted(new()) == Self.whole)
        #expect(try granted(converged()) == Self.whole)
        #expect(try step(Self.policyPath, converged()).decision == .act(.none))
        #expect(try step(Self.policyPath, converged()).lacks.isEmpty)
    }

    @Test("a user that the binding has to wait for is not claimed with a role that it has")
    func waitingUser() throws {
        let facts = try converged { facts in
            facts.claims[Self.user] = .reserved("has to wait")
            facts.lookups[Self.fixed] = try changed(Self.fixed, "rotation_period", to: 120)
        }
        let planned = try step(Self.fixed, facts)
        #expect(planned.claims == [])
        #expect(planned.decision == .blocked(.fails(.conflict, "the user app of connection orders has to wait")))
    }

    /// Why a database role is not the binding's.
    struct Trouble: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout BindingPlan.Facts) -> Void

        init(_ testDescription: String, _ change: @escaping @Sendable (inout BindingPlan.Facts) -> Void) {
            self.testDescription = testDescription
            self.change = change
        }
    }

    static let troubles: [Trouble] = [
        .init("it is somebody else's") { $0.claims[dynamic] = foreign },
        .init("somebody older wants it") { $0.claims[dynamic] = .awaited(by: "VaultRoleBinding victim/payroll") },
        .init("an administrator made it") { $0.lookups[dynamic] = .found(["db_name": "payroll"]) },
        .init("it cannot be read") { $0.lookups[dynamic] = .failed(.fails(.permissionDenied, "denied")) },
        .init("it was not looked at") { $0.lookups[dynamic] = nil },
        .init("its connection is missing") { $0.lookups["database/config/orders"] = .found(nil) },
        .init("its connection cannot be read") {
            $0.lookups["database/config/orders"] = .failed(.fails(.permissionDenied, "denied"))
        },
        .init("its connection is closed to it") {
            $0.lookups["database/config/orders"] = .found(["plugin_name": "p", "allowed_roles": ["other"]])
        },
        .init("a static role has its name") {
            $0.lookups["database/static-roles/payroll"] = .found(["username": "postgres"])
        },
        .init("its step failed in this pass") { $0.failures[dynamic] = .fails(.rejected, "no") },
    ]

    @Test("without its database role a new binding gets neither policy nor login", arguments: troubles)
    func withheld(trouble: Trouble) throws {
        let facts = new { trouble.change(&$0) }
        #expect(try !granted(facts).contains("database/creds/payroll"))
        for path in [Self.policyPath, Self.rolePath] {
            guard case .blocked(let outcome) = try step(path, facts).decision else {
                Issue.record("\(path) does not wait")
                continue
            }
            #expect(outcome.reason == .pending)
            #expect(try step(path, facts).claims.isEmpty)
        }
    }

    @Test("a static role whose user is somebody else's gives no credentials", arguments: [true, false])
    func user(isHeld: Bool) throws {
        let facts = new { $0.claims[Self.user] = isHeld ? Self.foreign : .awaited(by: "VaultRoleBinding a/b") }
        #expect(try !granted(facts).contains("database/static-creds/batch"))
        #expect(try step(Self.fixed, facts).isHindered)
    }

    @Test("a login that is there loses the rule for a role that is not the binding's, and keeps everything else")
    func lost() throws {
        for report in [DriftPolicy.correct, .report] {
            var access = access
            access.driftPolicy = report
            let facts = converged { $0.claims[Self.dynamic] = Self.foreign }
            let plan = BindingPlan.make(for: access, facts: facts)
            let policy = try #require(plan.steps.first { $0.path == Self.policyPath })
            // That somebody else has the role is no change by hand, which might only be told.
            guard case .act(.update(_, isDrift: false)) = policy.decision else {
                Issue.record("the policy stays: \(policy.decision)")
                continue
            }
            #expect(policy.lacks == ["database/creds/payroll"])
            #expect(try granted(facts) == Self.whole.subtracting(["database/creds/payroll"]))
            #expect(plan.steps.last?.decision == .act(.none))
        }
    }

    @Test("trouble with a role that is held takes nothing away, and adds nothing either", arguments: [true, false])
    func standing(isGiven: Bool) throws {
        let troubles: [(inout BindingPlan.Facts) throws -> Void] = [
            { $0.lookups[Self.dynamic] = .failed(.fails(.permissionDenied, "denied")) },
            { $0.lookups["database/config/orders"] = .found(nil) },
            { $0.lookups["database/config/orders"] = .failed(.fails(.permissionDenied, "denied")) },
            {
                $0.lookups[Self.dynamic] = try changed(Self.dynamic, "max_ttl", to: 7)
                $0.failures[Self.dynamic] = .fails(.rejected, "no")
            },
        ]
        for trouble in troubles {
            var facts = try converged()
            if !isGiven { facts.lookups[Self.policyPath] = .found(access.policy(granting: []).body) }
            try trouble(&facts)
            #expect(try granted(facts).contains("database/creds/payroll") == isGiven)
            #expect(try step(Self.policyPath, facts).lacks.contains("database/creds/payroll") == !isGiven)
        }
    }

    @Test("a role that is there for another database or user gives no credentials, held or not")
    func another() throws {
        let others: [(path: String, field: String, credentials: String)] = [
            (Self.dynamic, "db_name", "database/creds/payroll"), (Self.fixed, "db_name", "database/static-creds/batch"),
            (Self.fixed, "username", "database/static-creds/batch"),
        ]
        for other in others {
            let facts = try converged {
                $0.lookups[other.path] = try changed(other.path, other.field, to: "elsewhere")
                $0.wasConverged = false
            }
            guard case .act(.needsRecreate) = try step(other.path, facts).decision else {
                Issue.record("\(other) is changed")
                continue
            }
            #expect(try granted(facts) == Self.whole.subtracting([other.credentials]))
        }
    }

    @Test("without its template a role gives no credentials, though it is there and held")
    func template() throws {
        var access = access
        access.databaseRoles[0].role = .undefined(.fails(.templateMissing, "there is no DatabaseRoleTemplate x"))
        for lookup in [nil, ObjectLookup.failed(.fails(.permissionDenied, "denied"))] {
            let facts = converged { $0.lookups[Self.dynamic] = lookup ?? $0.lookups[Self.dynamic] }
            let plan = BindingPlan.make(for: access, facts: facts)
            let policy = try #require(plan.steps.first { $0.path == Self.policyPath })
            #expect(policy.body["policy"]?.string?.contains("database/creds/payroll") == false)
            #expect(policy.lacks == ["database/creds/payroll"])
            guard case .act(.update) = policy.decision else {
                Issue.record("the policy stays")
                return
            }
        }
        #expect(access.policy.document.rules.map(\.path) == ["database/static-creds/batch", "secret/data/shop/*"])
    }

    @Test("with an incomplete policy, a login that is there still follows its spec, and no other is made or taken")
    func logins() throws {
        func decision(
            _ lookup: ObjectLookup, _ claim: ClaimState, adopts: Bool = false
        ) throws
            -> ObjectDecision
        {
            var access = access
            access.adoptsExisting = adopts
            let facts = converged {
                $0.claims[Self.dynamic] = Self.foreign
                $0.lookups[Self.rolePath] = lookup
                $0.claims[Self.rolePath] = claim
                $0.wasConverged = false
            }
            return try #require(BindingPlan.make(for: access, facts: facts).steps.last).decision
        }
        let waiting = ObjectDecision.blocked(.fails(.pending, "auth role web waits for the policy"))
        let other = ObjectLookup.found(["bound_service_account_names": ["gone"]])
        guard case .act(.update) = try decision(other, .mine) else {
            Issue.record("who may log in is not narrowed")
            return
        }
        #expect(try decision(.found(nil), .mine) == waiting)
        #expect(try decision(.found(nil), .unclaimed) == waiting)
        #expect(try decision(.found(access.kubernetesRole?.role.body), .unclaimed, adopts: true) == waiting)
        #expect(try decision(other, .unclaimed, adopts: true) == waiting)
    }

    @Test("a change by hand stays reported through trouble with a role, unless it is not known what the policy gives")
    func reported() throws {
        var access = access
        access.driftPolicy = .report
        let texts: [(text: String, isReported: Bool)] = [
            ("path \"secret/x\" { capabilities = [\"read\"] }", true),
            ("path \"database/creds/payroll\" { capabilities = [\"read\"] }", false),
            ("path \"secret/x\" { capabilities = [\"read\"", false),
        ]
        for (text, isReported) in texts {
            let facts = converged {
                $0.claims[Self.dynamic] = Self.foreign
                $0.lookups[Self.policyPath] = .found(["policy": .string(text)])
            }
            let policy = BindingPlan.make(for: access, facts: facts).steps.first { $0.path == Self.policyPath }
            if case .act(.reportDrift) = policy?.decision {
                #expect(isReported)
            } else {
                #expect(!isReported && policy?.writes == true)
            }
        }
    }

    @Test("a policy of the binding that was deleted comes back as far as it may, so that logins keep the rest")
    func deletedPolicy() throws {
        let facts = converged {
            $0.claims[Self.dynamic] = Self.foreign
            $0.lookups[Self.policyPath] = .found(nil)
        }
        #expect(try step(Self.policyPath, facts).decision == .act(.create(isDrift: true)))
        #expect(try granted(facts) == Self.whole.subtracting(["database/creds/payroll"]))
    }

    @Test("a rule that spec.access states is the boundary's affair, and stays")
    func stated() throws {
        var access = access
        let rule = PolicyRule(path: "database/creds/payroll", capabilities: [.read])
        access.accessPolicy.document = PolicyDocument(merging: access.accessPolicy.document.rules + [rule])
        let facts = converged { $0.claims[Self.dynamic] = Self.foreign }
        let policy = BindingPlan.make(for: access, facts: facts).steps.first { $0.path == Self.policyPath }
        #expect(policy?.body["policy"]?.string?.contains("database/creds/payroll") == true)
    }

    /// Both roles and the policy are the binding's, and differ; the policy gives the credentials of these.
    private func outdated(giving roles: [DesiredDatabaseRole]) throws -> BindingPlan.Facts {
        let document = PolicyDocument(
            merging: roles.map { PolicyRule(path: $0.credentialsPath, capabilities: [.read]) })
        return try converged { facts in
            facts.wasConverged = false
            facts.lookups[Self.policyPath] = .found(VaultPolicy(document: document, comment: "old").body)
            facts.lookups[Self.dynamic] = try changed(Self.dynamic, "max_ttl", to: 120)
            facts.lookups[Self.fixed] = try changed(Self.fixed, "rotation_period", to: 120)
        }
    }

    @Test("a policy that gives nothing new is the same whatever becomes of the roles that are written beside it")
    func settled() throws {
        let facts = try outdated(giving: access.databaseRoles)
        let plan = BindingPlan.make(for: access, facts: facts)
        #expect(plan.steps.prefix(3).allSatisfy { $0.writes })
        #expect(plan.hasSettledPolicy(for: access, facts: facts))
        for failed in [[Self.dynamic], [Self.fixed], [Self.dynamic, Self.fixed]] {
            var facts = facts
            for path in failed { facts.failures[path] = .fails(.rejected, "no") }
            #expect(try step(Self.policyPath, facts) == plan.steps[2])
        }
    }

    @Test("a policy that gives what only a role makes right that is written is not settled")
    func unsettled() throws {
        func isSettled(_ access: DesiredAccess, _ facts: BindingPlan.Facts) -> Bool {
            BindingPlan.make(for: access, facts: facts).hasSettledPolicy(for: access, facts: facts)
        }
        var facts = try new()
        #expect(!isSettled(access, facts))
        for role in access.databaseRoles {
            facts = try outdated(giving: [role])
            #expect(!isSettled(access, facts))
        }
        // A role that is for another database gives something else until it is made anew.
        var recreating = access
        for index in recreating.databaseRoles.indices { recreating.databaseRoles[index].recreatePolicy = .recreate }
        facts = try outdated(giving: access.databaseRoles)
        #expect(isSettled(recreating, facts))
        facts.lookups[Self.dynamic] = try changed(Self.dynamic, "db_name", to: "payroll")
        #expect(!isSettled(recreating, facts))
        // One that somebody else had, and that may be taken.
        var adopting = access
        adopting.adoptsExisting = true
        facts = try outdated(giving: access.databaseRoles)
        facts.claims[Self.dynamic] = .unclaimed
        #expect(!isSettled(adopting, facts))
        // Nothing is written beside anything.
        facts = try converged()
        #expect(!isSettled(access, facts))
        facts = converged { $0.lookups[Self.policyPath] = .found(nil) }
        #expect(!isSettled(access, facts))
    }

    @Test("what was claimed and is not made, as something before it failed, is given up; what was begun is not")
    func abandoned() throws {
        var facts = try new()
        let claimed = BindingPlan.make(for: access, facts: facts).claims
        #expect(Set(claimed) == Set(access.claimPaths))
        facts.failures[Self.dynamic] = .fails(.rejected, "no")
        let plan = BindingPlan.make(for: access, facts: facts)
        let attempted: Set<String> = [Self.dynamic, Self.fixed, Self.user]
        #expect(
            plan.abandoned(of: claimed, attempted: attempted, facts: facts) == [Self.rolePath, Self.policyPath])
        facts.heldPaths = [Self.policyPath]
        facts.claims[Self.rolePath] = Self.foreign
        #expect(plan.abandoned(of: claimed, attempted: attempted, facts: facts).isEmpty)
    }
}
