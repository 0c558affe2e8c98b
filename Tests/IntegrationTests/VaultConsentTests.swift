import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    /// What is whose in OpenBao: what was there before, who had a name, and what is known without the ledger.
    @Suite("Vault, what is whose")
    struct VaultConsentTests {
        let environment: TestEnvironment
        let bao: Bao

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        private func condition(
            _ type: String, of name: String, in namespace: String, _ cluster: Cluster
        ) async throws -> Condition? {
            try await cluster.api.get(VaultRoleBinding.self, ObjectKey(namespace: namespace, name: name))?
                .status?.conditions?.condition(type)
        }

        private func waitForConflict(in namespace: String, _ cluster: Cluster) async throws -> String {
            var message = ""
            try await eventually("the policy is in conflict") {
                let found = try await condition(ConditionType.policySynced, of: "web", in: namespace, cluster)
                message = found?.message ?? ""
                return found?.reason == "Conflict" ? nil : found?.reason ?? "nothing"
            }
            return message
        }

        private func waitUntilEmpty(_ namespace: String, _ cluster: Cluster) async throws {
            try await cluster.deleteResources(in: namespace)
            try await eventually("all is let go") {
                try await cluster.conditions(in: namespace).isEmpty ? nil : "not yet"
            }
        }

        @Test("an administrator's policy that is just as a binding declares it outlives the binding")
        func equalPolicy() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await OperatorProcess.run(in: environment, resyncInterval: "2s") { _, _ in
                    try await cluster.withNamespace("equal") { namespace in
                        let name = "\(namespace)-reporting"
                        let path = "sys/policies/acl/\(name)"
                        let text = "path \"secret/data/\(namespace)/web/*\" {\n  capabilities = [\"read\"]\n}\n"
                        try await bao.write(path, ["policy": .string(text)])
                        let before = try await bao.read(path)
                        var binding = Samples.plainBinding("web", in: namespace)
                        binding.spec.policyName = name
                        try await cluster.apply(binding)
                        let message = try await waitForConflict(in: namespace, cluster)
                        #expect(message.contains("it is as declared") && message.contains("lanyard.dev/adopt"))
                        try await waitUntilEmpty(namespace, cluster)
                        #expect(try await bao.read(path) == before)
                        try await bao.delete(path)
                    }
                }
            }
        }

        @Test("a token of who had a policy's name gets nothing of what another namespace would grant by it")
        func handedOn() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await OperatorProcess.run(in: environment) { _, _ in
                    try await cluster.withNamespace("former") { former in
                        let name = "\(former)-pay"
                        var first = Samples.plainBinding("web", in: former)
                        first.spec.policyName = name
                        first.spec.token?.maxTTL = "1h"
                        try await cluster.apply(first)
                        try await cluster.waitUntilReady(1, in: former)
                        let answer = try await bao.call(
                            "auth/token/create",
                            ["policies": [.string(name)], "no_default_policy": true, "ttl": "5m"])
                        let token = answer["auth"]?["client_token"] ?? .null
                        try await waitUntilEmpty(former, cluster)
                        try await cluster.withNamespace("next") { next in
                            var second = Samples.plainBinding("web", in: next)
                            second.spec.policyName = name
                            try await cluster.apply(second)
                            let message = try await waitForConflict(in: next, cluster)
                            #expect(message.contains("\(former)/web") && message.contains("may live until"))
                            let path = "secret/data/\(next)/web/x"
                            let rights = try await bao.call(
                                "sys/capabilities", ["token": token, "paths": [.string(path)]])
                            #expect(rights["data"]?[path] == ["deny"])
                            try await waitUntilEmpty(next, cluster)
                        }
                        // The namespace that had it has it at once.
                        try await cluster.apply(first)
                        try await cluster.waitUntilReady(1, in: former)
                        try await waitUntilEmpty(former, cluster)
                    }
                }
            }
        }

        @Test("without the ledger, derived names are claimed again, changed specs and all")
        func lostLedger() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("lost") { namespace in
                    let name = "lanyard.production.\(namespace)"
                    try await OperatorProcess.run(in: environment) { _, _ in
                        for binding in ["same", "changed"] {
                            try await cluster.apply(Samples.plainBinding(binding, in: namespace))
                        }
                        try await cluster.waitUntilReady(2, in: namespace)
                    }
                    for binding in ["same", "changed"] {
                        let key = ObjectKey(namespace: "lanyard-system", name: "\(namespace).\(binding)")
                        try await cluster.api.delete(OwnershipRecord.self, key, uid: nil)
                    }
                    try await cluster.edit("changed", in: namespace) { $0.token?.ttl = "20m" }
                    try await OperatorProcess.run(in: environment) { _, _ in
                        try await eventually("the change is written") {
                            let role = try await bao.read("auth/kubernetes/role/\(name).changed")
                            return role?["token_ttl"] == 1200 ? nil : "\(role?["token_ttl"] ?? .null)"
                        }
                        try await cluster.waitUntilReady(2, in: namespace)
                        try await waitUntilEmpty(namespace, cluster)
                    }
                    #expect(try await bao.policies(withPrefix: name) == [])
                }
            }
        }
    }
}
