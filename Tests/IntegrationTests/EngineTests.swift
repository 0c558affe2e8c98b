import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

extension RealServers {
    /// What a binding takes for granted of secrets engines, as OpenBao itself has them.
    @Suite("Engines of bindings")
    struct EngineTests {
        private let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        @Test("an engine that is not there, or of another version, keeps a binding from being Ready until it is right")
        func engines() async throws {
            let bao = Bao(environment: environment)
            try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("engines") { namespace in
                    let (legacy, later) = ("\(namespace)-legacy", "\(namespace)-later")
                    try await clearing {
                        for mount in [legacy, later] { try await bao.delete("sys/mounts/\(mount)") }
                        try await cluster.api.delete(
                            IdentityBoundary.self, ObjectKey(namespace: nil, name: namespace), uid: nil)
                    } after: {
                        try await bao.write("sys/mounts/\(legacy)", ["type": "kv", "options": ["version": "1"]])
                        try await allow([legacy, later], in: namespace, cluster)
                        try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                            try await checkEngines(legacy, later, in: namespace, cluster)
                        }
                    }
                }
            }
        }

        private func checkEngines(
            _ legacy: String, _ later: String, in namespace: String, _ cluster: Cluster
        ) async throws {
            let bao = Bao(environment: environment)
            try await cluster.apply(binding("right", on: legacy, version: 1, in: namespace))
            try await cluster.apply(binding("wrong", on: legacy, version: nil, in: namespace))
            try await cluster.apply(binding("early", on: later, version: nil, in: namespace))
            try await wait(for: "Synced", of: "right", in: namespace, cluster)
            try await wait(for: "MountMismatch", of: "wrong", in: namespace, cluster)
            try await wait(for: "MountMissing", of: "early", in: namespace, cluster)
            #expect(try await bao.read("sys/policies/acl/lanyard.production.\(namespace).early") != nil)

            try await bao.write("sys/mounts/\(later)", ["type": "kv", "options": ["version": "2"]])
            try await cluster.edit("wrong", in: namespace) { $0.access?.kv?[0].version = 1 }
            try await wait(for: "Synced", of: "wrong", in: namespace, cluster)
            try await wait(for: "Synced", of: "early", in: namespace, cluster)
            try await cluster.deleteResources(in: namespace)
            try await eventually("everything is gone") {
                try await cluster.conditions(in: namespace).isEmpty ? nil : "resources are left"
            }
        }

        @Test("PKI roles, transit keys and configurations of auth methods that are missing keep one from being Ready")
        func targets() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("targets") { namespace in
                    let bao = Bao(environment: environment)
                    let (pki, transit, jwt) = ("\(namespace)-pki", "\(namespace)-transit", "\(namespace)-jwt")
                    try await clearing {
                        for mount in [pki, transit] { try await bao.delete("sys/mounts/\(mount)") }
                        try await bao.delete("sys/auth/\(jwt)")
                    } after: {
                        try await bao.write("sys/mounts/\(pki)", ["type": "pki"])
                        try await bao.write("sys/mounts/\(transit)", ["type": "transit"])
                        try await bao.write("sys/auth/\(jwt)", ["type": "jwt"])
                        let mounts = Mounts(
                            environment: environment, acts: MountActs(environment: environment, cluster: cluster))
                        try await mounts.allowed([], rules: Self.rules(pki, transit, jwt)) {
                            try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                                try await cluster.withBoundary(about: [namespace]) {
                                    $0.vault?.authMounts = ["kubernetes", jwt]
                                    $0.vault?.secretsMounts = [pki, transit]
                                    $0.vault?.paths = [
                                        .init(path: "\(pki)/*", capabilities: ["create", "update"]),
                                        .init(path: "\(transit)/*", capabilities: ["update"]),
                                    ]
                                } _: { _ in
                                    try await checkTargets(pki, transit, jwt, in: namespace, cluster)
                                }
                            }
                        }
                    }
                }
            }
        }

        /// What the operator needs beside what it has: it says nothing of what it may not see.
        private static func rules(_ pki: String, _ transit: String, _ jwt: String) -> [LanyardCore.PolicyRule] {
            [
                .init(path: "\(pki)/roles/+", capabilities: [.read]),
                .init(path: "\(transit)/keys/+", capabilities: [.read]),
                .init(path: "auth/\(jwt)/config", capabilities: [.read]),
                .init(path: "auth/\(jwt)/role/+", capabilities: [.create, .read, .update, .delete]),
            ]
        }

        private func checkTargets(
            _ pki: String, _ transit: String, _ jwt: String, in namespace: String, _ cluster: Cluster
        ) async throws {
            var issuing = Samples.plainBinding("issuing", in: namespace)
            issuing.spec.access = Access(pki: [PKIAccess(mount: pki, role: "web", operations: ["Issue"])])
            var encrypting = Samples.plainBinding("encrypting", in: namespace)
            encrypting.spec.access = Access(
                transit: [TransitAccess(mount: transit, key: "web", operations: ["Encrypt"])])
            var login = Samples.binding("login", in: namespace)
            login.spec.kubernetesAuth = .init(enabled: false)
            login.spec.jwtAuth = .init(mount: jwt, audiences: ["vault.test"])
            try await cluster.apply(Samples.identity("login", in: namespace))
            for binding in [issuing, encrypting, login] { try await cluster.apply(binding) }
            let (policy, roles) = (ConditionType.policySynced, ConditionType.authRolesSynced)
            try await cluster.wait(
                for: .targetMissing, policy, of: VaultRoleBinding.self, issuing.key, saying: "\(pki)/roles/web")
            try await cluster.wait(
                for: .targetMissing, policy, of: VaultRoleBinding.self, encrypting.key, saying: "\(transit)/keys/web")
            try await cluster.wait(
                for: .mountUnconfigured, roles, of: VaultRoleBinding.self, login.key, saying: "auth/\(jwt)")
            try await cluster.deleteAndWait(in: namespace)
        }

        private func binding(_ name: String, on mount: String, version: Int?, in namespace: String) -> VaultRoleBinding
        {
            var binding = Samples.plainBinding(name, in: namespace)
            binding.spec.access = Access(
                kv: [KVAccess(mount: mount, path: "app/*", permissions: ["Read"], version: version)])
            return binding
        }

        private func allow(_ mounts: [String], in namespace: String, _ cluster: Cluster) async throws {
            var spec = IdentityBoundarySpec()
            spec.namespaces = .init(names: [namespace])
            var vault = IdentityBoundarySpec.Vault()
            vault.secretsMounts = mounts
            vault.paths = mounts.map { .init(path: "\($0)/*", capabilities: ["read"]) }
            spec.vault = vault
            _ = try await cluster.api.create(IdentityBoundary(metadata: ObjectMeta(name: namespace), spec: spec))
        }

        private func wait(
            for reason: String, of name: String, in namespace: String, _ cluster: Cluster
        ) async throws {
            try await eventually("\(name) says \(reason)") {
                let key = ObjectKey(namespace: namespace, name: name)
                let conditions = try await cluster.api.get(VaultRoleBinding.self, key)?.status?.conditions ?? []
                let found = conditions.condition(ConditionType.policySynced)?.reason ?? "nothing"
                return found == reason ? nil : found
            }
        }
    }
}
