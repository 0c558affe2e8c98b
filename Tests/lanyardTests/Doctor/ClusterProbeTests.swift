import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import Testing

@testable import lanyard

@Suite("What lanyard doctor and lanyard vault-policy read of a cluster")
struct ClusterProbeTests {
    private static let kinds = [
        IdentityBoundary.descriptor, VaultRoleBinding.descriptor, VaultMount.descriptor, WorkloadIdentity.descriptor,
        DatabaseRoleTemplate.descriptor, NamespaceMetadata.descriptor,
    ]

    private func resources(serving kinds: [ResourceDescriptor]) async throws -> ClusterProbe.Resources {
        let environment = Environment(
            clock: TurningClock(), random: SeededRandomSource(seed: 1), makeUUID: { "id" }, variable: { _ in nil })
        let api = InMemoryAPIServer(environment: environment, resources: kinds)
        if kinds.contains(NamespaceMetadata.descriptor) {
            _ = try await api.create(
                NamespaceMetadata(metadata: ObjectMeta(name: "shop", labels: ["team": "shop"])))
        }
        return await ClusterProbe(
            api: api, namespace: "lanyard-system", watchedNamespaces: [],
            settings: try OperatorConfiguration(ConfigurationSample.sources()).planning
        ).resources()
    }

    @Test("is all that there is")
    func everything() async throws {
        let resources = try await resources(serving: Self.kinds)
        #expect(resources.failure == nil)
        #expect(resources.objects.namespaces.map(\.metadata.labels) == [["team": "shop"]])
    }

    @Test("names a kind that cannot be read, and never takes it for one without objects", arguments: kinds)
    func unreadable(kind: ResourceDescriptor) async throws {
        let resources = try await resources(serving: Self.kinds.filter { $0 != kind })
        #expect(resources.failure == "\(kind.plural): notServed")
    }
}
