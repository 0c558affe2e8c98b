import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("OperatorPolicy")
struct OperatorPolicyTests {
    private func paths(_ boundaries: [IdentityBoundary], _ bindings: [VaultRoleBinding] = []) throws -> [String] {
        OperatorPolicy(settings: try .sample(), boundaries: boundaries, bindings: bindings).document.rules.map(\.path)
    }

    @Test("without boundaries it is the operator's own names and its token, and no sudo")
    func minimal() throws {
        let policy = OperatorPolicy(settings: try .sample(), boundaries: [])
        #expect(
            policy.document.rules.map(\.path) == [
                "auth/jwt/role/lanyard.production.*", "auth/kubernetes/role/lanyard.production.*",
                "auth/token/lookup-self", "auth/token/renew-self", "auth/token/revoke-self",
                "sys/capabilities-self", "sys/policies/acl/lanyard.production.*",
            ])
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
                "sys/leases/revoke-prefix/pg/creds/lanyard.production.*", "sys/leases/revoke-prefix/pg/creds/team-*",
            ])
        #expect(sudo.allSatisfy { $0.capabilities == [.update, .sudo] })
        let without = OperatorPolicy(settings: try .sample(), boundaries: [boundary])
        #expect(without.document.rules == policy.document.rules.filter { !$0.capabilities.contains(.sudo) })
    }

    @Test("names of bindings stand for patterns that could be any name")
    func bindings() throws {
        let binding = VaultRoleBinding.sample {
            $0.roleName = "web"
            $0.databaseRoles = [.sample("reader"), .sample("other") { $0.vaultName = "orders-web" }]
        }
        let found = try paths([.sample()], [binding])
        for path in [
            "sys/policies/acl/web", "auth/jwt/role/web", "database/roles/web_reader", "database/roles/orders-web",
        ] {
            #expect(found.contains(path), "\(path)")
        }
    }

    @Test("leases may be revoked where that is asked for, which takes sudo, and nowhere else")
    func leases() throws {
        let boundary = IdentityBoundary.sample()
        let revoking = VaultRoleBinding.sample {
            $0.roleName = "web"
            $0.revokeLeasesOnDelete = true
            $0.databaseRoles = [.sample("reader")]
        }
        let keeping = VaultRoleBinding.sample {
            $0.roleName = "api"
            $0.databaseRoles = [.sample("reader")]
        }
        func sudo(_ bindings: [VaultRoleBinding], revokesLeases: Bool = false) throws -> [PolicyRule] {
            OperatorPolicy(
                settings: try .sample(), boundaries: [boundary], bindings: bindings, revokesLeases: revokesLeases
            ).document.rules.filter { $0.capabilities.contains(.sudo) }
        }
        #expect(try sudo([keeping]) == [])
        #expect(
            try sudo([keeping, revoking]) == [
                PolicyRule(
                    path: "sys/leases/revoke-prefix/database/creds/web_reader", capabilities: [.update, .sudo])
            ])
        let all = try sudo([], revokesLeases: true)
        #expect(all.map(\.path) == ["sys/leases/revoke-prefix/database/creds/lanyard.production.*"])
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
