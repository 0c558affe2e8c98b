import KubernetesModel
import LanyardAPI
import Testing

@testable import LanyardCore

@Suite("BindingPlan")
struct BindingPlanTests {
    private static let policyPath = "sys/policies/acl/web"
    private static let rolePath = "auth/kubernetes/role/web"
    private static let databasePath = "database/roles/web_main"
    private static let connectionPath = "database/config/postgres"
    private static let connection: JSONValue = [
        "plugin_name": "postgresql-database-plugin", "allowed_roles": ["web_*"],
    ]

    private let access = DesiredAccess(
        roleName: "web", policyName: "web", serviceAccounts: ["web"],
        accessPolicy: VaultPolicy(document: PolicyDocument(merging: []), comment: "Managed by Lanyard"),
        kubernetesRole: DesiredKubernetesRole(
            path: rolePath, role: KubernetesAuthRole(serviceAccountNames: ["web"], namespaces: ["shop"])),
        databaseRoles: [
            DesiredDatabaseRole(
                name: "main", mount: "database", vaultName: "web_main",
                role: .dynamic(DynamicDatabaseRole(connection: "postgres", creation: ["CREATE ROLE"])),
                deletionPolicy: .delete)
        ])

    /// Nothing exists but the connection, and nothing is claimed.
    private func facts(_ change: (inout BindingPlan.Facts) -> Void = { _ in }) -> BindingPlan.Facts {
        var facts = BindingPlan.Facts(
            lookups: [
                Self.policyPath: .found(nil), Self.rolePath: .found(nil), Self.databasePath: .found(nil),
                Self.connectionPath: .found(Self.connection),
            ],
            claims: [:], heldPaths: [], wasConverged: false)
        change(&facts)
        return facts
    }

    /// Everything exists as wanted and is claimed.
    private func converged(_ change: (inout BindingPlan.Facts) -> Void = { _ in }) throws -> BindingPlan.Facts {
        let role = try #require(access.kubernetesRole)
        let database = try #require(access.databaseRoles.first)
        return facts { facts in
            facts.lookups[Self.policyPath] = .found(access.policy.body)
            facts.lookups[Self.rolePath] = .found(role.role.body)
            facts.lookups[Self.databasePath] = .found(database.role.body)
            facts.heldPaths = [Self.policyPath, Self.rolePath, Self.databasePath]
            facts.claims = [Self.policyPath: .mine, Self.rolePath: .mine, Self.databasePath: .mine]
            facts.wasConverged = true
            change(&facts)
        }
    }

    private func decision(_ path: String, in plan: BindingPlan) throws -> ObjectDecision {
        try #require(plan.steps.first { $0.path == path }).decision
    }

    // MARK: - Order

    @Test("database roles come first, then the policy, and the auth role last")
    func order() {
        let plan = BindingPlan.make(for: access, facts: facts())
        #expect(plan.steps.map(\.path) == [Self.databasePath, Self.policyPath, Self.rolePath])
        #expect(plan.steps.map(\.kind) == [.databaseRole, .policy, .authRole])
        #expect(plan.steps.map(\.title) == ["database role web_main", "policy web", "auth role web"])
        #expect(plan.steps.allSatisfy { $0.decision == .act(.create(isDrift: false)) })
        #expect(plan.stale.isEmpty)
    }

    @Test("deletion goes from auth roles over policies to database roles, each sorted, and leaves foreign shapes out")
    func deletionOrder() {
        let paths = [
            "sys/policies/acl/b", "database/roles/b", "secret/data/x", "auth/kubernetes/role/b", "auth/token/roles/x",
            "sys/policies/acl/a", "auth/kubernetes/role/a", "database/roles/a",
        ]
        let expected = [
            "auth/kubernetes/role/a", "auth/kubernetes/role/b", "sys/policies/acl/a", "sys/policies/acl/b",
            "database/roles/a", "database/roles/b",
        ]
        #expect(BindingPlan.deletionOrder(paths) == expected)
        #expect(BindingPlan.deletionOrder(paths.reversed()) == expected)
    }

