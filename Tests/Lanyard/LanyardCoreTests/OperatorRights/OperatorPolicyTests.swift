import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("OperatorPolicy")
struct OperatorPolicyTests {
    private func paths(_ boundaries: [IdentityBoundary], _ admitted: [DesiredAccess] = []) throws -> [String] {
        OperatorPolicy(settings: try .sample(), boundaries: boundaries, admitted: admitted).document.rules.map(\.path)
    }

    /// What is to exist for a binding of `shop`, which its boundary has to allow.
    private func access(
        under boundaries: [IdentityBoundary], _ fill: (inout VaultRoleBindingSpec) -> Void
    ) throws -> DesiredAccess {
        let settings = try PlanningSettings.sample()
        let boundary = try EffectiveBoundary.sample(boundaries)
        return try Admission.binding(
            .sample(fill), subject: .serviceAccounts(["web"]), boundary: boundary, settings: settings
        ).get()
    }

    /// Allows what the bindings of these tests ask for.
    private static let wide = IdentityBoundary.sample {
        $0.vault?.names = ["{serviceAccount}", "web_*", "orders-web", "api", "api_*"]
        $0.vault?.authMounts = ["kubernetes", "jwt"]
        $0.vault?.databases = [
            .init(connection: "postgres", inlineStatements: true), .init(mount: "second", connection: "x"),
        ]
    }

