import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import Synchronization
import Testing

@testable import ControllerRuntime

@Suite("Fault: 403 on one kind; CRD absent, created, deleted and created again", .timeLimit(.minutes(5)))
struct MissingKindTests {
    private let world = WatchedServer()

    /// Answers every request of the kind with an error, while there is one.
    private func obstruct() -> @Sendable (KubernetesError?) -> Void {
        let error = Mutex<KubernetesError?>(nil)
        world.api.intercept { _ in
            if let error = error.withLock({ $0 }) { throw error }
            return nil
        }
        world.api.interceptWatch { _ in
            if let error = error.withLock({ $0 }) { throw error }
            return nil
        }
        return { new in error.withLock { $0 = new } }
    }

    private let notServed = KubernetesError(.notServed, "the server could not find the requested resource")
    private let forbidden = KubernetesError(.forbidden, "HTTP 403", httpStatus: 403)

    @Test("a forbidden kind is not ready, says which permission is missing, and is followed once it is granted")
    func forbiddenKind() async throws {
        let set = obstruct()
        set(forbidden)
        try await world.follow(streamingLists: .automatic) { reflector in
            await world.stage.run("not shown") { reflector.health.problem?.reason == .forbidden }
            #expect(!reflector.health.isReady)
            #expect(
                reflector.health.problem?.message
                    == "not allowed to watch widgets.example.dev in all namespaces: HTTP 403")
            let before = world.api.watches.count
            await world.stage.pass(.seconds(600))
            #expect(world.api.watches.count - before <= 26)
            _ = try await world.create("a")
            set(nil)
            try await world.expectConvergence(atMost: .seconds(31))
            #expect(reflector.health == SourceHealth(hasSynced: true))
        }
    }

    @Test("rights that are withdrawn make the source not ready; its objects stay")
    func withdrawnRights() async throws {
        _ = try await world.create("a")
        let set = obstruct()
        try await world.follow { reflector in
            try await world.store.waitUntilSynced()
            await world.stage.settle()
            #expect(reflector.health.isReady)
            set(forbidden)
            world.clock.advance(by: .seconds(5))
            world.server.closeWatches()
            await world.stage.run("still ready") { !reflector.health.isReady }
            #expect(reflector.health.hasSynced)
            #expect(world.store.count == 1)
            set(nil)
            await world.stage.run("not ready again", atMost: .seconds(31)) { reflector.health.isReady }
        }
        #expect(world.view.changes == ["+a"])
    }

    @Test(
        "an absent kind is not ready and is followed within 30 s of its creation",
        arguments: [StreamingLists.never, .automatic])
    func absentThenCreated(streamingLists: StreamingLists) async throws {
        let set = obstruct()
        set(notServed)
        try await world.follow(streamingLists: streamingLists) { reflector in
            await world.stage.pass(.seconds(1_000))
            #expect(reflector.health.problem?.reason == .notServed)
            #expect(!reflector.health.isReady)
            _ = try await world.create("a")
            set(nil)
            try await world.expectConvergence(atMost: .seconds(31))
            #expect(reflector.health.isReady)
        }
    }

    @Test("a kind that goes keeps its objects until it is back; then those that did not come back are deleted")
    func deletedAndCreatedAgain() async throws {
        for name in ["a", "b"] { _ = try await world.create(name) }
        let set = obstruct()
        try await world.follow { reflector in
            try await world.store.waitUntilSynced()
            await world.stage.settle()
            set(notServed)
            world.clock.advance(by: .seconds(5))
            world.server.closeWatches()
            await world.stage.run("still ready") { reflector.health.problem?.reason == .notServed }
            #expect(!reflector.health.isReady)
            await world.stage.pass(.seconds(300))
            #expect(world.view.changes == ["+a", "+b"])
            // With the definition go its objects.
            for name in ["a", "b"] { try await world.server.delete(Widget.self, .widget(name), uid: nil) }
            _ = try await world.create("b")
            world.server.compact()
            set(nil)
            try await world.expectConvergence(atMost: .seconds(31))
            #expect(reflector.health.isReady)
        }
        #expect(world.view.changes == ["+a", "+b", "-a", "-b", "+b"])
    }

    @Test("a forbidden kind holds up no other")
    func otherKinds() async throws {
        let set = obstruct()
        set(forbidden)
        let (server, store) = (world.server, Store<Widget>(clock: world.clock))
        let other = Reflector(
            api: server, store: store, environment: world.environment, logger: .init(label: "other")
        ) { _ in }
        _ = try await world.create("a")
        try await world.follow { reflector in
            try await withThrowingTaskGroup { group in
                group.addTask(executorPreference: world.stage.executor) { try await other.run() }
                try await store.waitUntilSynced()
                await world.stage.run("not shown") { reflector.health.problem?.reason == .forbidden }
                #expect(store.count == 1)
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.waitForAll() }
            }
        }
    }
}