    // MARK: - What is left over

    @Test("held paths that are not wanted any more are stale, in the order of deletion")
    func stale() throws {
        let plan = BindingPlan.make(
            for: access,
            facts: try converged {
                $0.heldPaths += ["sys/policies/acl/old", "database/roles/old", "auth/kubernetes/role/old"]
            })
        #expect(plan.stale == ["auth/kubernetes/role/old", "sys/policies/acl/old", "database/roles/old"])
        #expect(plan.writes)
    }

    @Test(
        "what is to stay behind does so where the boundary allows it, goes where not, and waits where that is not known",
        arguments: [BindingPlan.OrphanRule.allowed, .forbidden, .undecided(.fails(.outsideBoundary, "who knows"))])
    func leftBehind(rule: BindingPlan.OrphanRule) throws {
        let plan = BindingPlan.make(
            for: access,
            facts: try converged {
                $0.heldPaths += ["database/roles/kept", "database/roles/old"]
                $0.orphans = ["database/roles/kept"]
                $0.orphanRule = rule
            })
        switch rule {
        case .allowed:
            #expect(plan.leftBehind == ["database/roles/kept"] && plan.stale == ["database/roles/old"])
            #expect(plan.doubt == nil)
        case .forbidden:
            #expect(plan.leftBehind.isEmpty && plan.stale == ["database/roles/kept", "database/roles/old"])
            #expect(plan.doubt == nil)
        case .undecided(let doubt):
            #expect(plan.leftBehind.isEmpty && plan.stale == ["database/roles/old"] && plan.doubt == doubt)
        }
        #expect(plan.writes)
    }

    @Test("a role that is wanted is neither left behind nor stale, whatever the ledger remembers of its end")
    func wantedOrphan() throws {
        let plan = BindingPlan.make(
            for: access,
            facts: try converged {
                $0.orphans = [Self.databasePath]
                $0.orphanRule = .allowed
            })
        #expect(plan.leftBehind.isEmpty && plan.stale.isEmpty && plan.doubt == nil)
        // The spec says Delete: the ledger has to be told.
        #expect(plan.writes && plan.deletionPolicies == [Self.databasePath: .delete])
    }

    @Test(
        "a held path of a shape that Lanyard does not make is never stale",
        arguments: [
            "sys/policies/acl/a/b", "sys/auth/kubernetes", "sys/mounts/database", "auth/token/roles/x",
            "secret/data/shop/web", "identity/entity/x", "database/../roles/x",
        ])
    func foreignHeldPath(path: String) throws {
        let plan = BindingPlan.make(for: access, facts: try converged { $0.heldPaths.append(path) })
        #expect(plan.stale.isEmpty)
        #expect(!plan.writes)
    }

    @Test("what cannot be read or is blocked now is still wanted, not stale")
    func blockedIsNotStale() throws {
        let plan = BindingPlan.make(
            for: access,
            facts: try converged { facts in
                facts.lookups[Self.connectionPath] = .found(nil)
                facts.lookups[Self.rolePath] = .failed(.fails(.permissionDenied, "denied"))
                facts.lookups[Self.policyPath] = nil
            })
        #expect(plan.stale.isEmpty)
    }

    // MARK: - Obstacles

