import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    /// A tenant whose boundary has a name that a database role of somebody else has: what OpenBao itself says of its
    /// tokens.
    @Suite("Attacks on credentials")
    struct CredentialAttackTests {
        private static let namespace = "attack-c"
        private static let role = "it-payroll"
        let environment: TestEnvironment
        let bao: Bao

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        private var boundary: IdentityBoundary {
            var spec = IdentityBoundarySpec()
            spec.namespaces = .init(names: [Self.namespace])
            spec.vault = .init()
            spec.vault?.names = ["lanyard.{cluster}.{namespace}.*", "it-*"]
            spec.vault?.paths = [.init(path: "secret/data/{namespace}/*", capabilities: ["read"])]
            spec.vault?.databases = [.init(connection: "temporal-postgres", inlineStatements: true)]
            return IdentityBoundary(metadata: ObjectMeta(name: "credentials-\(Self.namespace)"), spec: spec)
        }

        private func object(_ name: String) -> String { "lanyard.production.\(Self.namespace).\(name)" }

        private func binding(_ name: String, names role: Bool) -> VaultRoleBinding {
            var binding = Samples.plainBinding(name, in: Self.namespace)
            if role {
                binding.spec.databaseRoles = Samples.binding(name, in: "", withDatabase: true).spec.databaseRoles
                binding.spec.databaseRoles?[0].vaultName = Self.role
            }
            return binding
        }

        private func waitFor(_ type: String, _ reason: String, on name: String, _ tenant: Tenant) async throws {
            let key = ObjectKey(namespace: Self.namespace, name: name)
            try await eventually("\(name) says \(reason)") {
                let binding = try await tenant.cluster.api.get(VaultRoleBinding.self, key)
                let condition = binding?.status?.conditions?.condition(type)
                let isCurrent = condition?.observedGeneration == binding?.metadata.generation
                return condition?.reason == reason && isCurrent ? nil : condition?.message ?? "nothing"
            }
        }

        private func capabilities(of token: JSONValue, _ path: String) async throws -> [String] {
            let answer = try await bao.call("sys/capabilities", ["token": token, "paths": [.string(path)]])
            return (answer["data"]?[path]?.array ?? []).compactMap(\.string)
        }

        @Test("the name of somebody else's database role gives nobody its credentials, old login or new")
        func names() async throws {
            let path = "database/roles/\(Self.role)"
            try await bao.write(path, ["db_name": "temporal-postgres", "creation_statements": ["SELECT 1"]])
            let untouched = try await bao.read(path)
            try await Cluster.run(in: environment) { cluster in
                try await OperatorProcess.run(in: environment) { _, _ in
                    try await Tenant.run(
                        in: environment, namespace: Self.namespace, boundary: boundary, cluster
                    ) { tenant in
                        _ = try await tenant.api.create(binding("new", names: true))
                        let second = Int64(Date().timeIntervalSince1970)
                        try await waitFor(ConditionType.databaseRolesSynced, "Conflict", on: "new", tenant)
                        try await waitFor(ConditionType.policySynced, "Pending", on: "new", tenant)
                        #expect(try await bao.read("sys/policies/acl/\(object("new"))") == nil)
                        #expect(try await bao.read("auth/kubernetes/role/\(object("new"))") == nil)

                        // Of those created in one second it is not known which is older.
                        try await eventually("another second") {
                            Int64(Date().timeIntervalSince1970) > second ? nil : "the same"
                        }
                        _ = try await tenant.api.create(binding("old", names: false))
                        try await waitFor(ConditionType.ready, "Ready", on: "old", tenant)
                        let answer = try await bao.call(
                            "auth/token/create",
                            ["policies": [.string(object("old"))], "no_default_policy": true, "ttl": "5m"])
                        let token = answer["auth"]?["client_token"] ?? .null
                        let asking = binding("old", names: true)
                        let roles = try JSONValue(encoding: asking.spec.databaseRoles)
                        _ = try await tenant.api.patch(
                            VaultRoleBinding.self, asking.key,
                            JSONPatch([.add(path: "/spec/databaseRoles", value: roles)]))
                        try await waitFor(ConditionType.databaseRolesSynced, "Conflict", on: "old", tenant)
                        #expect(try await capabilities(of: token, "database/creds/\(Self.role)") == ["deny"])
                        let own = "secret/data/\(Self.namespace)/old/x"
                        #expect(try await capabilities(of: token, own) == ["read"])
                        #expect(try await bao.read(path) == untouched)

                        // When it has gone, both may have it: the older one does, and its login waits no more.
                        try await bao.delete(path)
                        try await eventually("one of them has it", within: .seconds(60)) {
                            let text = try await bao.read("sys/policies/acl/\(object("new"))")?["policy"]?.string ?? ""
                            return text.contains("database/creds/\(Self.role)") ? nil : text
                        }
                        try await waitFor(ConditionType.ready, "Ready", on: "new", tenant)
                        #expect(try await capabilities(of: token, "database/creds/\(Self.role)") == ["deny"])
                    }
                }
            }
        }
    }
}
