import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

extension RealServers {
    /// What happens to mounts after they were made, or after somebody else made them.
    @Suite("VaultMounts that change")
    struct VaultMountChangeTests {
        let environment: TestEnvironment
        let bao: Bao

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        /// Runs with an operator that may keep a mount, and takes away what was made.
        private func run(
            with mount: VaultMount, rules: [LanyardCore.PolicyRule] = [],
            _ body: (Mounts, Cluster) async throws -> Void
        ) async throws {
            try await Cluster.run(in: environment) { cluster in
                let mounts = Mounts(
                    environment: environment, acts: MountActs(environment: environment, cluster: cluster))
                try await mounts.clear()
                try await clearing {
                    try await mounts.clear()
                } after: {
                    try await mounts.allowed([mount], rules: rules) {
                        try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                            try await body(mounts, cluster)
                        }
                    }
                }
            }
        }

        private func mount(
            _ name: String, _ type: VaultMountType, _ fill: (inout VaultMountSpec) throws -> Void
        ) rethrows -> VaultMount {
            var spec = VaultMountSpec(type: type)
            try fill(&spec)
            return VaultMount(metadata: ObjectMeta(name: Mounts.prefix + name), spec: spec)
        }

        /// A connection to the database of the environment.
        private func connection(_ name: String = "main") throws -> DatabaseMount.Connection {
            let address = try "\(environment.variable("PGHOST")):\(environment.variable("PGPORT"))"
            let database = try environment.variable("PGDATABASE")
            var connection = DatabaseMount.Connection(
                name: name,
                connectionURL: "postgresql://{{username}}:{{password}}@\(address)/\(database)?sslmode=disable",
                credentialsSecretRef: .init(name: "\(Mounts.prefix)database"))
            connection.allowedRoles = ["it-*", "lanyard.*"]
            return connection
        }

        @Test("addresses that are taken out of the spec of an authority go from Vault")
        func urls() async throws {
            let mount = mount("urls", .pki) {
                $0.pki = .init(urls: .init(issuingCertificates: ["http://vault.test/v1/pki/ca"]))
            }
            let path = "\(mount.metadata.name)/config/urls"
            try await run(with: mount) { mounts, _ in
                try await mounts.create([mount])
                try await mounts.waitUntilReady([mount])
                let made = try await bao.read(path)?["issuing_certificates"]
                #expect(made == ["http://vault.test/v1/pki/ca"])
                try await mounts.edit(mount.metadata.name, ["pki": ["urls": .null]])
                try await eventually("they are gone") {
                    let left = try await bao.read(path)?["issuing_certificates"]?.array ?? []
                    return left.isEmpty ? nil : "\(left)"
                }
                try await mounts.waitUntilReady([mount])
            }
        }

        @Test("a mount that a binding uses is not disabled, and goes when the binding is gone")
        func inUse() async throws {
            let mount = mount("use", .kv) {
                $0.kv = .init(version: 2)
                $0.deletionPolicy = .delete
            }
            let path = mount.metadata.name
            try await run(with: mount) { mounts, cluster in
                try await mounts.create([mount])
                try await mounts.waitUntilReady([mount])
                try await cluster.withNamespace("use") { namespace in
                    try await cluster.withBoundary(about: [namespace]) {
                        $0.vault?.secretsMounts = [path]
                        $0.vault?.paths = [.init(path: "\(path)/*", capabilities: ["read"])]
                    } _: { _ in
                        var binding = Samples.plainBinding("web", in: namespace)
                        binding.spec.access = Access(
                            kv: [KVAccess(mount: path, path: "app/*", permissions: ["Read"])])
                        try await cluster.apply(binding)
                        try await cluster.waitUntilReady(1, in: namespace)
                        try await cluster.api.delete(VaultMount.self, mount.key, uid: nil)
                        try await cluster.wait(
                            for: .mountInUse, ConditionType.mountSynced, of: VaultMount.self, mount.key,
                            saying: "\(namespace)/web")
                        #expect(try await bao.read("sys/mounts")?["\(path)/"] != nil)
                        try await cluster.deleteAndWait(in: namespace)
                        try await cluster.waitUntilGone(VaultMount.self, mount.key)
                        #expect(try await bao.read("sys/mounts")?["\(path)/"] == nil)
                    }
                }
            }
        }

