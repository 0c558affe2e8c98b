import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import Testing

@testable import ControllerRuntime

@Suite("Fault: the store is behind own writes", .timeLimit(.minutes(5)))
struct StaleStoreTests {
    private let world = WatchedServer()

    /// Makes something that the remote system identifies by itself, so that making it twice is a mistake.
    private struct Maker: Reconciler {
        let api: any KubernetesAPI
        let store: Store<Widget>
        let passes: Log<ObjectKey>
        let made: Log<ObjectKey>

        func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
            passes.append(key)
            guard let widget = store.get(key), widget.metadata.annotations?["made"] == nil else { return .done }
            made.append(key)
            let written: Widget = try await api.mergePatch(
                Widget.self, key, ["metadata": ["annotations": ["made": "yes"]]])
            store.noteWrite(written)
            return .done
        }
    }

    @Test(
        "however late the watch shows an own write, nothing is made twice and one more pass is enough",
        arguments: [Duration.zero, .milliseconds(100), .seconds(1), .seconds(4), .seconds(9), .seconds(60)])
    func delayedWatch(delay: Duration) async throws {
        let (clock, passes, made) = (world.clock, Log<ObjectKey>(), Log<ObjectKey>())
        let store = world.store
        _ = try await world.create("a")
        let late: @Sendable () async throws -> Void = { try await clock.sleep(for: delay) }
        world.api.interceptWatch { _ in Array(repeating: .delayed(by: late), count: 100) }
        let queue = WorkQueue<ObjectKey>(environment: world.environment, name: "maker")
        let controller = Controller(
            reconciler: Maker(api: world.server, store: store, passes: passes, made: made), queue: queue,
            cache: CacheView(store), logger: Logger(label: "test"))
        try await withThrowingTaskGroup { group in
            group.addTask(executorPreference: world.stage.executor) { try await controller.run() }
            try await world.follow { _ in
                try await store.waitUntilSynced()
                queue.add(.widget("a"))
                await world.stage.run("no first pass") { made.count == 1 }
                // Somebody triggers it again, while the store shows what was before the write.
                queue.add(.widget("a"))
                await world.stage.run("no second pass", atMost: .seconds(200)) { passes.count == 2 }
                await world.stage.pass(.seconds(200))
            }
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.waitForAll() }
        }
        #expect(made.count == 1)
        #expect(passes.count == 2)
    }

    @Test("an object that this process deleted is not acted on while the store still shows it")
    func ownDeletion() async throws {
        let widget = try await world.create("a")
        let uid = try #require(widget.metadata.uid)
        _ = world.store.replace(with: [widget], resourceVersion: world.server.resourceVersion)
        world.store.noteDeletion(widget.key, uid: uid)
        let store = world.store
        await withTaskGroup { group in
            group.addTask(executorPreference: world.stage.executor) {
                #expect(await !store.waitForOwnWrites(.widget("a")))
            }
            await world.stage.settle()
            world.clock.advance(by: .seconds(5))
        }
        _ = store.apply(.delete(widget))
        #expect(await store.waitForOwnWrites(.widget("a")))
        // A namesake, or the same object marked for deletion, is proof as well.
        _ = store.apply(.upsert(widget))
        store.noteDeletion(widget.key, uid: uid)
        _ = store.apply(.upsert(Widget("a", uid: uid, version: "9999", deleted: true)))
        #expect(await store.waitForOwnWrites(.widget("a")))
        store.noteDeletion(widget.key, uid: uid)
        _ = store.apply(.upsert(Widget("a", uid: "another", version: "99999")))
        #expect(await store.waitForOwnWrites(.widget("a")))
    }

    enum Live: CaseIterable { case same, newer, gone, unreadable }

    @Test("where versions cannot be ordered, the live object decides", arguments: Live.allCases)
    func opaqueVersions(live: Live) async throws {
        let (clock, store) = (world.clock, world.store)
        let stored = Widget("a", uid: "1", version: "b-7")
        _ = store.replace(with: [stored], resourceVersion: ResourceVersion("b-7"))
        store.noteWrite(.widget("a"), uid: "1", resourceVersion: ResourceVersion("c-1"))
        let isCurrent = Log<Bool>()
        await withTaskGroup { group in
            group.addTask(executorPreference: world.stage.executor) {
                isCurrent.append(
                    await store.waitForOwnWrites(.widget("a")) { _ in
                        switch live {
                        case .same: stored
                        case .newer: Widget("a", uid: "1", version: "a-9")
                        case .gone: nil
                        case .unreadable: throw KubernetesError(.unreachable, "")
                        }
                    })
            }
            await world.stage.settle()
            clock.advance(by: .seconds(5))
        }
        #expect(isCurrent.all == [live == .same])
    }
}
