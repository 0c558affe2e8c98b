import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Synchronization
import Testing

@testable import ControllerRuntime
@testable import LampOperator

@Suite(
    "Fault: finalizer removed by others; foregroundDeletion present; deletion during the first pass",
    .timeLimit(.minutes(5)))
struct FinalizerFaultTests {
    private let world = LampWorld()
    private let key = ObjectKey(namespace: "ns", name: "hall")

    private func exists() async -> Bool { (try? await world.server.get(Lamp.self, key)) != .some(nil) }

    /// Does something once, before the first patch of a kind.
    private func beforePatch(
        containing text: String, _ act: @escaping @Sendable (InMemoryAPIServer) async throws -> Void
    ) {
        let server = world.server
        let isDone = Mutex(false)
        world.api.intercept { request in
            guard request.method == .patch, request.contentType == "application/json-patch+json",
                request.body.map({ String(decoding: $0, as: UTF8.self).contains(text) }) == true,
                !isDone.withLock({ $0 })
            else { return nil }
            isDone.withLock { $0 = true }
            try await act(server)
            return nil
        }
    }

    /// Nothing is asked any more when all is done: no loop of refused patches.
    private func expectRest() async {
        await world.stage.settle()
        let patches = world.patches
        await world.stage.pass(.seconds(300))
        #expect(world.patches == patches)
        #expect(patches <= 8, "\(patches) patches")
    }

    @Test("the object is deleted while the finalizer is being added: no external write, no loop")
    func deletedDuringFirstPass() async throws {
        beforePatch(containing: #""op":"add""#) { [key] server in
            try await server.delete(Lamp.self, key, uid: nil)
        }
        _ = try await world.create("hall", "red")
        try await world.run {
            await world.stage.run("still there") { await !exists() }
            await expectRest()
        }
        #expect(world.panel.calls.isEmpty)
    }

    @Test(
        "the object is being deleted, and another's finalizer keeps it, while ours is being added: it stays without ours"
    )
    func deletionMarkedDuringFirstPass() async throws {
        beforePatch(containing: #""op":"add""#) { [key] server in
            try await server.delete(Lamp.self, key, uid: nil)
        }
        _ = try await world.create("hall", "red", finalizers: ["other/one"])
        try await world.run {
            await world.stage.run("not marked") {
                (try? await world.server.get(Lamp.self, key))??.metadata.isBeingDeleted == true
            }
            await expectRest()
        }
        #expect(try await world.server.get(Lamp.self, key)?.metadata.finalizers == ["other/one"])
        #expect(world.panel.calls.isEmpty)
    }

    @Test("foregroundDeletion and others' finalizers stay where they are, whatever happens to the list meanwhile")
    func foregroundDeletion() async throws {
        _ = try await world.create("hall", "red", finalizers: ["foregroundDeletion", "other/one"])
        try await world.run {
            await world.stage.run("not lit") { world.panel.lit.count == 1 }
            // The list moves under our index.
            beforePatch(containing: #""op":"remove""#) { [key] server in
                let lamp = try await server.get(Lamp.self, key)
                if let lamp { try await server.removeFinalizer("foregroundDeletion", from: lamp) }
            }
            try await world.server.delete(Lamp.self, key, uid: nil)
            await world.stage.run("ours is still there") {
                (try? await world.server.get(Lamp.self, key))??.metadata.finalizers == ["other/one"]
            }
            await expectRest()
        }
        #expect(world.panel.lit.isEmpty)
    }

    @Test("somebody strips our finalizer during the clean-up: the object is gone, and that is success")
    func stripped() async throws {
        _ = try await world.create("hall", "red")
        try await world.run {
            await world.stage.run("not lit") { world.panel.lit.count == 1 }
            beforePatch(containing: #""op":"remove""#) { [key] server in
                let _: Lamp = try await server.mergePatch(Lamp.self, key, ["metadata": ["finalizers": []]])
            }
            try await world.server.delete(Lamp.self, key, uid: nil)
            await world.stage.run("still there") { await !exists() }
            await expectRest()
        }
        #expect(world.panel.lit.isEmpty)
    }
}
