import KubernetesModel
import Testing
import VaultClient
import VaultTesting

@Suite("InMemoryVault")
struct InMemoryVaultTests {
    private let vault = InMemoryVault(
        mounts: ["kubernetes": .kubernetesAuth, "team/jwt": .jwtAuth, "database": .database])
    private let role: JSONValue = [
        "bound_service_account_names": ["web"], "bound_service_account_namespaces": ["team"],
    ]

    @Test("what was never written is absent, what is not mounted is an error")
    func absence() async throws {
        #expect(try await vault.read("auth/kubernetes/role/web") == nil)
        #expect(try await vault.read("database/config/pg") == nil)
        #expect(await code { _ = try await vault.read("auth/nope/role/web") } == .mountMissing)
        #expect(await code { _ = try await vault.read("kubernetes/roles/web") } == .mountMissing)
        #expect(await code { try await vault.write("pki/roles/web", [:]) } == .mountMissing)
        #expect(await code { try await vault.delete("auth/nope/role/web") } == .mountMissing)
    }

    @Test(
        "names are those that the server routes",
        arguments: [
            "auth/kubernetes/role/a:b", "auth/kubernetes/role/-a", "auth/kubernetes/role/a.",
            "auth/kubernetes/role/a/b",
            "auth/kubernetes/bogus/a", "database/roles/a b", "sys/nope", "auth/kubernetes/role",
        ])
    func names(_ path: String) async {
        #expect(await code { _ = try await vault.read(path) } == .rejected)
    }

    @Test("policies keep their text byte for byte and count their versions")
    func policyText() async throws {
        let text = "path \"a\" {}\r\n\n"
        try await vault.write("sys/policies/acl/ Web ", ["policy": .string(text)])
        try await vault.write("sys/policies/acl/web", ["policy": .string(text)])
        let policy = try #require(try await vault.read("sys/policies/acl/WEB"))
        #expect(policy["name"] == "web")
        #expect(policy["policy"] == .string(text))
        #expect(policy["version"] == 2)
        #expect(vault.paths == ["sys/policies/acl/web"])
        try await vault.delete("sys/policies/acl/wEb")
        #expect(try await vault.read("sys/policies/acl/web") == nil)
    }

    @Test("the parameter cas creates only if absent, or replaces only a known version")
    func checkAndSet() async throws {
        let path = "sys/policies/acl/web"
        try await vault.write(path, ["policy": "#", "cas": -1])
        #expect(await code { try await vault.write(path, ["policy": "#", "cas": -1]) } == .checkAndSetFailed)
        #expect(await code { try await vault.write(path, ["policy": "#", "cas": 7]) } == .checkAndSetFailed)
        try await vault.write(path, ["policy": "#2", "cas": 1])
        #expect(vault.peek(path)?["version"] == 2)
        #expect(try await vault.supportsPolicyCheckAndSet)
    }

    @Test("Vault ignores cas and shows no version")
    func vaultFlavour() async throws {
        let vault = InMemoryVault(mounts: ["kubernetes": .kubernetesAuth], flavour: .vault)
        let path = "sys/policies/acl/web"
        try await vault.write(path, ["policy": "#", "cas": -1])
        try await vault.write(path, ["policy": "#2", "cas": -1])
        #expect(try await vault.read(path) == ["name": "web", "policy": "#2"])
        #expect(try await !vault.supportsPolicyCheckAndSet)
        #expect(try await vault.write("auth/kubernetes/role/web", role).count == 1)
        #expect(vault.peek("auth/kubernetes/role/web")?["token_strictly_bind_ip"] == nil)
    }

