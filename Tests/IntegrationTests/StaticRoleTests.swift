import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    /// Static roles that a database refuses.
    @Suite("Static roles")
    struct StaticRoleTests {
        let environment: TestEnvironment
        let bao: Bao

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        /// A binding with a role for nobody, one with statements that no server splits well, and one that is right.
        private func binding(in namespace: String, user: String) -> VaultRoleBinding {
            var binding = Samples.plainBinding("web", in: namespace, withDatabase: true)
            var block = Samples.staticRole("block", for: user)
            // A derived name would say by itself that it is the binding's.
            block.vaultName = "\(namespace)-block"
            block.static?.rotationStatements = [
                "DO $$ BEGIN PERFORM 1; END $$;", "ALTER ROLE \"{{name}}\" WITH PASSWORD '{{password}}';",
            ]
            binding.spec.databaseRoles?.append(
                contentsOf: [Samples.staticRole("missing", for: "it_nobody"), block])
            return binding
        }

        private func claims(of namespace: String, _ cluster: Cluster) async throws -> [String] {
            try await cluster.records(of: namespace).flatMap(\.spec.claims).map(\.path)
        }

        @Test("what a database refuses is told by its code, holds up no other role, and is nobody's afterwards")
        func refused() async throws {
            try await bao.withDatabaseUser(named: "it-static") { try await checkRefusal(for: $0) }
        }

        private func checkRefusal(for user: String) async throws {
            try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("statics") { namespace in
                    try await cluster.withBoundary(about: [namespace]) {
                        $0.vault?.databases = [
                            .init(
                                connection: "temporal-postgres", inlineStatements: true,
                                staticUsernames: ["it_nobody", user])
                        ]
                    } _: { _ in
                        let binding = binding(in: namespace, user: user)
                        try await expectRefusal(of: binding, cluster)
                        try await expectOthers(
                            "database/static-roles/\(namespace)-block", user, binding.key, cluster)
                    }
                }
            }
        }

        private func expectRefusal(of binding: VaultRoleBinding, _ cluster: Cluster) async throws {
            let namespace = binding.metadata.namespace ?? ""
            try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                try await cluster.apply(binding)
                let message = try await cluster.wait(
                    for: .rejected, ConditionType.databaseRolesSynced, of: VaultRoleBinding.self, binding.key,
                    saying: "SQLSTATE 42704")
                #expect(message.contains("SQLSTATE 42601"), "\(message)")
                #expect(!message.contains("it_nobody") && !message.contains("PERFORM"), "\(message)")
                try await eventually("the role that is right is there") {
                    let role = "database/roles/lanyard.production.\(namespace).web_main"
                    return try await bao.read(role) == nil ? "it is not" : nil
                }
                // Each new try claims what it is about to write, and gives it up when that is refused.
                try await eventually("what was refused is nobody's") {
                    let claims = try await claims(of: namespace, cluster)
                        .filter { $0.contains("/static-roles/") || $0.contains("it_nobody") }
                    return claims.isEmpty ? nil : "\(claims)"
                }
            }
        }

        /// Somebody makes by hand what the binding could not; it stays whatever becomes of the binding.
        private func expectOthers(
            _ path: String, _ user: String, _ key: ObjectKey, _ cluster: Cluster
        ) async throws {
            try await clearing {
                try await bao.delete(path)
            } after: {
                try await bao.write(
                    path, ["db_name": "temporal-postgres", "username": .string(user), "rotation_period": "48h"])
                try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                    try await eventually("it is somebody else's") {
                        let stored = try await cluster.api.get(VaultRoleBinding.self, key)
                        let message = stored?.condition(ConditionType.databaseRolesSynced)?.message ?? "nothing"
                        return message.contains("was not made by Lanyard") ? nil : message
                    }
                    try await cluster.deleteAndWait(in: key.namespace ?? "")
                    #expect(try await bao.read(path)?["rotation_period"] == 172_800)
                }
            }
        }
    }
}
