import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import Subprocess
import Testing

extension RealServers {
    /// What somebody meets who has installed the operator today.
    @Suite("The first day")
    struct FirstDayTests {
        private let environment: TestEnvironment
        private let bao: Bao

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        private func role(_ namespace: String) -> String { "auth/kubernetes/role/lanyard.production.\(namespace).app" }

        private func policy(_ namespace: String) -> String { "sys/policies/acl/lanyard.production.\(namespace).app" }

        /// Makes a binding without an identity, and waits until it is Ready.
        private func makeBinding(in namespace: String, _ cluster: Cluster) async throws {
            var binding = Samples.binding("app", in: namespace)
            binding.spec.workloadIdentityRef = nil
            binding.spec.serviceAccountNames = ["app"]
            try await cluster.apply(binding)
            try await cluster.waitUntilReady(1, in: namespace)
        }

        private func ready(in namespace: String, _ cluster: Cluster) async throws -> Condition? {
            let key = ObjectKey(namespace: namespace, name: "app")
            return try await cluster.api.get(VaultRoleBinding.self, key)?.status?.conditions?.condition("Ready")
        }

        @Test("a namespace without a boundary has tokens of a day, and each change by hand is told with its own text")
        func driftAndTokens() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await OperatorProcess.run(in: environment, resyncInterval: "1s") { process, _ in
                    try await cluster.withNamespace("drift") { namespace in
                        try await makeBinding(in: namespace, cluster)
                        #expect(try await bao.read(role(namespace))?["token_max_ttl"] == 86_400)
                        try await bao.write(role(namespace), ["token_policies": ["root"]])
                        try await eventually("root is taken away") {
                            try await bao.read(role(namespace))?["token_policies"] == ["root"] ? "it is not" : nil
                        }
                        try await bao.write(role(namespace), ["token_ttl": "77s"])
                        try await bao.delete(policy(namespace))
                        try await eventually("three corrections are told") {
                            let notes = try await cluster.events(in: namespace).filter { $0.reason == "DriftCorrected" }
                                .compactMap(\.note)
                            let all = Set(notes)
                            return all.count == 3 && all.contains { $0.contains("root") } ? nil : "\(all)"
                        }
                        let log = try JSONLog(path: process.log).lines().filter { $0["message"] == "drift corrected" }
                        #expect(
                            log.contains {
                                $0["fields"] == ["token_policies"] && $0["vault.path"]?.string == role(namespace)
                            })
                        #expect(log.count >= 3)
                    }
                }
            }
        }

        @Test("what is paused says so, and its deletion waits and says so")
        func paused() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await OperatorProcess.run(in: environment) { _, _ in
                    try await cluster.withNamespace("paused") { namespace in
                        var spec = IdentityBoundarySpec()
                        spec.namespaces = .init(names: [namespace])
                        spec.allowPause = true
                        spec.vault = .init()
                        spec.vault?.names = ["lanyard.{cluster}.{namespace}.*"]
                        spec.vault?.paths = [
                            .init(
                                path: "secret/data/{namespace}/*", capabilities: ["read", "create", "update", "patch"]),
                            .init(path: "secret/metadata/{namespace}/*", capabilities: ["list"]),
                        ]
                        let boundary = IdentityBoundary(metadata: ObjectMeta(name: namespace), spec: spec)
                        _ = try await cluster.api.create(boundary)
                        try await makeBinding(in: namespace, cluster)
                        let key = ObjectKey(namespace: namespace, name: "app")
                        _ = try await cluster.api.mergePatch(
                            VaultRoleBinding.self, key, ["metadata": ["annotations": ["lanyard.dev/paused": "true"]]])
                        try await eventually("it is paused") {
                            let ready = try await ready(in: namespace, cluster)
                            return ready?.status == .unknown && ready?.reason == "Paused" ? nil : "\(ready as Any)"
                        }
                        try await cluster.api.delete(VaultRoleBinding.self, key, uid: nil)
                        try await eventually("the deletion says that it waits") {
                            let ready = try await ready(in: namespace, cluster)
                            return ready?.message.contains("the deletion waits") == true ? nil : "\(ready as Any)"
                        }
                        _ = try await cluster.api.mergePatch(
                            VaultRoleBinding.self, key, ["metadata": ["annotations": ["lanyard.dev/paused": .null]]])
                        try await eventually("it is gone") {
                            try await ready(in: namespace, cluster) == nil ? nil : "it is not"
                        }
                        try await cluster.api.delete(IdentityBoundary.self, boundary.key, uid: nil)
                    }
                }
            }
        }

        /// Runs the command as people do.
        private func lanyard(_ arguments: [String]) async throws -> (output: String, status: TerminationStatus) {
            let kubeconfig = try #require(ProcessInfo.processInfo.environment["KUBECONFIG"])
            let result = try await Subprocess.run(
                .name("env"),
                arguments: Arguments([TestEnvironment.binary("lanyard")] + arguments + ["--kubeconfig", kubeconfig]),
                input: .none, output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
            return (result.standardOutput, result.terminationStatus)
        }

        @Test("uninstalling refuses to leave things hanging; without the operator everything can be let go of")
        func uninstall() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("leave") { namespace in
                    try await OperatorProcess.run(in: environment) { _, _ in
                        try await makeBinding(in: namespace, cluster)
                        let refused = try await lanyard(["uninstall", "--leave"])
                        #expect(refused.status == .exited(1) && refused.output.contains("an operator leads"))
                        let dry = try await lanyard(["uninstall", "--remove", "--dry-run", "--destroy-mounts"])
                        #expect(dry.output.contains("would delete VaultRoleBinding \(namespace)/app"), "\(dry.output)")
                    }
                    let key = ObjectKey(namespace: namespace, name: "app")
                    try await cluster.api.delete(VaultRoleBinding.self, key, uid: nil)
                    let alone = try await lanyard(["uninstall", "--remove"])
                    #expect(alone.status == .exited(1) && alone.output.contains("no operator leads"))
                    #expect(try await cluster.api.get(VaultRoleBinding.self, key) != nil)
                    let left = try await lanyard(["uninstall", "--leave"])
                    #expect(left.status == .exited(0) && left.output.contains("stays in Vault: \(policy(namespace))"))
                    #expect(try await cluster.api.get(VaultRoleBinding.self, key) == nil)
                    #expect(try await bao.read(policy(namespace)) != nil)
                    // What nobody keeps any more is nobody's to clean up but ours.
                    try await bao.delete(role(namespace))
                    try await bao.delete(policy(namespace))
                    let record = ObjectKey(namespace: "lanyard-system", name: "\(namespace).app")
                    try await cluster.api.delete(OwnershipRecord.self, record, uid: nil)
                }
            }
        }

        @Test("the operator's policy from the cluster is one line, and names what is missing after a new boundary")
        func policyFromCluster() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("policy") { namespace in
                    var spec = IdentityBoundarySpec()
                    spec.namespaces = .init(names: [namespace])
                    spec.vault = .init()
                    // Not among the names of the tests, whose pattern would be enough.
                    spec.vault?.names = ["first-\(namespace)"]
                    let boundary = IdentityBoundary(metadata: ObjectMeta(name: namespace), spec: spec)
                    try await clearing {
                        try await cluster.api.delete(IdentityBoundary.self, boundary.key, uid: nil)
                    } after: {
                        _ = try await cluster.api.create(boundary)
                        let config = "\(environment.directory)/operator/config.yaml"
                        let (text, status) = try await lanyard(["vault-policy", "--config", config, "--from-cluster"])
                        #expect(
                            status == .exited(0) && text.contains("sys/policies/acl/first-\(namespace)"), "\(text)")
                    }
                }
            }
        }

        @Test("what a new boundary needs is named by path and command, and is what that command prints, and no more")
        func newBoundary() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("newer") { namespace in
                    // Not among the names of the tests, whose pattern would be enough.
                    let name = "first-\(namespace)"
                    try await cluster.withBoundary(about: [namespace]) {
                        $0.vault?.names = [name]
                    } _: { _ in
                        try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                            var binding = Samples.plainBinding("app", in: namespace)
                            binding.spec.roleName = name
                            var greedy = Samples.plainBinding("greedy", in: namespace)
                            greedy.spec.roleName = "admin-\(namespace)"
                            for binding in [binding, greedy] { try await cluster.apply(binding) }
                            let message = try await cluster.wait(
                                for: .permissionDenied, ConditionType.policySynced, of: VaultRoleBinding.self,
                                binding.key, saying: "sys/policies/acl/\(name)")
                            #expect(message.contains("lanyard vault-policy"), "\(message)")
                            try await withPrintedPolicy { text in
                                #expect(text.contains("\(namespace)/greedy, which is not accepted"), "\(text)")
                                #expect(!text.contains("admin-\(namespace)"))
                                try await cluster.wait(
                                    for: .ready, ConditionType.ready, of: VaultRoleBinding.self, binding.key)
                                try await cluster.deleteAndWait(in: namespace)
                            }
                        }
                    }
                }
            }
        }

        /// Runs while the operator's policy is what the command prints for the cluster.
        private func withPrintedPolicy(_ body: (String) async throws -> Void) async throws {
            let path = "sys/policies/acl/lanyard-operator"
            let before = try #require(try await bao.read(path)?["policy"]?.string)
            let config = "\(environment.directory)/operator/config.yaml"
            let (text, status) = try await lanyard([
                "vault-policy", "--config", config, "--from-cluster", "--policy-name", "lanyard-operator",
            ])
            try #require(status == .exited(0), "\(text)")
            try await clearing {
                try await bao.write(path, ["policy": .string(before)])
            } after: {
                try await bao.write(path, ["policy": .string(text)])
                try await body(text)
            }
        }
    }
}
