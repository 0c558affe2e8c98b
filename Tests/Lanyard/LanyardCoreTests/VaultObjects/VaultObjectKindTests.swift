import LanyardCore
import Testing

@Suite("VaultObjectKind")
struct VaultObjectKindTests {
    @Test(
        "paths that Lanyard makes are recognised",
        arguments: [
            ("sys/policies/acl/web", VaultObjectKind.policy),
            ("sys/policies/acl/lanyard.production.shop.web", .policy),
            ("auth/kubernetes/role/web", .authRole),
            ("auth/clusters/one/kubernetes/role/web", .authRole),
            ("database/roles/web_reader", .databaseRole),
            ("teams/shop/database/roles/web", .databaseRole),
        ])
    func own(path: String, kind: VaultObjectKind) {
        #expect(VaultObjectKind(path: path) == kind)
    }

    @Test(
        "no other path is ever taken for one of ours",
        arguments: [
            "", "/", "web", "roles/web", "role/web", "auth", "auth/role/web", "sys", "sys/policies/acl",
            "sys/policies/acl/", "sys/policies/acl/a/b", "sys/policies/acl/.", "sys/policies/acl/..",
            "sys/policies/../acl/x", "sys/policies/rgp/web", "sys/policy/web", "sys/auth/kubernetes",
            "sys/mounts/database", "sys/quotas/roles/x", "sys/policies/acl/roles/x", "SYS/policies/acl/web",
            "auth//role/x", "auth/kubernetes/role/", "auth/kubernetes/role/a/b", "auth/kubernetes/roles/x",
            "auth/kubernetes/config", "auth/kubernetes/login", "auth/token/roles/x", "auth/token/create",
            "auth/../role/x", "auth/kubernetes/role/..", "identity/oidc/roles/x", "identity/roles/x",
            "identity/entity/id/x", "team/auth/token/roles/x", "team/sys/quotas/roles/x", "a/b/Identity/oidc/roles/x",
            "database/config/pg/static-users/x", "database/config/postgres", "database/creds/x",
            "database/roles/", "database//roles/x", "database/./roles/x", "database/../roles/x", "database/roles/..",
            "database/roles/a/b", "/database/roles/x", "database/roles/x/", "secret/data/shop/web", "cubbyhole/x",
        ])
    func foreign(path: String) {
        #expect(VaultObjectKind(path: path) == nil)
    }

    @Test("database roles are made first and auth roles last")
    func order() {
        #expect(VaultObjectKind.allCases.shuffled().sorted() == [.databaseRole, .policy, .authRole])
    }
}
