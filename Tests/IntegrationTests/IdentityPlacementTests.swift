import KubernetesClient
import KubernetesModel
import LanyardAPI
import SPIREClient
import Testing

extension RealServers {
    @Suite("Identity placement")
    struct IdentityPlacementTests {
        let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        @Test("entries of a Pod identity come within a second after their pods, and go with them")
        func pods() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await Spire.run(in: environment) { spire in
                    try await OperatorProcess.run(in: environment) { _, _ in
                        try await cluster.withNamespace("pods") { namespace in
                            try await check(in: namespace, cluster, spire)
                        }
                    }
                }
            }
        }

        private func check(in namespace: String, _ cluster: Cluster, _ spire: Spire) async throws {
            let workloads = Workloads(cluster: cluster)
            let node = "\(namespace)-node"
            let uid = try await workloads.createNode(node)
            try await workloads.createServiceAccount("app", in: namespace)
            var identity = Samples.identity("app", in: namespace)
            identity.spec.placement = .pod
            identity.spec.spiffeID = "/ns/{namespace}/pod/{pod}"
            try await cluster.apply(identity)
            try await workloads.createPod("one", in: namespace, account: "app", on: node)
            try await count(1, in: namespace, cluster, within: .seconds(20))
            let clock = SystemClock()
            let start = clock.now
            try await workloads.createPod("two", in: namespace, account: "app", on: node)
            try await count(2, in: namespace, cluster, within: .seconds(20))
            #expect(clock.now - start < .seconds(1))
            let status = try await status(in: namespace, cluster)
            for item in status?.entries ?? [] {
                let entry = try #require(try await spire.registry.entry(id: item.id))
                #expect(entry.parentID.path == "/spire/agent/k8s_psat/production/\(uid)")
                #expect(entry.spiffeID.path == "/ns/\(namespace)/pod/\(item.pod ?? "")")
                #expect(item.node == node)
            }
            // No agent has the UID of this node, which is new: its agent may still come.
            let parent = try #require(status?.conditions?.condition(ConditionType.parentResolved))
            #expect(parent.reason == "NoLiveAgents" && parent.message.contains("node \(node)"))
            #expect(status?.conditions?.condition(ConditionType.stalled) == nil)
            for name in ["one", "two"] { try await workloads.deletePod(name, in: namespace) }
            try await count(0, in: namespace, cluster, within: .seconds(20))
            for item in status?.entries ?? [] { #expect(try await spire.registry.entry(id: item.id) == nil) }
            try await cluster.waitUntilReady(1, in: namespace)
            try await workloads.deleteNode(node)
            try await cluster.deleteResources(in: namespace)
        }

        private func count(
            _ expected: Int, in namespace: String, _ cluster: Cluster, within limit: Duration
        ) async throws {
            try await eventually("\(expected) entries", within: limit) {
                let count = try await status(in: namespace, cluster)?.entryCount
                return count == expected ? nil : "\(count ?? -1)"
            }
        }

        private func status(in namespace: String, _ cluster: Cluster) async throws -> WorkloadIdentityStatus? {
            try await cluster.api.get(WorkloadIdentity.self, ObjectKey(namespace: namespace, name: "app"))?.status
        }
    }
}