    @Test("a listing shows of each policy what a read shows; Vault has none")
    func policyListing() async throws {
        let listing = "sys/policies/detailed/acl"
        for name in ["web", "team/api"] { try await vault.write("sys/policies/acl/\(name)", ["policy": "#"]) }
        try await vault.write("sys/policies/acl/default", ["policy": "# mine"])
        let listed = try await vault.details(below: listing)
        #expect(listed.keys.sorted() == ["default", "root", "team/api", "web"])
        for (name, policy) in listed { #expect(vault.peek("sys/policies/acl/\(name)") == policy) }
        let other = InMemoryVault(mounts: [:], flavour: .vault)
        #expect(await code { _ = try await other.details(below: listing) } == .rejected)
        vault.isSealed = true
        #expect(await code { _ = try await vault.details(below: listing) } == .sealed)
    }

    @Test("the built-in policies cannot be deleted, and only `default` can be changed")
    func builtInPolicies() async throws {
        for name in ["root", "Root ", "response-wrapping"] {
            #expect(await code { try await vault.write("sys/policies/acl/\(name)", ["policy": "#"]) } == .rejected)
            #expect(await code { try await vault.delete("sys/policies/acl/\(name)") } == .rejected)
        }
        #expect(try await vault.read("sys/policies/acl/default") != nil)
        try await vault.write("sys/policies/acl/default", ["policy": "# mine"])
        #expect(vault.peek("sys/policies/acl/default")?["version"] == 2)
        #expect(await code { try await vault.delete("sys/policies/acl/default") } == .rejected)
    }

    @Test("a role's write merges; removing needs an explicit zero; the namespace selector is always reset")
    func roleMerge() async throws {
        let path = "auth/kubernetes/role/Web"
        try await vault.write(path, role)
        try await vault.write(
            path,
            [
                "audience": "vault", "token_policies": " a, B ,a", "token_ttl": "1h30m",
                "bound_service_account_namespace_selector": "{}",
            ])
        try await vault.write(path, ["token_ttl": .null])
        let merged = try #require(try await vault.read("auth/kubernetes/role/web"))
        #expect(merged["audience"] == "vault")
        #expect(merged["token_policies"] == ["a", "B", "a"])
        #expect(merged["token_ttl"] == 5400)
        #expect(merged["bound_service_account_namespace_selector"] == "")
        #expect(merged["bound_service_account_names"] == ["web"])
        try await vault.write(path, ["audience": "", "token_policies": [], "token_ttl": 0])
        let cleared = try #require(vault.peek(path))
        #expect(cleared["audience"] == nil)
        #expect(cleared["token_policies"] == [])
        #expect(cleared["token_ttl"] == 0)
    }

    @Test("unknown parameters are silently dropped, unless the server warns of something else anyway")
    func warnings() async throws {
        let path = "auth/kubernetes/role/web"
        vault.foreignWrite(path, role)
        #expect(try await vault.write(path, ["bogus": 1]).isEmpty)
        #expect(try await vault.write(path, ["bogus": 1, "token_max_ttl": "1000h"]).count == 2)
        #expect(try await vault.write(path, ["audience": "a"]).count == 1)
    }

    @Test("a refused write changes nothing")
    func refusedWrite() async throws {
        let path = "auth/kubernetes/role/web"
        try await vault.write(path, role)
        let before = vault.peek(path)
        #expect(
            await code { try await vault.write(path, ["audience": "x", "bound_service_account_names": []]) }
                == .rejected)
        #expect(vault.peek(path) == before)
    }

    @Test("a JWT role's partial write resets the type of its claims")
    func jwtRole() async throws {
        let path = "auth/team/jwt/role/web"
        let constraint: JSONValue = [
            "role_type": "jwt", "user_claim": "sub", "bound_subject": "spiffe://td/web", "bound_claims_type": "glob",
        ]
        try await vault.write(path, constraint)
        #expect(vault.peek(path)?["bound_claims_type"] == "glob")
        #expect(vault.peek(path)?["bound_audiences"] == .null)
        try await vault.write(path, ["role_type": "jwt", "bound_audiences": "vault"])
        #expect(vault.peek(path)?["bound_claims_type"] == "string")
        #expect(await code { try await vault.write(path, ["bound_audiences": []]) } == .rejected)
    }

