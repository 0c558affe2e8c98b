import LanyardCore
import Testing

@Suite("Fields that are compared")
struct ComparedFieldsTests {
    @Test(
        "of what a binding has in Vault are those that are written",
        arguments: [
            (.policy, ["path", "policy"]),
            (.databaseRole, ["db_name", "creation_statements", "credential_config", "username", "rotation_period"]),
            (.authRole, ["bound_service_account_names", "bound_subject", "token_policies", "token_ttl", "audience"]),
        ] as [(VaultObjectKind, Set<String>)])
    func binding(kind: VaultObjectKind, fields: Set<String>) {
        #expect(kind.comparedFields.isSuperset(of: fields))
    }

    @Test(
        "of what a mount has are those that are written, wherever the server shows them, and under its name",
        arguments: [
            (.mount, ["description", "max_lease_ttl", "audit_non_hmac_request_keys", "options.version"]),
            (.authConfiguration, ["kubernetes_host", "token_reviewer_jwt_set", "jwks_url", "jwt_validation_pubkeys"]),
            (.connection, ["plugin_name", "connection_url", "username", "root_credentials_rotate_statements"]),
            (.urls, ["issuing_certificates", "ocsp_servers"]), (.authority, []),
            (.role, ["allow_any_name", "allowed_domains", "key_usage", "max_ttl"]),
        ] as [(MountObjectKind, Set<String>)])
    func mount(kind: MountObjectKind, fields: Set<String>) {
        #expect(kind.comparedFields.isSuperset(of: fields))
    }

    @Test("they are names of fields, and no more than a registry can bear")
    func names() {
        let all = VaultObjectKind.allCases.map(\.comparedFields) + MountObjectKind.allCases.map(\.comparedFields)
        for name in all.joined() {
            #expect(name != "data" && name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" || $0 == "." })
        }
        #expect((60...200).contains(all.map(\.count).reduce(0, +)))
    }
}
