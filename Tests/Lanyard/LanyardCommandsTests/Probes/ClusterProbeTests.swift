import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardCore
import Testing

@testable import LanyardCommands

@Suite("What lanyard doctor and lanyard vault-policy read of a cluster")
struct ClusterProbeTests {
    private static let kinds = LanyardKind.declared.map(\.descriptor) + [NamespaceMetadata.descriptor]

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
            settings: try .sample()
        ).resources()
    }

    @Test("is all that there is")
    func everything() async throws {
        let resources = try await resources(serving: Self.kinds)
        #expect(resources.failure == nil)
        #expect(resources.objects.namespaces.map(\.metadata.labels) == [["team": "shop"]])
    }

    @Test("who may have names in Vault is read from records and bindings; what cannot be read is not absence")
    func nameOwners() async throws {
        func owners(serving kinds: [ResourceDescriptor]) async throws -> Observation<NameOwners> {
            let environment = Environment(
                clock: TurningClock(), random: SeededRandomSource(seed: 1), makeUUID: { "id" }, variable: { _ in nil })
            let api = InMemoryAPIServer(environment: environment, resources: kinds)
            let binding = VaultRoleBinding(metadata: ObjectMeta(name: "web", namespace: "shop"), spec: .init())
            let record = OwnershipRecord(
                metadata: ObjectMeta(name: "r", namespace: "lanyard-system"),
                spec: .init(
                    owner: .init(kind: "VaultRoleBinding", namespace: "shop", name: "api", uid: "1"),
                    claims: [.init(path: "sys/policies/acl/api", claimedAt: "2030-01-01T00:00:00Z")]))
            if kinds.contains(VaultRoleBinding.descriptor) { _ = try await api.create(binding) }
            if kinds.contains(OwnershipRecord.descriptor) { _ = try await api.create(record) }
            return await ClusterProbe(
                api: api, namespace: "lanyard-system", watchedNamespaces: [],
                settings: try .sample()
            ).nameOwners()
        }
        var expected = NameOwners()
        expected.claimed = ["sys/policies/acl/api"]
        expected.add(.object(VaultRoleBinding(metadata: ObjectMeta(name: "web", namespace: "shop"), spec: .init())))
        let kinds = [VaultRoleBinding.descriptor, OwnershipRecord.descriptor]
        #expect(try await owners(serving: kinds) == .seen(expected))
        for kind in kinds { #expect(try await owners(serving: [kind]) == .failed("notServed")) }
    }

    @Test("names a kind that cannot be read, and never takes it for one without objects", arguments: kinds)
    func unreadable(kind: ResourceDescriptor) async throws {
        let resources = try await resources(serving: Self.kinds.filter { $0 != kind })
        #expect(resources.failure == "\(kind.plural): notServed")
    }
}
