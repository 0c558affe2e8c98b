import ControllerRuntime
import KubernetesModel
import KubernetesTesting
import TestSupport
import Testing

@testable import LanyardOperator

@Suite("OperatorStores")
struct OperatorStoresTests {
    /// A cache waits for a write that it has not seen until the clock says that it is enough.
    private func expectWait<Object: KubernetesResource>(of store: Store<Object>, by clock: VirtualClock) async throws {
        let key = ObjectKey(namespace: "shop", name: "web")
        store.noteWrite(key, uid: "u", resourceVersion: ResourceVersion("5"))
        async let isCurrent = store.waitForOwnWrites(key)
        try await eventually("\(Object.descriptor.kind): it waits by the clock") { clock.sleeperCount == 1 }
        clock.advance(by: .seconds(5))
        #expect(await !isCurrent)
    }

    @Test("every cache waits for own writes by the operator's clock")
    func ownWrites() async throws {
        let clock = VirtualClock()
        let stores = try OperatorStores(OperatorConfiguration(ConfigurationSample.sources()), clock: clock)
        try await expectWait(of: stores.identities, by: clock)
        try await expectWait(of: stores.bindings, by: clock)
        try await expectWait(of: stores.templates, by: clock)
        try await expectWait(of: stores.records, by: clock)
        try await expectWait(of: stores.boundaries, by: clock)
        try await expectWait(of: stores.namespaces, by: clock)
        try await expectWait(of: stores.mounts, by: clock)
    }
}