    @Test("a lookup that failed blocks its own object and what is built on it, and is never absence")
    func failedLookup() throws {
        let failure = ConditionOutcome.fails(.permissionDenied, "denied")
        let order = [Self.databasePath, Self.policyPath, Self.rolePath]
        for (index, path) in order.enumerated() {
            let plan = BindingPlan.make(for: access, facts: facts { $0.lookups[path] = .failed(failure) })
            #expect(try decision(path, in: plan) == .blocked(failure))
            for earlier in order[..<index] { #expect(try decision(earlier, in: plan) == .act(.create(isDrift: false))) }
            for later in order[(index + 1)...] {
                guard case .blocked(let outcome) = try decision(later, in: plan) else {
                    Issue.record("\(later) does not wait")
                    continue
                }
                #expect(outcome.reason == .pending)
            }
        }
    }

    @Test("an auth role whose policy cannot be put in place is neither made nor claimed")
    func roleWithoutPolicy() throws {
        let changes: [(inout BindingPlan.Facts) -> Void] = [
            { $0.claims[Self.policyPath] = .other("VaultRoleBinding shop/api") },
            { $0.claims[Self.policyPath] = .awaited(by: "VaultRoleBinding shop/api") },
            { $0.lookups[Self.policyPath] = .found(["policy": "path \"x\" { capabilities = [\"read\"] }"]) },
            { $0.lookups[Self.policyPath] = .failed(.fails(.permissionDenied, "denied")) },
            { $0.lookups[Self.policyPath] = nil },
        ]
        for change in changes {
            let plan = BindingPlan.make(for: access, facts: facts(change))
            #expect(
                try decision(Self.rolePath, in: plan)
                    == .blocked(.fails(.pending, "auth role web waits for the policy")))
            #expect(try decision(Self.databasePath, in: plan) == .act(.create(isDrift: false)))
        }
    }

    @Test("what was not looked at blocks its own object and is never absence")
    func missingLookup() throws {
        for path in [Self.policyPath, Self.databasePath, Self.rolePath, Self.connectionPath] {
            let plan = BindingPlan.make(for: access, facts: facts { $0.lookups[path] = nil })
            let blocked = path == Self.connectionPath ? Self.databasePath : path
            guard case .blocked(let outcome) = try decision(blocked, in: plan) else {
                Issue.record("\(path) is not blocked")
                continue
            }
            #expect(outcome.reason == .pending)
            #expect(!outcome.isTrue)
        }
    }

