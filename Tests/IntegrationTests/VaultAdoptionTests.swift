import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    /// Policies and roles that somebody made by hand, and that a binding is to have from then on.
    @Suite("Vault, what is taken over")
    struct VaultAdoptionTests {
        let environment: TestEnvironment
        let bao: Bao

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        /// A policy and a role that serve two ServiceAccounts of two namespaces, one of them the binding's.
        private func makeByHand(role: String, policy: String, for namespace: String) async throws {
            let text = """
                path "secret/data/\(namespace)/web/*" { capabilities = ["read"] }
                path "secret/data/shared/*" { capabilities = ["read"] }
                """
            try await bao.write("sys/policies/acl/\(policy)", ["policy": .string(text)])
            try await bao.write(
                "auth/kubernetes/role/\(role)",
                [
                    "bound_service_account_names": ["web", "worker"],
                    "bound_service_account_namespaces": [.string(namespace), .string("\(namespace)-other")],
                    "token_policies": [.string(policy)], "token_ttl": "30m",
                ])
        }

        private func annotate(_ key: ObjectKey, _ cluster: Cluster) async throws {
            _ = try await cluster.api.mergePatch(
                VaultRoleBinding.self, key, ["metadata": ["annotations": ["lanyard.dev/adopt": "true"]]])
        }

        @Test("a conflict names what differs, and who takes it over from others is told from whom")
        func loss() async throws {
            try await Cluster.runWithOperator(in: environment, for: "adopt") { namespace, cluster in
                let name = "\(namespace)-web"
                try await makeByHand(role: name, policy: name, for: namespace)
                let role = try await bao.read("auth/kubernetes/role/\(name)")
                var binding = Samples.plainBinding("web", in: namespace)
                binding.spec.roleName = name
                try await cluster.apply(binding)
                let message = try await cluster.wait(
                    for: .conflict, ConditionType.policySynced, of: VaultRoleBinding.self, binding.key)
                #expect(message.contains("secret/data/shared/*"), "\(message)")
                #expect(message.contains("lanyard.dev/adopt=true"), "\(message)")
                #expect(try await bao.read("auth/kubernetes/role/\(name)") == role)
                try await annotate(binding.key, cluster)
                try await cluster.waitUntilReady(1, in: namespace)
                let now = try await bao.read("auth/kubernetes/role/\(name)")
                #expect(now?["bound_service_account_names"] == ["web"])
                try await eventually("two warnings say who loses something") {
                    let notes = try await cluster.events(in: namespace)
                        .filter { $0.reason == "Adopted" && $0.type == "Warning" }.compactMap(\.note)
                    let accounts = "from ServiceAccounts [worker], namespaces [\(namespace)-other]"
                    let isSaid = notes.contains { $0.contains(accounts) }
                    return notes.count == 2 && isSaid ? nil : "\(notes)"
                }
                try await cluster.deleteAndWait(in: namespace)
                #expect(try await bao.read("auth/kubernetes/role/\(name)") == nil)
            }
        }

        @Test("names with underscores, as other tools make them, can be taken over")
        func underscores() async throws {
            try await Cluster.runWithOperator(in: environment, for: "underscores") { namespace, cluster in
                let (role, policy) = ("\(namespace)_uploader", "\(namespace)_dev_common-upload")
                try await makeByHand(role: role, policy: policy, for: namespace)
                var binding = Samples.plainBinding("web", in: namespace)
                binding.metadata.annotations = ["lanyard.dev/adopt": "true"]
                (binding.spec.roleName, binding.spec.policyName) = (role, policy)
                try await cluster.apply(binding)
                try await cluster.waitUntilReady(1, in: namespace)
                let found = try await bao.read("auth/kubernetes/role/\(role)")
                #expect(found?["token_policies"]?.array == [.string(policy)])
                #expect(found?["token_ttl"] == 600)
                let text = try await bao.read("sys/policies/acl/\(policy)")?["policy"]?.string ?? ""
                #expect(text.contains("\(namespace)/web") && !text.contains("shared"), "\(text)")
                try await cluster.deleteAndWait(in: namespace)
                #expect(try await bao.read("sys/policies/acl/\(policy)") == nil)
            }
        }
    }
}
