import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Testing

@testable import ControllerRuntime

@Suite("Finalizers")
struct FinalizerTests {
    private let name = "example.dev/cleanup"
    private let server = InMemoryAPIServer(
        environment: .simulated(seed: 1), resources: [Widget.descriptor])

    @Test("an object with finalizers that were not read gets none, which would take the others away")
    func unreadFinalizers() {
        var metadata = ObjectMeta(name: "a", uid: "u", resourceVersion: ResourceVersion("1"))
        metadata.leftOut = [.finalizers]
        #expect(throws: KubernetesError.self) { try FinalizerPatch.adding("f/x", to: metadata) }
    }

    @Test("adding returns the stored object with the finalizer, to an empty list and to a list of others")
    func adds() async throws {
        for others in [nil, ["other/one"]] {
            let widget = try await server.create(Widget("w\(others?.count ?? 0)", finalizers: others))
            let stored = try await server.addFinalizer(name, to: widget)
            #expect(stored.metadata.finalizers == (others ?? []) + [name])
            #expect(stored.metadata.resourceVersion != widget.metadata.resourceVersion)
            #expect(try await server.get(Widget.self, widget.key) == stored)
        }
    }

    @Test("an object that has the finalizer, or is being deleted, is not written")
    func doesNotWrite() async throws {
        let api = FaultyAPI(server)
        let present = Widget("a", uid: "1", version: "1", finalizers: [name])
        #expect(try await api.addFinalizer(name, to: present) == present)
        let deleting = Widget("b", uid: "2", version: "1", finalizers: ["other/one"], deleted: true)
        #expect(try await api.addFinalizer(name, to: deleting) == deleting)
        try await api.removeFinalizer(name, from: deleting)
        #expect(api.requests.isEmpty)
    }

    @Test("a stale view adds nothing")
    func staleAdd() async throws {
        let stale = try await server.create(Widget("a"))
        _ = try await server.addFinalizer("other/one", to: stale)
        await #expect(throws: KubernetesError.self) { try await server.addFinalizer(name, to: stale) }
        #expect(try await server.get(Widget.self, stale.key)?.metadata.finalizers == ["other/one"])
    }

    @Test("removing takes away this finalizer alone")
    func removes() async throws {
        let widget = try await server.create(Widget("a", finalizers: ["other/one", name, "other/two"]))
        try await server.removeFinalizer(name, from: widget)
        #expect(try await server.get(Widget.self, widget.key)?.metadata.finalizers == ["other/one", "other/two"])
    }

    @Test("removing from a list that changed meanwhile fails instead of bringing anything back")
    func staleRemove() async throws {
        let stale = try await server.create(Widget("a", finalizers: ["other/one", name]))
        try await server.removeFinalizer("other/one", from: stale)
        await #expect(throws: KubernetesError.self) { try await server.removeFinalizer(name, from: stale) }
        #expect(try await server.get(Widget.self, stale.key)?.metadata.finalizers == [name])
    }

    @Test("another's finalizer that moved to our index is not removed")
    func movedIndex() async throws {
        let stale = try await server.create(Widget("a", finalizers: [name, "other/one"]))
        try await server.removeFinalizer(name, from: stale)
        await #expect(throws: KubernetesError.self) { try await server.removeFinalizer(name, from: stale) }
        #expect(try await server.get(Widget.self, stale.key)?.metadata.finalizers == ["other/one"])
    }

    @Test("removing from an object that is gone is success; a namesake is left alone")
    func gone() async throws {
        let first = try await server.create(Widget("a", finalizers: [name]))
        try await server.delete(Widget.self, first.key, uid: nil)
        try await server.removeFinalizer(name, from: first)
        #expect(try await server.get(Widget.self, first.key) == nil)
        try await server.removeFinalizer(name, from: first)
        let second = try await server.create(Widget("a", finalizers: [name]))
        await #expect(throws: KubernetesError.self) { try await server.removeFinalizer(name, from: first) }
        #expect(try await server.get(Widget.self, second.key) == second)
    }
}
