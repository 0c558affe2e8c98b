import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Testing

@testable import ControllerRuntime

@Suite("Fault: deleted and created again under the same name", .timeLimit(.minutes(5)))
struct NamesakeTests {
    private let world = WatchedServer()
    private let finalizer = "example.dev/cleanup"

    @Test(
        "while nobody watched: the handler is told of the deletion with the last known state, then of the other object")
    func whileDown() async throws {
        let first = try await world.create("a")
        let deleted = Log<String?>()
        try await world.follow { _ in try await world.store.waitUntilSynced() }
        try await world.server.delete(Widget.self, .widget("a"), uid: nil)
        let second = try await world.create("a")
        #expect(first.metadata.uid != second.metadata.uid)
        for delta in world.store.replace(
            with: try await world.server.list(Widget.self).items, resourceVersion: world.server.resourceVersion)
        {
            if delta.new == nil { deleted.append(delta.old?.metadata.uid) }
            world.view.take(delta)
        }
        #expect(deleted.all == [first.metadata.uid])
        try await world.follow { _ in try await world.expectConvergence() }
    }

    @Test("while a reconcile is in flight: neither status nor finalizer of the other object is touched")
    func whileInFlight() async throws {
        let first = try await world.server.create(Widget("a", finalizers: [finalizer]))
        try await world.server.removeFinalizer(finalizer, from: first)
        try await world.server.delete(Widget.self, .widget("a"), uid: first.metadata.uid)
        let second = try await world.server.create(Widget("a", finalizers: [finalizer]))

        // What a pass over the first object still wants to write.
        let uid = try #require(first.metadata.uid)
        await #expect(throws: KubernetesError.self) {
            _ = try await world.server.applyStatus(
                Widget.self, first.key, uid: uid, resourceVersion: first.metadata.resourceVersion,
                status: ["color": "red"], fieldManager: "test")
        }
        await #expect(throws: KubernetesError.self) {
            try await world.server.removeFinalizer(finalizer, from: first)
        }
        await #expect(throws: KubernetesError.self) {
            _ = try await world.server.addFinalizer("example.dev/other", to: first)
        }
        await #expect(throws: KubernetesError.self) {
            try await world.server.delete(Widget.self, first.key, uid: uid)
        }
        #expect(try await world.server.get(Widget.self, first.key) == second)
    }
}
