import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardCore
import Subprocess
import Testing

/// VaultMounts of the tests: one of each type, at paths of their own.
struct Mounts: Sendable {
    /// What every name and path begins with.
    static let prefix = "it-mount-"
    /// The database's own user, whose password the tests change.
    static let databaseUser = "it_mount"

    let environment: TestEnvironment
    let acts: MountActs

    private var bao: Bao { Bao(environment: environment) }

    /// The VaultMounts, which refer to the Secrets `it-mount-reviewer` and `it-mount-database`.
    func all() throws -> [VaultMount] {
        try [
            mount("kubernetes", .kubernetes) { spec in
                spec.kubernetes = try acts.kubernetes(reviewer: "\(Self.prefix)reviewer")
            },
            mount("jwt", .jwt) { spec in
                spec.jwt = JWTMount()
                spec.jwt?.trust = .spire
            },
            mount("database", .database) { spec in
                let address = try "\(environment.variable("PGHOST")):\(environment.variable("PGPORT"))"
                let database = try environment.variable("PGDATABASE")
                var connection = DatabaseMount.Connection(
                    name: "main",
                    connectionURL: "postgresql://{{username}}:{{password}}@\(address)/\(database)?sslmode=disable",
                    credentialsSecretRef: .init(name: "\(Self.prefix)database"))
                connection.allowedRoles = ["it-*"]
                spec.database = .init(connections: [connection])
            },
            mount("pki", .pki) { spec in
                var role = PKIRoleSpec(name: "neural-hive-services")
                role.allowedDomains = ["svc.cluster.local"]
                role.allowSubdomains = true
                (role.ttl, role.maxTTL) = ("168h", "720h")
                spec.tune = .init(maxLeaseTTL: "87600h")
                spec.pki = .init(
                    root: .init(commonName: "Test Root", ttl: "87600h"),
                    urls: .init(issuingCertificates: ["http://vault.test/v1/pki/ca"]), roles: [role])
            },
            mount("services", .pki) { spec in
                spec.pki = .init(
                    intermediate: .init(signedBy: "\(Self.prefix)pki", commonName: "Test Services", ttl: "8760h"))
            },
            mount("secret", .kv) { spec in
                spec.tune = .init(
                    defaultLeaseTTL: "1h", listingVisibility: "hidden", auditNonHMACRequestKeys: ["version", "note"],
                    auditNonHMACResponseKeys: ["keys"])
                spec.kv = .init(version: 2)
            },
        ]
    }

    private func mount(
        _ name: String, _ type: VaultMountType, _ fill: (inout VaultMountSpec) throws -> Void
    ) rethrows -> VaultMount {
        var spec = VaultMountSpec(type: type)
        try fill(&spec)
        return VaultMount(metadata: ObjectMeta(name: Self.prefix + name), spec: spec)
    }

    /// Runs with the rights that `lanyard vault-policy` would print for these VaultMounts, beside what the operator has
    /// anyway, and takes everything away at the end.
    ///
    /// - Parameter rules: further rights.
    func allowed<Result>(
        _ mounts: [VaultMount], rules: [LanyardCore.PolicyRule] = [], _ body: () async throws -> Result
    ) async throws -> Result {
        let role = "auth/kubernetes/role/lanyard"
        let document = PolicyDocument(merging: MountPolicy.rules(for: mounts) + rules)
        let before = try #require(try await bao.read(role))
        return try await clearing {
            try await bao.write(role, Self.role(before, policies: ["lanyard-operator"]))
            try await bao.delete("sys/policies/acl/\(Self.prefix)policy")
        } after: {
            try await bao.write(
                "sys/policies/acl/\(Self.prefix)policy", ["policy": .string(document.hcl(comment: "tests"))])
            try await bao.write(role, Self.role(before, policies: ["lanyard-operator", "\(Self.prefix)policy"]))
            return try await body()
        }
    }

    private static func role(_ role: JSONValue, policies: [String]) -> JSONValue {
        var body = role
        body["token_policies"] = .array(policies.map(JSONValue.string))
        return body
    }

    /// Creates the VaultMounts and what they refer to.
    func create(_ mounts: [VaultMount]) async throws {
        try await acts.store(secret: "\(Self.prefix)reviewer", ["token": "eyJhbGciOiJub25lIn0.e30."])
        try await setPassword("first")
        try await acts.store(
            secret: "\(Self.prefix)database", ["username": Self.databaseUser, "password": "first"])
        for mount in mounts { _ = try await acts.cluster.api.create(mount) }
    }

    /// Gives the database user a password, in the database alone.
    func setPassword(_ password: String) async throws {
        let statement = """
            DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '\(Self.databaseUser)') THEN
            CREATE ROLE \(Self.databaseUser) LOGIN CREATEROLE; END IF; END $$;
            ALTER ROLE \(Self.databaseUser) PASSWORD '\(password)';
            """
        let result = try await Subprocess.run(
            .name("sh"),
            arguments: Arguments([
                "-c", "exec \"$@\"", "sh", environment.variable("PSQL"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c",
                statement,
            ]),
            output: .string(limit: 65_536), error: .string(limit: 65_536))
        try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
    }

    /// Takes away everything that the tests made, whether or not an operator runs.
    func clear() async throws {
        for mount in try await acts.cluster.api.list(VaultMount.self).items
        where mount.metadata.name.hasPrefix(Self.prefix) {
            _ = try await acts.cluster.api.mergePatch(
                VaultMount.self, mount.key, ["metadata": ["finalizers": .array([])]])
            try await acts.cluster.api.delete(VaultMount.self, mount.key, uid: nil)
            try await acts.cluster.api.delete(
                OwnershipRecord.self,
                ObjectKey(namespace: "lanyard-system", name: "vaultmount-\(mount.metadata.name)"), uid: nil)
        }
        for name in ["reviewer", "database"] { try await acts.delete(secret: "\(Self.prefix)\(name)") }
        for parent in ["sys/auth", "sys/mounts"] {
            for key in (try await bao.read(parent)?.object ?? [:]).keys where key.hasPrefix(Self.prefix) {
                try await bao.delete("\(parent)/\(key.dropLast())")
            }
        }
    }

    /// Waits until VaultMounts are Ready at their generation.
    func waitUntilReady(_ mounts: [VaultMount], within limit: Duration = .seconds(30)) async throws {
        for mount in mounts {
            try await eventually("\(mount.metadata.name) is Ready", within: limit) {
                let stored = try await acts.cluster.api.get(VaultMount.self, mount.key)
                let ready = stored?.status?.conditions?.condition(ConditionType.ready)
                let isReady = ready?.status == .yes && ready?.observedGeneration == stored?.metadata.generation
                return isReady ? nil : ready?.message ?? "no condition"
            }
        }
    }

    /// Waits until a condition of a VaultMount has a reason.
    func wait(for reason: String, _ type: String, of name: String, within limit: Duration = .seconds(30)) async throws {
        try await eventually("\(name) says \(reason)", within: limit) {
            let stored = try await acts.cluster.api.get(VaultMount.self, ObjectKey(namespace: nil, name: name))
            let condition = stored?.status?.conditions?.condition(type)
            return condition?.reason == reason ? nil : "\(condition?.reason ?? "none"): \(condition?.message ?? "")"
        }
    }

    /// Changes the spec of a VaultMount.
    func edit(_ name: String, _ patch: JSONValue) async throws {
        _ = try await acts.cluster.api.mergePatch(
            VaultMount.self, ObjectKey(namespace: nil, name: name), ["spec": patch])
    }
}
