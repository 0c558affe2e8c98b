import ControllerRuntime
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import Testing

@testable import LanyardOperator

@Suite("Mounts that wait for their users")
struct MountWakeTests {
    private static func binding(_ generation: Int64) -> VaultRoleBinding {
        VaultRoleBinding(
            metadata: ObjectMeta(name: "web", namespace: "shop", uid: "u", generation: generation),
            spec: VaultRoleBindingSpec())
    }

    @Test("however many bindings change, a mount that waits for its deletion looks at all of them once")
    func passes() async throws {
        let clock = VirtualClock()
        let configuration = try OperatorConfiguration(ConfigurationSample.sources())
        let stores = OperatorStores(configuration, clock: clock)
        let environment = Environment.simulated(seed: 1, clock: clock)
        let queues = ControllerQueues(environment: environment, workers: 1)
        let changes = ChangeHandlers(
            stores: stores, queues: queues, resources: ResourceMetrics(), settings: configuration.planning)
        let api = InMemoryAPIServer(environment: environment, resources: [OwnershipRecord.descriptor])
        let ledger = OwnershipLedger(api: api, namespace: "lanyard-system", clock: clock)
        let boundaries = BoundaryBook(
            boundaries: stores.boundaries, namespaces: stores.namespaces, settings: configuration.planning,
            templates: { _ in nil }, source: ServedBoundaries(api: api, settings: configuration.planning))
        var metadata = ObjectMeta(name: "pki", uid: "m", resourceVersion: ResourceVersion("5"))
        metadata.deletionTimestamp = "2026-01-01T00:00:00Z"
        stores.mounts.apply(.upsert(VaultMount(metadata: metadata, spec: VaultMountSpec(type: .pki))))
        var passes = 0
        func pass() async {
            while await queues.mounts.withNextIfReady({ _ in true }) == true { passes += 1 }
        }
        for generation in Int64(0)..<100 {
            changes.handle(
                Delta(old: Self.binding(generation), new: Self.binding(generation + 1)), ledger: ledger,
                boundaries: boundaries)
            await pass()
            clock.advance(by: .milliseconds(40))
        }
        #expect(passes == 0)
        clock.advance(by: .seconds(5))
        await pass()
        #expect(passes == 1)
    }
}
