import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    /// OpenBao is taken back to a backup while the operator runs. Backup and restoration are seconds apart, and suites come one
    /// after the other: nothing of others comes in between.
    @Suite("Vault, restored backup")
    struct VaultRestoreTests {
        let environment: TestEnvironment
        let bao: Bao

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        private func policy(_ binding: ObjectKey) -> String { "sys/policies/acl/\(name(binding))" }

        private func role(_ binding: ObjectKey) -> String { "auth/kubernetes/role/\(name(binding))" }

        private func name(_ binding: ObjectKey) -> String {
            "lanyard.production.\(binding.namespace ?? "").\(binding.name)"
        }

        /// What OpenBao has for a binding that has no database roles.
        private func objects(of binding: ObjectKey) async throws -> [JSONValue?] {
            [try await bao.read(policy(binding)), try await bao.read(role(binding))]
        }

        /// The claims in the ledger, by who has them.
        private func claims(in namespace: String, _ cluster: Cluster) async throws -> [String: [String]] {
            var claims: [String: [String]] = [:]
            for record in try await cluster.records(of: namespace) {
                claims[record.spec.owner.name] = record.spec.claims.map(\.path).sorted()
            }
            return claims
        }

        @Test(
            "what a backup lacks is made again and told, as far as it is to be; what it brings back is nobody's, and stays",
            .timeLimit(.minutes(5)))
        func restored() async throws {
            try await bao.withDatabaseUser(named: "it-restore") { try await checkRestoration(user: $0) }
        }

        private func checkRestoration(user: String) async throws {
            try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("restore") { namespace in
                    try await cluster.withBoundary(about: [namespace]) {
                        $0.vault?.databases = [
                            .init(connection: "temporal-postgres", inlineStatements: true, staticUsernames: [user])
                        ]
                    } _: { _ in
                        try await OperatorProcess.run(in: environment) { _, _ in
                            for name in ["kept", "changed", "gone"] {
                                try await cluster.apply(Samples.plainBinding(name, in: namespace))
                            }
                            try await cluster.waitUntilReady(3, in: namespace)
                        }
                        let gone = ObjectKey(namespace: namespace, name: "gone")
                        let before = try await objects(of: gone)
                        let backup = try await bao.snapshot()
                        // It has a token of which the backup knows nothing.
                        try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                            try await change(in: namespace, user: user, cluster)
                            let claims = try await claims(in: namespace, cluster)
                            let mark = try bao.auditMark()
                            try await bao.restore(backup)
                            try await expectRepair(in: namespace, cluster)
                            try await expectReport(in: namespace, cluster)
                            #expect(try await self.claims(in: namespace, cluster) == claims)
                            try await expectNoOthers(gone, before: before, since: mark)
                            try await cluster.deleteAndWait(in: namespace)
                        }
                        #expect(try await objects(of: gone) == before)
                        for path in [role(gone), policy(gone)] { try await bao.delete(path) }
                        #expect(try await bao.policies(withPrefix: "lanyard.production.\(namespace).") == [])
                    }
                }
            }
        }

        /// What happens after the backup: a spec changes, a binding goes, and others come.
        private func change(in namespace: String, user: String, _ cluster: Cluster) async throws {
            try await cluster.edit("changed", in: namespace) { $0.token?.ttl = "20m" }
            let gone = ObjectKey(namespace: namespace, name: "gone")
            try await cluster.api.delete(VaultRoleBinding.self, gone, uid: nil)
            try await cluster.waitUntilGone(VaultRoleBinding.self, gone)
            #expect(try await objects(of: gone) == [nil, nil])
            var late = Samples.plainBinding("late", in: namespace, withDatabase: true)
            late.spec.databaseRoles?.append(Samples.staticRole("rotated", for: user))
            try await cluster.apply(late)
            var reporting = Samples.plainBinding("reporting", in: namespace)
            reporting.spec.driftPolicy = .report
            try await cluster.apply(reporting)
            try await cluster.waitUntilReady(4, in: namespace)
        }

        /// With the first refusal of its token, here because of somebody's edit, the operator looks at everything.
        private func expectRepair(in namespace: String, _ cluster: Cluster) async throws {
            try await cluster.edit("kept", in: namespace) { $0.token?.ttl = "15m" }
            let lifetimes: [(binding: String, seconds: Int64)] = [("kept", 900), ("changed", 1_200), ("late", 600)]
            let late = ObjectKey(namespace: namespace, name: "late")
            let paths = [
                policy(late), "database/roles/\(name(late))_main", "database/static-roles/\(name(late))_rotated",
            ]
            try await eventually("all is as declared again", within: .seconds(60)) {
                for (binding, seconds) in lifetimes {
                    let path = role(ObjectKey(namespace: namespace, name: binding))
                    let found = try await bao.read(path)?["token_ttl"] ?? .null
                    if found != JSONValue.integer(seconds) { return "\(path): \(found)" }
                }
                for path in paths {
                    if try await bao.read(path) == nil { return "\(path) is missing" }
                }
                return nil
            }
            try await eventually("what was made again is told") {
                let notes = try await cluster.events(in: namespace)
                    .filter { $0.reason == "DriftCorrected" && $0.regarding?.name == "late" }.compactMap(\.note)
                let isTold = notes.contains { $0.contains("had been deleted and was created again") }
                return isTold ? nil : "\(notes)"
            }
        }

        /// Who wants to be told only is told, and has it back with another word.
        private func expectReport(in namespace: String, _ cluster: Cluster) async throws {
            let reporting = ObjectKey(namespace: namespace, name: "reporting")
            try await cluster.wait(
                for: .driftDetected, ConditionType.policySynced, of: VaultRoleBinding.self, reporting,
                saying: "was deleted")
            try await cluster.waitUntilReady(3, in: namespace)
            #expect(try await objects(of: reporting) == [nil, nil])
            try await cluster.edit("reporting", in: namespace) { $0.driftPolicy = .correct }
            try await cluster.waitUntilReady(4, in: namespace)
            #expect(try await bao.read(role(reporting)) != nil)
        }

        /// The operator has written to what is its own, and to nothing else.
        private func expectNoOthers(_ gone: ObjectKey, before: [JSONValue?], since mark: Int) async throws {
            #expect(try await objects(of: gone) == before)
            let own = "/lanyard.production.\(gone.namespace ?? "")."
            let writes = try await bao.operatorWrites(since: mark).map(\.path)
            #expect(!writes.isEmpty)
            #expect(writes.filter { !$0.contains(own) || $0.hasSuffix(".gone") } == [])
        }
    }
}
