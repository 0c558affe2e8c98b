import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardCore
import Testing

extension RealServers {
    /// One slow or failing object is its own affair: databases that say nothing, and leases that take long to revoke.
    @Suite("Slow back ends")
    struct SlowBackEndTests {
        private static let connection = "it-silent"
        private static let users = (0..<8).map { "it_silent_\($0)" }
        private static let leases = 60
        private static let bystanders = 12

        let environment: TestEnvironment
        let bao: Bao
        let clock = SystemClock()

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        @Test(
            """
            a bystander is made in its normal time while eight static roles hang on a silent database, a revocation of \
            30 s runs, and a VaultMount points to a silent host
            """,
            .timeLimit(.minutes(5)))
        func bystander() async throws {
            var silence = FaultProxy.Conduct()
            silence.admission = .ignore
            try await FaultProxy.run(to: .tcp(port: 9), conduct: silence) { proxy in
                try await Cluster.run(in: environment) { cluster in
                    let mounts = Mounts(
                        environment: environment, acts: MountActs(environment: environment, cluster: cluster))
                    let mount = silentMount(proxy)
                    try await mounts.clear()
                    try await mounts.allowed([mount], rules: Self.rules) {
                        let (messages, _) = try await OperatorRun.run(
                            in: environment,
                            settings: [
                                "reconcile.resyncInterval=10m", "leaderElection.leaseDuration=15s",
                                "leaderElection.renewDeadline=10s", "leaderElection.retryPeriod=2s",
                            ]
                        ) { run in
                            try await run.waitUntilWorking()
                            try await check(cluster, mounts, mount, proxy)
                            return try run.messages()
                        }
                        #expect(!messages.contains("system is unavailable; calls are held back"))
                    }
                    try await mounts.clear()
                    try await bao.delete("database/config/\(Self.connection)")
                }
            }
        }

        private func check(
            _ cluster: Cluster, _ mounts: Mounts, _ mount: VaultMount, _ proxy: FaultProxy
        ) async throws {
            try await cluster.withNamespace("bystander") { quiet in
                try await cluster.withNamespace("silent") { silent in
                    let calm = try await times("calm", in: quiet, cluster)
                    let revoking = try await prepareTrouble(in: silent, cluster, proxy)
                    try await cluster.applyTogether(Self.users.map { staticRole($0, in: silent) })
                    try await mounts.create([mount])
                    try await cluster.api.delete(VaultRoleBinding.self, revoking, uid: nil)
                    try await eventually("everything hangs") {
                        let count = proxy.connectionCount.value
                        return count >= 3 ? nil : "\(count) connections to the silent database"
                    }
                    let troubled = try await times("troubled", in: quiet, cluster)
                    print("calm \(calm), troubled \(troubled)")
                    #expect(troubled[troubled.count / 2] <= calm[calm.count / 2] * 2)
                    // The slowest of few may have met anything.
                    #expect(troubled[troubled.count - 2] <= calm[calm.count - 2] * 2 + .milliseconds(50))
                    let role = "database/roles/\(Self.role(revoking))"
                    #expect(try await bao.read(role) != nil, "the revocation was over before it mattered")
                    try await waitForTrouble(in: silent, cluster, mounts, mount)
                    try await eventually("the revoked binding is gone", within: .seconds(120)) {
                        try await cluster.api.get(VaultRoleBinding.self, revoking) == nil ? nil : "it is there"
                    }
                    #expect(try await bao.read(role) == nil)
                    // What hangs can end now.
                    proxy.conduct.update { $0.admission = .end(.reset) }
                    try await cluster.deleteResources(in: quiet)
                    try await cluster.deleteResources(in: silent)
                    try await eventually("everything is gone", within: .seconds(90), every: .seconds(1)) {
                        let left = try await cluster.conditions(in: silent).count
                        return left == 0 ? nil : "\(left) left"
                    }
                    let key = ObjectKey(namespace: nil, name: silent)
                    try await cluster.api.delete(IdentityBoundary.self, key, uid: nil)
                }
            }
        }

        /// How long bindings take from their creation until they are Ready, sorted; one after the other, a second apart.
        private func times(_ name: String, in namespace: String, _ cluster: Cluster) async throws -> [Duration] {
            var times: [Duration] = []
            for number in 0..<Self.bystanders {
                let binding = Samples.plainBinding("\(name)-\(number)", in: namespace)
                let start = clock.now
                try await cluster.apply(binding)
                try await eventually("\(binding.key) is Ready", every: .milliseconds(5)) {
                    let stored = try await cluster.api.get(VaultRoleBinding.self, binding.key)
                    let ready = stored?.status?.conditions?.condition(ConditionType.ready)
                    return ready?.status == .yes ? nil : ready?.message ?? "no condition"
                }
                times.append(clock.now - start)
                try await clock.sleep(for: .seconds(1))
            }
            return times.sorted()
        }