    @Test("without boundaries it is the operator's own names and its token, and no sudo")
    func minimal() throws {
        let policy = OperatorPolicy(settings: try .sample(), boundaries: [])
        #expect(
            policy.document.rules.map(\.path) == [
                "auth/jwt/config", "auth/jwt/role/lanyard.production.*", "auth/kubernetes/config",
                "auth/kubernetes/role/lanyard.production.*", "auth/token/lookup-self", "auth/token/renew-self",
                "auth/token/revoke-self", "sys/capabilities-self", "sys/mounts",
                "sys/policies/acl/lanyard.production.*",
            ])
        // What only tells whether things are there is read, and no more.
        for path in ["auth/jwt/config", "auth/kubernetes/config", "sys/mounts"] {
            #expect(policy.document.rules.first { $0.path == path }?.capabilities == [.read])
        }
        #expect(policy.document.rules.allSatisfy { !$0.capabilities.contains(.sudo) })
        #expect(policy.omissions == [])
    }

    @Test("names, mounts and connections of boundaries are in it, each no wider than need be")
    func boundaries() throws {
        let boundary = IdentityBoundary.sample {
            $0.vault?.names = ["{namespace}.*", "shop-{cluster}", "lanyard.{cluster}.{namespace}.*", "team-*"]
            $0.vault?.authMounts = ["kubernetes", "edge"]
            $0.vault?.databases = [.init(mount: "pg", connection: "orders", staticUsernames: ["web"])]
        }
        let found = try paths([boundary])
        for path in [
            "sys/policies/acl/shop-production", "sys/policies/acl/team-*", "auth/edge/role/team-*", "pg/config/orders",
            "pg/roles/shop-production_*", "pg/static-roles/team-*",
        ] {
            #expect(found.contains(path), "\(path)")
        }
        // Any name at all is left out and said, and what a wider name covers is not there twice.
        #expect(!found.contains { $0.hasSuffix("/*") || $0.hasSuffix("/+") })
        #expect(found.filter { $0.hasPrefix("sys/policies/acl/lanyard.") }.count == 1)
        let policy = OperatorPolicy(settings: try .sample(), boundaries: [boundary])
        #expect(policy.omissions == ["IdentityBoundary shop: names {namespace}.* could be any name"])
    }

    @Test("with leave to revoke leases, those of its own dynamic roles have the sudo that this takes, and nothing else")
    func leasesOfAll() throws {
        let boundary = IdentityBoundary.sample {
            $0.vault?.names = ["team-*"]
            $0.vault?.databases = [
                .init(mount: "pg", connection: "orders", templates: ["*"]),
                .init(mount: "pg", connection: "billing", inlineStatements: true),
                .init(mount: "fixed", connection: "users", staticUsernames: ["web"]),
            ]
        }
        let policy = OperatorPolicy(settings: try .sample(), boundaries: [boundary], revokesLeases: true)
        let sudo = policy.document.rules.filter { $0.capabilities.contains(.sudo) }
        #expect(
            sudo.map(\.path) == [
                "sys/leases/lookup/pg/creds/lanyard.production.*", "sys/leases/lookup/pg/creds/team-*",
                "sys/leases/revoke-prefix/pg/creds/lanyard.production.*", "sys/leases/revoke-prefix/pg/creds/team-*",
            ])
        #expect(sudo.prefix(2).allSatisfy { $0.capabilities == [.list, .sudo] })
        #expect(sudo.dropFirst(2).allSatisfy { $0.capabilities == [.update, .sudo] })
        let without = OperatorPolicy(settings: try .sample(), boundaries: [boundary])
        #expect(without.document.rules == policy.document.rules.filter { !$0.capabilities.contains(.sudo) })
    }

    @Test("names of bindings stand for patterns that could be any name, each where the binding has it and nowhere else")
    func bindings() throws {
        let boundary = IdentityBoundary.sample {
            $0.vault?.databases = [
                .init(connection: "postgres", inlineStatements: true), .init(mount: "second", connection: "x"),
            ]
        }
        let access = try self.access(under: [boundary]) {
            $0.roleName = "web"
            $0.databaseRoles = [.sample("reader"), .sample("other") { $0.vaultName = "web" }]
        }
        let found = try paths([boundary], [access]).filter { !$0.contains("lanyard.production.") }
        #expect(
            found.filter { $0.contains("web") } == [
                "auth/kubernetes/role/web", "database/roles/web", "database/roles/web_reader",
                "database/static-roles/web", "database/static-roles/web_reader", "sys/policies/acl/web",
            ])
        // What a wider pattern gives already is not there twice.
        let covered = try paths([boundary], [self.access(under: [boundary]) { $0.databaseRoles = [.sample()] }])
        #expect(!covered.contains { $0.contains("lanyard.production.shop") })
    }

    @Test("names of one boundary are in the databases of another only where a namespace can have both")
    func neighbours() throws {
        func boundary(_ name: String, _ namespaces: [String], role: String, mount: String) -> IdentityBoundary {
            .sample(name, namespaces: namespaces) {
                $0.vault?.names = [role]
                $0.vault?.authMounts = [mount]
                $0.vault?.databases = [.init(mount: mount, connection: "main", templates: ["*"])]
            }
        }
        let shop = boundary("a", ["shop"], role: "orders-web", mount: "one")
        let found = try paths([shop, boundary("b", ["farm"], role: "barn", mount: "two")])
        for path in ["one/roles/orders-web", "auth/one/role/orders-web", "two/roles/barn", "auth/two/role/barn"] {
            #expect(found.contains(path), "\(path)")
        }
        for path in found {
            #expect(!(path.hasPrefix("one/") && path.contains("barn")), "\(path)")
            #expect(!(path.hasPrefix("auth/two/role/") && path.contains("orders-web")), "\(path)")
        }
        for namespaces in [["sho*"], ["*"], ["farm", "shop"]] {
            #expect(
                try paths([shop, boundary("b", namespaces, role: "barn", mount: "two")])
                    .contains("two/roles/orders-web"), "\(namespaces)")
        }
        var labelled = boundary("b", [], role: "barn", mount: "two")
        labelled.spec.namespaces?.selector = .init(matchLabels: ["team": "x"])
        #expect(try paths([shop, labelled]).contains("two/roles/orders-web"))
    }

    @Test("whatever a binding has, the policy allows the operator to keep it")
    func enough() throws {
        let access = try self.access(under: [Self.wide]) {
            $0.roleName = "web"
            $0.revokeLeasesOnDelete = true
            $0.databaseRoles = [.sample("reader")]
        }
        let policy = OperatorPolicy(
            settings: try .sample(),
            boundaries: [Self.wide, .sample("other", namespaces: ["*"]) { $0.vault?.names = ["we*"] }],
            admitted: [access])
        let reference = ReferencePolicy(policy.document.rules)
        for path in access.objectPaths where !path.hasPrefix("sys/") {
            #expect(reference.allowed(at: path).isSuperset(of: [.create, .read, .update, .delete]), "\(path)")
        }
        #expect(reference.allowed(at: access.policyPath).isSuperset(of: [.read, .update, .delete]))
        #expect(reference.allowed(at: "sys/leases/revoke-prefix/database/creds/web_reader") == [.update, .sudo])
        #expect(policy.connectionPaths.contains("database/config/postgres"))
    }

    @Test("leases may be revoked where that is asked for, which takes sudo, and nowhere else")
    func leases() throws {
        let boundary = Self.wide
        let revoking = try access(under: [boundary]) {
            $0.roleName = "web"
            $0.revokeLeasesOnDelete = true
            $0.databaseRoles = [.sample("reader")]
        }
        let keeping = try access(under: [boundary]) {
            $0.roleName = "api"
            $0.databaseRoles = [.sample("reader")]
        }
        func sudo(_ admitted: [DesiredAccess], revokesLeases: Bool = false) throws -> [PolicyRule] {
            OperatorPolicy(
                settings: try .sample(), boundaries: [boundary], admitted: admitted, revokesLeases: revokesLeases
            ).document.rules.filter { $0.capabilities.contains(.sudo) }
        }
        #expect(try sudo([keeping]) == [])
        #expect(
            try sudo([keeping, revoking]) == [
                PolicyRule(path: "sys/leases/lookup/database/creds/web_reader", capabilities: [.list, .sudo]),
                PolicyRule(
                    path: "sys/leases/revoke-prefix/database/creds/web_reader", capabilities: [.update, .sudo]),
            ])
        let all = try sudo([], revokesLeases: true)
        for collection in ["lookup", "revoke-prefix"] {
            #expect(all.map(\.path).contains("sys/leases/\(collection)/database/creds/lanyard.production.*"))
        }
        // The second engine makes no roles that would give out leases.
        #expect(!all.contains { $0.path.contains("/second/") })
    }

    @Test("static roles are made where a boundary names users, and only looked at elsewhere")
    func staticRoles() throws {
        func rule(_ users: [String]) throws -> PolicyRule? {
            let boundary = IdentityBoundary.sample {
                $0.vault?.databases = [.init(connection: "orders", staticUsernames: users)]
            }
            return OperatorPolicy(settings: try .sample(), boundaries: [boundary]).document.rules
                .first { $0.path == "database/static-roles/lanyard.production.*" }
        }
        #expect(try rule([])?.capabilities == [.read])
        #expect(try rule(["app"])?.capabilities == [.create, .read, .update, .delete])
    }

    @Test("its own name makes it readable, and mounts and connections are told")
    func surroundings() throws {
        let policy = OperatorPolicy(
            settings: try .sample(), boundaries: [.sample { $0.vault?.authMounts = ["edge"] }],
            policyName: "lanyard-operator")
        #expect(
            policy.document.rules.contains(
                PolicyRule(path: "sys/policies/acl/lanyard-operator", capabilities: [.read])))
        #expect(
            policy.mounts.map { "\($0.path) \($0.types.joined(separator: ",")) \($0.isInUse)" } == [
                "auth/edge kubernetes,jwt,oidc true", "auth/jwt jwt,oidc false", "auth/kubernetes kubernetes true",
                "database database true",
            ])
        #expect(policy.connectionPaths == ["database/config/orders"])
    }
}