    @Test("a database role without its connection is not made")
    func connectionMissing() throws {
        let plan = BindingPlan.make(for: access, facts: facts { $0.lookups[Self.connectionPath] = .found(nil) })
        #expect(
            try decision(Self.databasePath, in: plan)
                == .blocked(.fails(.connectionMissing, "there is no database connection postgres")))
        // Nor is what would give its credentials.
        #expect(
            try decision(Self.policyPath, in: plan)
                == .blocked(.fails(.pending, "policy web waits for database role web_main")))
        #expect(
            try decision(Self.rolePath, in: plan) == .blocked(.fails(.pending, "auth role web waits for the policy")))
    }

    @Test("a database role that its connection does not allow is not made", arguments: [[], ["other", "web"]])
    func roleNotAllowed(allowed: [String]) throws {
        let connection: JSONValue = [
            "plugin_name": "postgresql-database-plugin", "allowed_roles": .array(allowed.map(JSONValue.string)),
        ]
        let plan = BindingPlan.make(for: access, facts: facts { $0.lookups[Self.connectionPath] = .found(connection) })
        #expect(
            try decision(Self.databasePath, in: plan)
                == .blocked(
                    .fails(.roleNotAllowedByConnection, "connection postgres does not allow the role web_main")))
    }

    @Test("a connection that cannot be read blocks the database role with what was said, not as missing")
    func connectionUnreadable() throws {
        let failure = ConditionOutcome.fails(.permissionDenied, "denied")
        let plan = BindingPlan.make(for: access, facts: facts { $0.lookups[Self.connectionPath] = .failed(failure) })
        #expect(try decision(Self.databasePath, in: plan) == .blocked(failure))
    }

    @Test("the settings of another engine are not taken for a database connection")
    func otherEngine() throws {
        // As pki/config/acme reads back: below it, roles of a PKI engine would be written.
        let acme: JSONValue = ["enabled": false, "allowed_roles": ["*"], "default_directory_policy": "sign-verbatim"]
        let plan = BindingPlan.make(for: access, facts: facts { $0.lookups[Self.connectionPath] = .found(acme) })
        guard case .blocked(let outcome) = try decision(Self.databasePath, in: plan) else {
            Issue.record("a role would be written into an engine that is no database engine")
            return
        }
        #expect(outcome.reason == .connectionMissing)
    }

    // MARK: - Ownership and drift

    @Test("nothing is done for a binding that is as wanted")
    func nothingToDo() throws {
        let plan = BindingPlan.make(for: access, facts: try converged())
        #expect(plan.steps.allSatisfy { $0.decision == .act(.none) })
        #expect(!plan.writes)
    }

    @Test("each object has the claim of its own path; a path without entry is unclaimed")
    func claims() throws {
        var adopting = access
        adopting.adoptsExisting = true
        let plan = BindingPlan.make(
            for: adopting,
            facts: try converged { facts in
                facts.claims[Self.databasePath] = .other("VaultRoleBinding shop/api")
                facts.claims[Self.rolePath] = nil
            })
        #expect(
            try decision(Self.databasePath, in: plan)
                == .act(.conflict("database role web_main is owned by VaultRoleBinding shop/api")))
        // A role of the login's that is not the binding's yet waits; the policy loses what it must not give.
        #expect(
            try decision(Self.rolePath, in: plan) == .blocked(.fails(.pending, "auth role web waits for the policy")))
        guard case .act(.update(_, isDrift: false)) = try decision(Self.policyPath, in: plan) else {
            Issue.record("the policy keeps a rule for somebody else's role")
            return
        }
        #expect(plan.writes)
        // That it is as declared is no consent.
        let equal = try converged { $0.claims[Self.rolePath] = nil }
        guard case .act(.conflict) = try decision(Self.rolePath, in: .make(for: access, facts: equal)) else {
            Issue.record("what somebody else made is claimed")
            return
        }
        #expect(try decision(Self.rolePath, in: .make(for: adopting, facts: equal)) == .act(.claim))
    }

    @Test("a difference is drift only when this generation was converged", arguments: [true, false])
    func drift(wasConverged: Bool) throws {
        let facts = try converged { facts in
            facts.lookups[Self.policyPath] = .found(["policy": "path \"x\" { capabilities = [\"read\"] }"])
            facts.wasConverged = wasConverged
        }
        guard case .act(.update(_, let isDrift)) = try decision(Self.policyPath, in: .make(for: access, facts: facts))
        else {
            Issue.record("no update")
            return
        }
        #expect(isDrift == wasConverged)
    }

    @Test("the version that was read goes into the plan, so that a write can be conditional on it")
    func readVersion() throws {
        let plan = BindingPlan.make(
            for: access,
            facts: try converged { $0.lookups[Self.policyPath] = .found(["policy": "", "version": 7]) })
        #expect(plan.steps.map(\.readVersion) == [nil, 7, nil])
    }

    @Test("conflicts, reports and obstacles alone write nothing")
    func writesNothing() throws {
        var access = access
        access.driftPolicy = .report
        let plan = BindingPlan.make(
            for: access,
            facts: try converged { facts in
                facts.lookups[Self.policyPath] = .found(["policy": "path \"x\" { capabilities = [\"read\"] }"])
                facts.lookups[Self.connectionPath] = .found(nil)
                facts.claims[Self.rolePath] = .awaited(by: "VaultRoleBinding shop/api")
            })
        guard case .act(.reportDrift) = try decision(Self.policyPath, in: plan) else {
            Issue.record("drift is not reported")
            return
        }
        #expect(!plan.writes)
    }

    @Test(
        "a claim, a creation and an update each write", arguments: [Self.policyPath, Self.databasePath, Self.rolePath])
    func writes(path: String) throws {
        var adopting = access
        adopting.adoptsExisting = true
        #expect(BindingPlan.make(for: adopting, facts: try converged { $0.claims[path] = .unclaimed }).writes)
        #expect(BindingPlan.make(for: access, facts: try converged { $0.lookups[path] = .found(nil) }).writes)
        let other = ObjectLookup.found(["db_name": "postgres"])
        #expect(BindingPlan.make(for: access, facts: try converged { $0.lookups[path] = other }).writes)
    }
}