        /// A binding with leases that take half a second each to revoke, and leave to have static roles on a database that
        /// says nothing.
        private func prepareTrouble(
            in namespace: String, _ cluster: Cluster, _ proxy: FaultProxy
        ) async throws -> ObjectKey {
            try await bao.write(
                "database/config/\(Self.connection)",
                [
                    "plugin_name": "postgresql-database-plugin", "allowed_roles": "*", "verify_connection": false,
                    "connection_url": .string(Self.url(proxy)), "username": "vault", "password": "none",
                ])
            var vault = IdentityBoundarySpec.Vault()
            vault.databases = [
                .init(
                    mount: nil, connection: Self.connection, templates: nil, inlineStatements: true,
                    staticUsernames: Self.users)
            ]
            var boundary = IdentityBoundarySpec()
            boundary.namespaces = .init(names: [namespace])
            boundary.vault = vault
            _ = try await cluster.api.create(IdentityBoundary(metadata: ObjectMeta(name: namespace), spec: boundary))
            var binding = Samples.plainBinding("revoked", in: namespace)
            binding.spec.databaseRoles =
                Samples.binding("revoked", in: namespace, withDatabase: true).spec.databaseRoles
            binding.spec.databaseRoles?[0].statements?.revocation = [
                "SELECT pg_sleep(0.5)", "DROP ROLE IF EXISTS \"{{name}}\"",
            ]
            binding.spec.revokeLeasesOnDelete = true
            try await cluster.apply(binding)
            try await cluster.waitUntilReady(1, in: namespace)
            for _ in 0..<Self.leases { _ = try await bao.read("database/creds/\(Self.role(binding.key))") }
            return binding.key
        }

        /// What hangs says so of itself.
        private func waitForTrouble(
            in namespace: String, _ cluster: Cluster, _ mounts: Mounts, _ mount: VaultMount
        ) async throws {
            try await mounts.wait(for: "TimedOut", ConditionType.configurationSynced, of: mount.metadata.name)
            try await eventually("all static roles say that they hang", within: .seconds(60)) {
                let all = try await cluster.conditions(in: namespace).filter { $0.name.hasPrefix("vrb/it-silent") }
                let reasons = all.map { $0.conditions.condition(ConditionType.databaseRolesSynced)?.reason ?? "none" }
                return reasons.allSatisfy { $0 == "TimedOut" } ? nil : "\(reasons)"
            }
        }

        private func staticRole(_ user: String, in namespace: String) -> VaultRoleBinding {
            let name = user.replacing("_", with: "-")
            var binding = Samples.plainBinding(name, in: namespace)
            var role = DatabaseRole(name: "main")
            role.connection = Self.connection
            role.static = .init(username: user, rotationPeriod: "24h")
            binding.spec.databaseRoles = [role]
            return binding
        }

        private func silentMount(_ proxy: FaultProxy) -> VaultMount {
            var spec = VaultMountSpec(type: .database)
            spec.database = .init(connections: [
                DatabaseMount.Connection(
                    name: "main", connectionURL: Self.url(proxy),
                    credentialsSecretRef: .init(name: "\(Mounts.prefix)database"))
            ])
            return VaultMount(metadata: ObjectMeta(name: "\(Mounts.prefix)silent"), spec: spec)
        }

        private static func url(_ proxy: FaultProxy) -> String {
            "postgresql://{{username}}:{{password}}@127.0.0.1:\(proxy.port)/app?sslmode=disable"
        }

        private static func role(_ key: ObjectKey) -> String {
            "lanyard.production.\(key.namespace ?? "").\(key.name)_main"
        }

        /// What `lanyard vault-policy --lease-revocation` would add.
        private static let rules = [
            LanyardCore.PolicyRule(path: "database/config/\(connection)", capabilities: [.read]),
            .init(
                path: "sys/leases/revoke-prefix/database/creds/lanyard.production.*", capabilities: [.update, .sudo]),
            .init(path: "sys/leases/lookup/database/creds/lanyard.production.*", capabilities: [.list, .sudo]),
        ]
    }
}
