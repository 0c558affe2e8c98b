import Testing

@testable import VaultClient

@Suite("VaultOperation")
struct VaultOperationTests {
    @Test(
        "metrics get one of a closed set of names, never that of an object",
        arguments: [
            (VaultMethod.get, "sys/policies/acl/canary", "read_policy"),
            (.post, "sys/policies/acl/team/canary", "write_policy"),
            (.get, "sys/policies/detailed/acl", "read_policies"),
            (.delete, "sys/policies/acl/canary", "delete_policy"),
            (.post, "auth/kubernetes/role/canary", "write_auth_role"),
            (.get, "auth/team/kubernetes/role/canary", "read_auth_role"),
            (.get, "auth/kubernetes/config", "read_auth_config"),
            (.post, "auth/kubernetes/login", "login"),
            (.post, "auth/token/renew-self", "renew_token"),
            (.post, "auth/token/revoke-self", "revoke_token"),
            (.get, "auth/token/lookup-self", "lookup_token"),
            (.post, "database/roles/canary", "write_role"),
            (.post, "database/static-roles/canary", "write_static_role"),
            (.get, "team/database/config/canary", "read_connection"),
            (.get, "sys/health", "read_health"),
            (.post, "sys/auth/canary", "write_mount"),
            (.get, "canary/creds/canary", "read_other"),
            (.get, "sys", "read_other"),
            (.get, "canary", "read_other"),
        ])
    func names(_ method: VaultMethod, _ path: String, _ expected: String) throws {
        #expect(VaultOperation.name(method, try VaultPath(path)) == expected)
    }
}