        @Test("a connection of another user that is taken over gets the password of the new one")
        func newUser() async throws {
            var mount = try mount("taken", .database) { $0.database = try .init(connections: [connection()]) }
            mount.metadata.annotations = ["lanyard.dev/adopt": "true"]
            let (declared, path) = (mount, mount.metadata.name)
            try await environment.sql(
                "DROP ROLE IF EXISTS it_mount_old; CREATE ROLE it_mount_old LOGIN CREATEROLE PASSWORD 'old'")
            try await clearing {
                try await environment.sql("DROP ROLE it_mount_old")
            } after: {
                try await run(with: declared) { mounts, _ in
                    try await bao.write("sys/mounts/\(path)", ["type": "database"])
                    try await bao.write(
                        "\(path)/config/main",
                        [
                            "plugin_name": "postgresql-database-plugin", "allowed_roles": "*",
                            "connection_url": .string(try connection().connectionURL ?? ""),
                            "username": "it_mount_old", "password": "old",
                        ])
                    try await mounts.create([declared])
                    try await mounts.waitUntilReady([declared])
                    let config = try await bao.read("\(path)/config/main")
                    #expect(config?["connection_details"]?["username"] == .string(Mounts.databaseUser))
                    try await bao.write(
                        "\(path)/roles/it-new",
                        [
                            "db_name": "main", "creation_statements": ["CREATE ROLE \"{{name}}\""],
                            // Without these the server takes rights on tables away that this user may not give.
                            "revocation_statements": ["DROP ROLE \"{{name}}\""], "default_ttl": "5m",
                        ])
                    // Vault logs in to the database for it.
                    #expect(try await bao.read("\(path)/creds/it-new") != nil)
                }
            }
        }

        @Test("a binding that has waited for a connection for long is looked at as soon as there is one")
        func laterConnection() async throws {
            let mount = try mount("later", .database) { $0.database = try .init(connections: [connection()]) }
            let path = mount.metadata.name
            let rules: [LanyardCore.PolicyRule] = [
                .init(path: "\(path)/roles/+", capabilities: [.create, .read, .update, .delete]),
                .init(path: "\(path)/static-roles/+", capabilities: [.read]),
            ]
            try await run(with: mount, rules: rules) { mounts, cluster in
                try await mounts.create([mount])
                try await mounts.waitUntilReady([mount])
                try await cluster.withNamespace("later") { namespace in
                    try await cluster.withBoundary(about: [namespace]) {
                        $0.vault?.databases = [.init(mount: path, connection: "second", inlineStatements: true)]
                    } _: { _ in
                        var binding = Samples.plainBinding("web", in: namespace, withDatabase: true)
                        binding.spec.databaseRoles?[0].mount = path
                        binding.spec.databaseRoles?[0].connection = "second"
                        let mark = try bao.auditMark()
                        try await cluster.apply(binding)
                        try await cluster.wait(
                            for: .connectionMissing, ConditionType.databaseRolesSynced, of: VaultRoleBinding.self,
                            binding.key)
                        // Each pause is twice the one before: the next one is of ten seconds, of which two are waited below. The
                        // first passes share what they read of the connection, but not of the role.
                        try await eventually("it was looked for twelve times") {
                            let looks = try await bao.audited(pathContaining: "\(path)/roles/", since: mark)
                            return looks.count >= 12 ? nil : "\(looks.count) times"
                        }
                        let connections = try JSONValue(encoding: [connection(), connection("second")])
                        try await mounts.edit(path, ["database": ["connections": connections]])
                        try await mounts.waitUntilReady([mount])
                        try await cluster.waitUntilReady(1, in: namespace, within: .seconds(2))
                        try await cluster.deleteAndWait(in: namespace)
                    }
                }
            }
        }
    }
}
