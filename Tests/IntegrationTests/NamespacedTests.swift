import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

@testable import LanyardCommands

extension RealServers {
    /// The operator under the roles of `manifests/namespaced`: in some namespaces, and in no others.
    @Suite("Some namespaces only")
    struct NamespacedTests {
        private static let clusterRole = ObjectKey(namespace: nil, name: "lanyard")
        let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        private static func documents(_ file: String) throws -> [JSONValue] {
            try ManifestFiles().documents(at: ["\(TestEnvironment.repository)/manifests/namespaced/\(file)"])
                .flatMap(\.objects).map(\.value)
        }

        /// Applies roles and their bindings.
        private func apply(_ documents: [JSONValue], in namespace: String?, _ cluster: Cluster) async throws {
            for document in documents {
                let space = namespace ?? document["metadata"]?["namespace"]?.string ?? ""
                let plural = document["kind"] == "Role" ? "roles" : "rolebindings"
                let name = document["metadata"]?["name"]?.string ?? ""
                _ = try await cluster.api.send(
                    APIRequest(
                        .patch, "/apis/rbac.authorization.k8s.io/v1/namespaces/\(space)/\(plural)/\(name)",
                        query: [.init("fieldManager", "tests"), .init("force", "true")],
                        contentType: "application/apply-patch+yaml", body: try JSON.encode(document)))
            }
        }

        /// Runs with the small ClusterRole in place of the large one.
        private func withSmallRole(_ cluster: Cluster, _ body: () async throws -> Void) async throws {
            let large = try #require(try await cluster.api.get(ClusterRole.self, Self.clusterRole)?.rules)
            let small = try #require(Self.documents("cluster-role.yaml").first?["rules"])
            _ = try await cluster.api.mergePatch(ClusterRole.self, Self.clusterRole, ["rules": small])
            let result: Result<Void, any Error>
            do {
                result = .success(try await body())
            } catch {
                result = .failure(error)
            }
            _ = try await cluster.api.mergePatch(
                ClusterRole.self, Self.clusterRole, ["rules": try JSONValue(encoding: large)])
            try result.get()
        }

        @Test("its roles there are enough, and what is elsewhere is none of its affair")
        func rolesAlone() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await apply(Self.documents("role-events.yaml"), in: nil, cluster)
                try await cluster.withNamespace("first") { first in
                    try await cluster.withNamespace("second") { second in
                        try await cluster.withNamespace("other") { other in
                            for namespace in [first, second] {
                                try await apply(Self.documents("tenant/role.yaml"), in: namespace, cluster)
                            }
                            try await withSmallRole(cluster) {
                                try await run(watching: [first, second], beside: other, cluster)
                            }
                        }
                    }
                }
            }
        }

        private func run(watching watched: [String], beside other: String, _ cluster: Cluster) async throws {
            try await cluster.apply(Samples.plainBinding("early", in: watched[0]))
            try await cluster.apply(Samples.plainBinding("foreign", in: other))
            let settings = ["watchNamespaces=\(watched.joined(separator: ","))"]
            _ = try await OperatorRun.run(in: environment, settings: settings) { run in
                try await run.waitUntilWorking()
                try await run.waitUntilReady()
                try await cluster.waitUntilReady(1, in: watched[0])
                for namespace in watched {
                    try await cluster.apply(Samples.identity("late", in: namespace))
                    try await cluster.apply(Samples.binding("late", in: namespace))
                }
                try await cluster.waitUntilReady(3, in: watched[0])
                try await cluster.waitUntilReady(2, in: watched[1])
                #expect(try await cluster.conditions(in: other).allSatisfy { $0.conditions.isEmpty })
                for namespace in watched { try await cluster.deleteResources(in: namespace) }
                // Elsewhere the operator has its events from other roles, which tests take away from it.
                for namespace in ["lanyard-system", "kube-system"] {
                    let key = ObjectKey(namespace: namespace, name: "lanyard-events")
                    try await cluster.api.delete(Role.self, key, uid: nil)
                }
                try await eventually("they are let go") {
                    for namespace in watched {
                        let left = try await cluster.conditions(in: namespace)
                        guard left.isEmpty else { return left[0].name }
                    }
                    return nil
                }
            }
        }
    }
}
