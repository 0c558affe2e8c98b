import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    /// Bindings with `revokeLeasesOnDelete` of which the deletion cannot end by itself: what is said, and the way out.
    @Suite("Leases that cannot be revoked")
    struct LeaseRevocationTests {
        let environment: TestEnvironment
        let bao: Bao

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        private func name(_ namespace: String) -> String { "lanyard.production.\(namespace).web" }

        /// A binding whose users have a right on a table, so that the database does not drop them.
        private func binding(in namespace: String) -> VaultRoleBinding {
            var binding = Samples.plainBinding("web", in: namespace, withDatabase: true)
            binding.spec.databaseRoles?[0].statements?.creation?.append("GRANT SELECT ON workflows TO \"{{name}}\"")
            binding.spec.revokeLeasesOnDelete = true
            return binding
        }

        /// The login has gone, and the policy; only the database role is left.
        private func expectNoLogin(_ key: ObjectKey, _ cluster: Cluster) async throws {
            let name = name(key.namespace ?? "")
            #expect(try await bao.read("auth/kubernetes/role/\(name)") == nil)
            #expect(try await bao.read("sys/policies/acl/\(name)") == nil)
            #expect(try await bao.read("database/roles/\(name)_main") != nil)
            let stored = try await cluster.api.get(VaultRoleBinding.self, key)
            for type in [ConditionType.authRolesSynced, ConditionType.policySynced] {
                #expect(stored?.condition(type)?.reason == Reason.deleted.rawValue)
            }
        }

        /// The way out that the condition names.
        private func letGo(_ key: ObjectKey, _ cluster: Cluster) async throws {
            try await cluster.edit(key.name, in: key.namespace ?? "") { $0.revokeLeasesOnDelete = false }
            try await cluster.waitUntilGone(VaultRoleBinding.self, key)
            #expect(try await bao.read("database/roles/\(name(key.namespace ?? ""))_main") == nil)
        }

        @Test("a database that does not drop its users is told by its code, without lease and user, with the way out")
        func refused() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("leases") { namespace in
                    let binding = binding(in: namespace)
                    let (texts, log) = try await OperatorProcess.run(in: environment, resyncInterval: "10m") {
                        process, _ -> ([String], String) in
                        try await cluster.apply(binding)
                        try await cluster.waitUntilReady(1, in: namespace)
                        let texts = try await checkDeletion(of: binding, cluster)
                        return (texts, process.log)
                    }
                    // The operator writes the rest of its events before it ends.
                    let events = try await cluster.events(in: namespace).compactMap(\.note)
                    let lines = try String(contentsOf: URL(filePath: log), encoding: .utf8)
                    #expect(!events.isEmpty && lines.contains(namespace))
                    for text in [lines] + events { for secret in texts { #expect(!text.contains(secret)) } }
                }
            }
        }

        /// Deletes the binding while somebody has a lease, and returns what of that must be told nowhere.
        private func checkDeletion(of binding: VaultRoleBinding, _ cluster: Cluster) async throws -> [String] {
            let path = "database/creds/\(name(binding.metadata.namespace ?? ""))_main"
            let credentials = try await bao.answer(path)
            let user = try #require(credentials["data"]?["username"]?.string)
            let lease = try #require(credentials["lease_id"]?.string?.split(separator: "/").last)
            let secrets = [user, String(lease)]
            try await clearing {
                // What nobody keeps any more is ours to clean up.
                try await bao.write("sys/leases/revoke-force/\(path)", [:])
                try await environment.sql("DROP OWNED BY \"\(user)\"; DROP ROLE \"\(user)\"")
            } after: {
                try await cluster.api.delete(VaultRoleBinding.self, binding.key, uid: nil)
                let message = try await cluster.wait(
                    for: .rejected, ConditionType.databaseRolesSynced, of: VaultRoleBinding.self, binding.key,
                    saying: "2BP01")
                #expect(message.contains("spec.revokeLeasesOnDelete: false"), "\(message)")
                try await expectNoLogin(binding.key, cluster)
                let status = try JSON.encode(try await cluster.api.get(VaultRoleBinding.self, binding.key)?.status)
                for secret in secrets { #expect(!String(decoding: status, as: UTF8.self).contains(secret)) }
                try await letGo(binding.key, cluster)
            }
            return secrets
        }

        @Test("a right that a revocation needs is missed before the deletion, which names path and way out")
        func missingRight() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("leases") { namespace in
                    let path = "sys/leases/revoke-prefix/database/creds/\(name(namespace))_main"
                    try await bao.limitingOperator(to: ["deny"], at: path) {
                        try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                            let binding = binding(in: namespace)
                            try await cluster.apply(binding)
                            let before = try await cluster.wait(
                                for: .permissionDenied, ConditionType.databaseRolesSynced, of: VaultRoleBinding.self,
                                binding.key, saying: path)
                            #expect(before.contains("spec.revokeLeasesOnDelete"), "\(before)")
                            try await cluster.api.delete(VaultRoleBinding.self, binding.key, uid: nil)
                            let message = try await cluster.wait(
                                for: .permissionDenied, ConditionType.databaseRolesSynced, of: VaultRoleBinding.self,
                                binding.key, saying: "With spec.revokeLeasesOnDelete set to false")
                            #expect(message.hasPrefix("\(path): "), "\(message)")
                            try await expectNoLogin(binding.key, cluster)
                            try await letGo(binding.key, cluster)
                        }
                    }
                }
            }
        }
    }
}
