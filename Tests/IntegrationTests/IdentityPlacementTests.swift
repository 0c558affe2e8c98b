import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
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
            try await applyPodIdentity(in: namespace, cluster)
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

        @Test("a terminating pod keeps its entry as long as it is there, whatever other pods come")
        func terminating() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                    try await cluster.withNamespace("terminating") { namespace in
                        let (workloads, node) = (Workloads(cluster: cluster), "\(namespace)-node")
                        _ = try await workloads.createNode(node)
                        try await workloads.createServiceAccount("app", in: namespace)
                        try await applyPodIdentity(in: namespace, cluster)
                        try await workloads.createPod("one", in: namespace, account: "app", on: node)
                        // Stands for an hour of graceful shutdown: without a kubelet a pod would go at once.
                        let key = ObjectKey(namespace: namespace, name: "one")
                        _ = try await cluster.api.mergePatch(
                            Pod.self, key, ["metadata": ["finalizers": ["it.lanyard.dev/hold"]]])
                        try await count(1, in: namespace, cluster, within: .seconds(20))
                        let before = try await status(in: namespace, cluster)?.entries
                        try await workloads.deletePod("one", in: namespace)
                        let isTerminating = try await cluster.api.get(Pod.self, key)?.metadata.isBeingDeleted
                        #expect(isTerminating == true)
                        try await workloads.createPod("two", in: namespace, account: "app", on: node)
                        try await count(2, in: namespace, cluster, within: .seconds(20))
                        let pods = try await status(in: namespace, cluster)?.entries ?? []
                        #expect(pods.contains { $0.id == before?.first?.id })
                        try await cluster.api.removeFinalizers(of: Pod.self, key)
                        try await count(1, in: namespace, cluster, within: .seconds(20))
                        try await workloads.deletePod("two", in: namespace)
                        try await workloads.deleteNode(node)
                        try await cluster.deleteAndWait(in: namespace)
                    }
                }
            }
        }

        @Test("an identity that changes its placement again and again has pods and nodes listed once")
        func placements() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await OperatorProcess.run(in: environment, resyncInterval: "10m") { process, _ in
                    try await cluster.withNamespace("placements") { namespace in
                        try await applyPodIdentity(in: namespace, cluster)
                        let key = ObjectKey(namespace: namespace, name: "app")
                        for _ in 0..<3 {
                            try await count(0, in: namespace, cluster, within: .seconds(20))
                            let alone: JSONValue = ["placement": .null, "spiffeID": .null]
                            let _: WorkloadIdentity = try await cluster.api.mergePatch(
                                WorkloadIdentity.self, key, ["spec": alone])
                            try await count(1, in: namespace, cluster, within: .seconds(20))
                            let placed: JSONValue = ["placement": "Pod", "spiffeID": "/ns/{namespace}/pod/{pod}"]
                            let _: WorkloadIdentity = try await cluster.api.mergePatch(
                                WorkloadIdentity.self, key, ["spec": placed])
                        }
                        try await count(0, in: namespace, cluster, within: .seconds(20))
                        let lines = try JSONLog(path: process.log).lines()
                        #expect(lines.count { $0["message"] == "pods and nodes are watched" } == 1)
                        try await cluster.deleteAndWait(in: namespace)
                    }
                }
            }
        }

        private func applyPodIdentity(in namespace: String, _ cluster: Cluster) async throws {
            var identity = Samples.identity("app", in: namespace)
            identity.spec.placement = .pod
            identity.spec.spiffeID = "/ns/{namespace}/pod/{pod}"
            try await cluster.apply(identity)
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