    @Test("database roles keep the case of their names and share them with static roles")
    func databaseRole() async throws {
        try await vault.write(
            "database/roles/Web", ["db_name": "pg", "creation_statements": " CREATE;\n", "default_ttl": "1h"])
        #expect(try await vault.read("database/roles/web") == nil)
        let read = try #require(try await vault.read("database/roles/Web"))
        #expect(read["creation_statements"] == ["CREATE;"])
        #expect(read["default_ttl"] == 3600)
        #expect(read["credential_config"] == nil)
        let fixed: JSONValue = ["db_name": "pg", "username": "u", "rotation_period": "1h"]
        #expect(await code { try await vault.write("database/static-roles/Web", fixed) } == .rejected)
        try await vault.write("database/static-roles/web", fixed)
        #expect(await code { try await vault.write("database/roles/web", ["db_name": "pg"]) } == .rejected)
        #expect(await code { try await vault.write("database/static-roles/web", ["db_name": "pg"]) } == .rejected)
    }

    @Test("the key size of an RSA role falls back to its default with every write that lacks it")
    func credentialConfiguration() async throws {
        let path = "database/roles/web"
        try await vault.write(
            path,
            ["db_name": "pg", "credential_type": "rsa_private_key", "credential_config": ["key_bits": "4096"]])
        #expect(vault.peek(path)?["credential_config"] == ["key_bits": 4096, "format": "pkcs8"])
        try await vault.write(path, ["max_ttl": 5])
        #expect(vault.peek(path)?["credential_config"]?["key_bits"] == 2048)
        try await vault.write(path, ["credential_type": "password"])
        #expect(vault.peek(path)?["credential_config"]?["key_bits"] == 2048)
    }

    @Test("a connection never shows its password")
    func connection() async throws {
        vault.foreignWrite(
            "database/config/pg",
            [
                "plugin_name": "postgresql-database-plugin", "allowed_roles": "a, b", "password": "canary",
                "username": "u", "verify_connection": false,
            ])
        let read = try #require(try await vault.read("database/config/pg"))
        #expect(read["allowed_roles"] == ["a", "b"])
        #expect(read["connection_details"] == ["username": "u"])
    }

    @Test("a sealed server refuses everything but foreign hands")
    func sealed() async throws {
        vault.isSealed = true
        #expect(await code { _ = try await vault.read("sys/policies/acl/web") } == .sealed)
        #expect(await code { try await vault.write("auth/kubernetes/role/web", role) } == .sealed)
        #expect(await code { try await vault.delete("auth/kubernetes/role/web") } == .sealed)
        #expect(await code { try await vault.checkHealth() } == .sealed)
        vault.foreignWrite("auth/kubernetes/role/web", role)
        #expect(vault.paths == ["auth/kubernetes/role/web"])
        vault.isSealed = false
        try await vault.checkHealth()
    }

    @Test("what comes through the port is recorded, what others do is not")
    func changes() async throws {
        vault.foreignWrite("auth/kubernetes/role/web", role)
        _ = try await vault.read("auth/kubernetes/role/web")
        #expect(vault.writeCount == 0)
        try await vault.write("auth/kubernetes/role/web", ["token_ttl": 60])
        try await vault.delete("auth/kubernetes/role/web")
        #expect(await code { try await vault.write("auth/kubernetes/role/web", [:]) } == .rejected)
        #expect(vault.changes.map(\.method) == [.post, .delete, .post])
        #expect(vault.changes.map(\.status) == [204, 204, 400])
        #expect(vault.changes.first?.body == ["token_ttl": 60])
        vault.foreignWrite("auth/kubernetes/role/web", role)
        vault.foreignDelete("auth/kubernetes/role/web")
        #expect(vault.writeCount == 3)
        #expect(vault.paths.isEmpty)
    }

    @Test("removing a mount destroys what is in it")
    func unmount() async throws {
        try await vault.write("auth/kubernetes/role/web", role)
        try await vault.write("database/roles/web", ["db_name": "pg"])
        vault.mount(nil, at: "kubernetes")
        #expect(vault.paths == ["database/roles/web"])
        #expect(await code { _ = try await vault.read("auth/kubernetes/role/web") } == .mountMissing)
        vault.mount(.kubernetesAuth, at: "kubernetes")
        #expect(try await vault.read("auth/kubernetes/role/web") == nil)
    }
}
