import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    /// What is a change by hand and what is not, and what becomes of it.
    @Suite("Changes by hand")
    struct DriftPolicyTests {
        private static let namespace = "report-a"
        let environment: TestEnvironment
        let bao: Bao

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        private func policy(_ namespace: String) -> String { "sys/policies/acl/lanyard.production.\(namespace).web" }

        private func role(_ namespace: String) -> String { "auth/kubernetes/role/lanyard.production.\(namespace).web" }

        private func boundary(maxTokenTTL: String) -> IdentityBoundary {
            var spec = IdentityBoundarySpec()
            spec.namespaces = .init(names: [Self.namespace])
            spec.vault = .init()
            spec.vault?.names = ["lanyard.{cluster}.{namespace}.*"]
            spec.vault?.maxTokenTTL = maxTokenTTL
            spec.vault?.paths = [.init(path: "secret/data/{namespace}/*", capabilities: ["read"])]
            return IdentityBoundary(metadata: ObjectMeta(name: "drift-\(Self.namespace)"), spec: spec)
        }

        /// Runs with a tenant whose binding only reports what was changed by hand, and an operator that looks for that once
        /// in ten minutes.
        private func withReporting(_ body: (Tenant, VaultRoleBinding) async throws -> Void) async throws {
            try await Cluster.run(in: environment) { cluster in
                let uid = try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                    try await Tenant.run(
                        in: environment, namespace: Self.namespace, boundary: boundary(maxTokenTTL: "24h"), cluster
                    ) { tenant -> String in
                        var binding = Samples.plainBinding("web", in: Self.namespace)
                        binding.spec.driftPolicy = .report
                        try await cluster.apply(binding)
                        try await cluster.waitUntilReady(1, in: Self.namespace)
                        let uid = try await cluster.api.get(VaultRoleBinding.self, binding.key)?.metadata.uid
                        try await body(tenant, binding)
                        return try #require(uid)
                    }
                }
                // The operator writes the rest of its events before it ends, the last of them that of the deletion.
                let told = try await cluster.events(in: Self.namespace).filter { $0.regarding?.uid == uid }
                    .compactMap(\.reason)
                #expect(told.contains("CleanedUp"))
                #expect(!told.contains("DriftDetected") && !told.contains("DriftCorrected"))
            }
        }

        @Test("a cap that a boundary lowers reaches the auth role though drift is only reported, and is no drift")
        func loweredCap() async throws {
            try await withReporting { tenant, _ in
                let path = role(Self.namespace)
                #expect(try await bao.read(path)?["token_max_ttl"] == 86_400)
                try await Tenant.apply(boundary(maxTokenTTL: "1h"), tenant.cluster)
                try await eventually("the cap is lowered") {
                    let found = try await bao.read(path)?["token_max_ttl"]
                    return found == 3_600 ? nil : "\(found ?? .null)"
                }
                try await tenant.cluster.waitUntilReady(1, in: Self.namespace)
            }
        }

        @Test("a status that claims that a narrower spec is in place keeps nothing")
        func forgedStatus() async throws {
            try await withReporting { tenant, binding in
                let stored = try #require(try await tenant.cluster.api.get(VaultRoleBinding.self, binding.key))
                var status = try #require(stored.status)
                let next = (stored.metadata.generation ?? 0) + 1
                status.observedGeneration = next
                for index in (status.conditions ?? []).indices { status.conditions?[index].observedGeneration = next }
                let forged: JSONValue = ["status": try JSONValue(encoding: status)]
                let path = VaultRoleBinding.descriptor.path(
                    namespace: Self.namespace, name: "web", subresource: "status")
                _ = try await tenant.cluster.api.send(
                    APIRequest(
                        .patch, path, contentType: "application/merge-patch+json", body: try JSON.encode(forged)))
                try await tenant.cluster.edit("web", in: Self.namespace) {
                    $0.access = Access(kv: [KVAccess(path: "\(Self.namespace)/narrow", permissions: ["Read"])])
                }
                try await eventually("the policy is the narrower one") {
                    let text = try await bao.read(policy(Self.namespace))?["policy"]?.string ?? "no policy"
                    return text.contains("/narrow\"") && !text.contains("/web/*") ? nil : text
                }
            }
        }

        @Test("a change by hand that is only reported hides no failure, which is tried again soon")
        func failureBehind() async throws {
            try await Cluster.runWithOperator(in: environment, for: "hidden") { namespace, cluster in
                let binding = Samples.plainBinding("web", in: namespace)
                try await cluster.apply(binding)
                try await cluster.waitUntilReady(1, in: namespace)
                try await bao.write(
                    policy(namespace), ["policy": "path \"secret/data/x\" { capabilities = [\"read\"] }"])
                try await bao.limitingOperator(to: ["deny"], at: role(namespace)) {
                    // What is asked for is the same; what is done about changes by hand is not.
                    try await cluster.edit("web", in: namespace) { $0.driftPolicy = .report }
                    try await cluster.wait(
                        for: .driftDetected, ConditionType.policySynced, of: VaultRoleBinding.self, binding.key)
                    try await cluster.wait(
                        for: .permissionDenied, ConditionType.authRolesSynced, of: VaultRoleBinding.self,
                        binding.key, saying: role(namespace))
                }
                try await cluster.wait(
                    for: .synced, ConditionType.authRolesSynced, of: VaultRoleBinding.self, binding.key)
                try await cluster.wait(
                    for: .driftDetected, ConditionType.policySynced, of: VaultRoleBinding.self, binding.key)
            }
        }

        @Test("who changes a field of an auth role three times is told by its condition, which stays true")
        func fight() async throws {
            try await Cluster.runWithOperator(
                in: environment, for: "fight", resyncInterval: "1s"
            ) { namespace, cluster in
                let binding = Samples.plainBinding("web", in: namespace)
                try await cluster.apply(binding)
                try await cluster.waitUntilReady(1, in: namespace)
                for seconds in 71...73 {
                    try await bao.write(role(namespace), ["token_ttl": .string("\(seconds)s")])
                    try await eventually("it is put back") {
                        let found = try await bao.read(role(namespace))?["token_ttl"]
                        return found == 600 ? nil : "\(found ?? .null)"
                    }
                }
                let message = try await cluster.wait(
                    for: .synced, ConditionType.authRolesSynced, of: VaultRoleBinding.self, binding.key,
                    saying: "3 times")
                #expect(message.contains("token_ttl"))
                try await cluster.waitUntilReady(1, in: namespace)
            }
        }

        @Test("statements with blanks of all sorts at their ends are written once, and are no change by hand")
        func blanks() async throws {
            try await Cluster.runWithOperator(
                in: environment, for: "blanks", resyncInterval: "1s"
            ) { namespace, cluster in
                var binding = Samples.plainBinding("web", in: namespace, withDatabase: true)
                binding.spec.databaseRoles?[0].statements = .init(
                    creation: [
                        "CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}';\u{A0}\u{A0}\r\n",
                        "  GRANT SELECT ON workflows TO \"{{name}}\";   \n",
                    ], revocation: ["\tDROP ROLE IF EXISTS \"{{name}}\";\u{2003}"])
                try await cluster.apply(binding)
                try await cluster.waitUntilReady(1, in: namespace)
                let path = "database/roles/lanyard.production.\(namespace).web_main"
                let mark = try bao.auditMark()
                try await eventually("it was looked at three times") {
                    let looks = try await bao.audited(pathContaining: path, since: mark).count
                    return looks >= 3 ? nil : "\(looks) looks"
                }
                let writes = try await bao.operatorWrites(since: mark).filter { $0.path.contains(namespace) }
                #expect(writes.map(\.path) == [])
            }
        }
    }
}
