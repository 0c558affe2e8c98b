import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import Testing

@testable import LanyardControllers

@Suite("ObjectReporter")
struct ObjectReporterTests {
    private let world: SimulatedWorld
    private let store = Store<VaultRoleBinding>()
    private let reporter: ObjectReporter<VaultRoleBinding>

    init() throws {
        world = try SimulatedWorld(seed: 1)
        reporter = ObjectReporter(api: world.api, store: store, events: RecordedEvents())
    }

    private func create(_ name: String) async throws -> VaultRoleBinding {
        var spec = VaultRoleBindingSpec()
        spec.serviceAccountNames = ["web"]
        return try await world.api.create(
            VaultRoleBinding(metadata: ObjectMeta(name: name, namespace: "shop"), spec: spec))
    }

    @Test("of objects that vanish without being let go nothing stays, and of one name one is known")
    func vanishing() async throws {
        for round in 0..<20 {
            let stored = try await reporter.withFinalizer(try await create("web"))
            try await reporter.ensureLive(stored)
            _ = try await world.api.mergePatch(
                VaultRoleBinding.self, stored.key, ["metadata": ["finalizers": .array([])]])
            try await world.api.delete(VaultRoleBinding.self, stored.key, uid: nil)
            #expect(reporter.proven.count == 1, "round \(round)")
        }
        reporter.forget(ObjectKey(namespace: "shop", name: "web"))
        #expect(reporter.proven.count == 0)
    }

    @Test("a namesake is not taken for the one that was seen")
    func namesake() async throws {
        let first = try await reporter.withFinalizer(try await create("web"))
        #expect(reporter.proven.contains(first.metadata.uid ?? "", of: first.key))
        #expect(!reporter.proven.contains("another", of: first.key))
        _ = try await world.api.mergePatch(VaultRoleBinding.self, first.key, ["metadata": ["finalizers": .array([])]])
        try await world.api.delete(VaultRoleBinding.self, first.key, uid: nil)
        _ = try await create("web")
        // Known to be alive once; the API server is asked again about every other one.
        var second = first
        second.metadata.uid = "another"
        await #expect(throws: StaleObject.self) { try await reporter.ensureLive(second) }
    }

    @Test("what the cache does not hold whole is read from the API server, and nothing else is")
    func whole() async throws {
        let stored = try await create("web")
        var part = stored
        part.spec = .init()
        #expect(try await reporter.whole(part) == part)
        part.metadata.leftOut = [.namespaceShare]
        #expect(try await reporter.whole(part) == stored)
        part.metadata.uid = "another"
        await #expect(throws: StaleObject.self) { _ = try await reporter.whole(part) }
        part.metadata.name = "gone"
        await #expect(throws: StaleObject.self) { _ = try await reporter.whole(part) }
    }
}
