import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

extension RealServers {
    /// Names that several namespaces could have, and names that tell them apart.
    @Suite("Boundaries: names")
    struct BoundaryNameTests {
        let environment: TestEnvironment
        let bao: Bao

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        @Test("a boundary whose namespaces could have each other's names is invalid, unless it says that this is meant")
        func shared() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                    // No test has such namespaces.
                    try await cluster.withBoundary(about: ["shared-a", "shared-b"]) {
                        $0.vault?.names = ["{serviceAccount}"]
                        $0.vault?.paths = [.init(path: "secret/data/{serviceAccount}/*", capabilities: ["read"])]
                    } _: { boundary in
                        let message = try await cluster.wait(
                            for: .invalidSpec, ConditionType.accepted, of: IdentityBoundary.self, boundary.key,
                            saying: "sharedNames: true")
                        #expect(message.contains("spec.vault.paths[0].path"), "\(message)")
                        var meant = boundary
                        meant.spec.sharedNames = true
                        try await Tenant.apply(meant, cluster)
                        try await cluster.wait(
                            for: .accepted, ConditionType.accepted, of: IdentityBoundary.self, boundary.key)
                    }
                }
            }
        }

        @Test("an older binding of an identity that there is not keeps no name from others")
        func ghost() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                    try await cluster.withNamespace("squatter") { squatter in
                        try await cluster.withNamespace("quiet") { quiet in
                            let name = "\(quiet)-web"
                            var older = Samples.binding("ghost", in: squatter)
                            older.spec.roleName = name
                            try await cluster.apply(older)
                            try await cluster.wait(
                                for: .identityNotFound, ConditionType.identityResolved, of: VaultRoleBinding.self,
                                older.key)
                            try await waitForAnotherSecond()
                            var binding = Samples.plainBinding("web", in: quiet)
                            binding.spec.roleName = name
                            try await cluster.apply(binding)
                            try await cluster.waitUntilReady(1, in: quiet)
                            let role = try await bao.read("auth/kubernetes/role/\(name)")
                            #expect(role?["bound_service_account_namespaces"]?.array == [.string(quiet)])
                            try await cluster.deleteAndWait(in: squatter)
                            try await cluster.deleteAndWait(in: quiet)
                        }
                    }
                }
            }
        }

        @Test("one boundary gives each namespace the engines that are called after it, and no others")
        func ownEngines() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("own") { namespace in
                    let (secrets, database) = ("\(namespace)/kv", "\(namespace)/database")
                    try await clearing {
                        for mount in [secrets, database] { try await bao.delete("sys/mounts/\(mount)") }
                    } after: {
                        try await bao.write("sys/mounts/\(secrets)", ["type": "kv", "options": ["version": "2"]])
                        try await bao.write("sys/mounts/\(database)", ["type": "database"])
                        try await bao.write(
                            "\(database)/config/main",
                            [
                                "plugin_name": "postgresql-database-plugin", "allowed_roles": "*",
                                "verify_connection": false, "username": "nobody", "password": "none",
                                "connection_url": "postgresql://{{username}}:{{password}}@127.0.0.1:9/none",
                            ])
                        let mounts = Mounts(
                            environment: environment, acts: MountActs(environment: environment, cluster: cluster))
                        try await mounts.allowed([], rules: Self.rules(at: database)) {
                            try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                                try await cluster.withBoundary(about: ["it-own-*"]) {
                                    $0.vault?.secretsMounts = ["{namespace}/kv"]
                                    $0.vault?.paths = [.init(path: "{namespace}/kv/data/*", capabilities: ["read"])]
                                    $0.vault?.databases = [
                                        .init(mount: "{namespace}/database", connection: "main", inlineStatements: true)
                                    ]
                                } _: { _ in
                                    try await checkOwnEngines(in: namespace, cluster)
                                }
                            }
                        }
                    }
                }
            }
        }

        /// What `lanyard vault-policy` would add for the binding.
        private static func rules(at database: String) -> [LanyardCore.PolicyRule] {
            [
                .init(path: "\(database)/config/main", capabilities: [.read]),
                .init(path: "\(database)/roles/+", capabilities: [.create, .read, .update, .delete]),
                .init(path: "\(database)/static-roles/+", capabilities: [.read]),
            ]
        }

        private func checkOwnEngines(in namespace: String, _ cluster: Cluster) async throws {
            func binding(_ name: String, at owner: String) -> VaultRoleBinding {
                var binding = Samples.plainBinding(name, in: namespace, withDatabase: true)
                binding.spec.access = Access(
                    kv: [KVAccess(mount: "\(owner)/kv", path: "app/*", permissions: ["Read"])])
                binding.spec.databaseRoles?[0].mount = "\(owner)/database"
                binding.spec.databaseRoles?[0].connection = "main"
                return binding
            }
            try await cluster.apply(binding("own", at: namespace))
            try await cluster.apply(binding("foreign", at: "it-own-other"))
            let key = ObjectKey(namespace: namespace, name: "foreign")
            let message = try await cluster.wait(
                for: .outsideBoundary, ConditionType.accepted, of: VaultRoleBinding.self, key)
            #expect(message.contains("spec.databaseRoles[0].connection: asks for"), "\(message)")
            try await cluster.wait(
                for: .ready, ConditionType.ready, of: VaultRoleBinding.self,
                ObjectKey(namespace: namespace, name: "own"))
            let role = "lanyard.production.\(namespace).own_main"
            #expect(try await bao.read("\(namespace)/database/roles/\(role)") != nil)
            try await cluster.deleteAndWait(in: namespace)
            #expect(try await bao.read("\(namespace)/database/roles/\(role)") == nil)
        }
    }
}
