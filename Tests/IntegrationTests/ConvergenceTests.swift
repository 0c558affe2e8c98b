import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    @Suite("Convergence")
    struct ConvergenceTests {
        let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        @Test("50 identities and bindings are Ready within 15 s, verified without a write, and gone after deletion")
        func fifty() async throws {
            let bao = Bao(environment: environment)
            try await Cluster.run(in: environment) { cluster in
                try await Spire.run(in: environment) { spire in
                    try await OperatorProcess.run(in: environment, resyncInterval: "2s") { _, _ in
                        try await cluster.withNamespace("fifty") { namespace in
                            try await check(50, in: namespace, cluster, spire, bao)
                        }
                    }
                }
            }
        }

        private func check(
            _ count: Int, in namespace: String, _ cluster: Cluster, _ spire: Spire, _ bao: Bao
        ) async throws {
            let clock = SystemClock()
            // What is missing may be told later than Ready, which would be a write.
            let workloads = Workloads(cluster: cluster)
            for index in 0..<count { try await workloads.createServiceAccount("app-\(index)", in: namespace) }
            let start = clock.now
            for index in 0..<count {
                try await cluster.apply(Samples.identity("app-\(index)", in: namespace))
                try await cluster.apply(Samples.binding("app-\(index)", in: namespace, withDatabase: index < 10))
            }
            try await cluster.waitUntilReady(2 * count, in: namespace, within: .seconds(60))
            let elapsed = clock.now - start
            print("\(2 * count) objects Ready \(elapsed) after the first was applied")
            #expect(elapsed < .seconds(15), "all Ready after \(elapsed)")

            for index in [0, count - 1] {
                let key = ObjectKey(namespace: namespace, name: "app-\(index)")
                let entry = try #require(try await spire.entry(of: key))
                #expect(entry.spiffeID.path == "/ns/\(namespace)/sa/app-\(index)")
                let policy = try await bao.read("sys/policies/acl/lanyard.production.\(namespace).app-\(index)")
                #expect(policy?["policy"]?.string?.contains("secret/data/\(namespace)/app-\(index)/*") == true)
            }
            try await checkRest(count, in: namespace, cluster, spire, bao)

            try await cluster.deleteResources(in: namespace)
            try await eventually("everything is gone") {
                let left = try await cluster.conditions(in: namespace).count
                let policies = try await bao.policies(withPrefix: "lanyard.production.\(namespace).").count
                let entry = try await spire.entry(of: ObjectKey(namespace: namespace, name: "app-0"))
                return left == 0 && policies == 0 && entry == nil ? nil : "\(left) resources, \(policies) policies"
            }
        }

        /// Every object is verified twice more, and nothing is written meanwhile.
        private func checkRest(
            _ count: Int, in namespace: String, _ cluster: Cluster, _ spire: Spire, _ bao: Bao
        ) async throws {
            let before = try await bao.audited(pathContaining: namespace)
            let reads = Dictionary(grouping: before.filter { $0.operation == "read" }, by: \.path).mapValues(\.count)
            let states = try await states(in: namespace, cluster)
            let written = try spire.writeCount()
            let role = "auth/kubernetes/role/lanyard.production.\(namespace)."
            try await eventually("every auth role is read twice more") {
                let now = try await bao.audited(pathContaining: role).filter { $0.operation == "read" }
                let counts = Dictionary(grouping: now, by: \.path).mapValues(\.count)
                let behind = counts.count { $0.value < (reads[$0.key] ?? 0) + 2 }
                return counts.count == count && behind == 0 ? nil : "\(behind) of \(counts.count) were not"
            }
            let writes = try await bao.audited(pathContaining: namespace).filter { $0.operation != "read" }
            #expect(writes.count == before.filter { $0.operation != "read" }.count)
            #expect(try spire.writeCount() == written)
            let changed = try await self.states(in: namespace, cluster).filter { states[$0.key] != $0.value }
                .map { "\($0.key): \(states[$0.key] ?? "") became \($0.value)" }
            #expect(changed == [])
        }

        /// Version and conditions of each object.
        private func states(in namespace: String, _ cluster: Cluster) async throws -> [String: String] {
            func state(_ metadata: ObjectMeta, _ conditions: [Condition]?) -> String {
                (conditions ?? []).reduce("version \(metadata.resourceVersion?.text ?? "")") {
                    $0 + ", \($1.type) \($1.status.rawValue) \($1.reason): \($1.message)"
                }
            }
            var states: [String: String] = [:]
            for identity in try await cluster.api.list(WorkloadIdentity.self, namespace: namespace).items {
                states["wid/\(identity.metadata.name)"] = state(identity.metadata, identity.status?.conditions)
            }
            for binding in try await cluster.api.list(VaultRoleBinding.self, namespace: namespace).items {
                states["vrb/\(binding.metadata.name)"] = state(binding.metadata, binding.status?.conditions)
            }
            return states
        }
    }
}
