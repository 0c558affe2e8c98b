import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Testing

@testable import ControllerRuntime

@Suite("Fault: half-open connection that hangs without an end", .timeLimit(.minutes(5)))
struct HalfOpenConnectionTests {
    private let world = WatchedServer()

    private func bookmark(_ version: String) -> FaultyAPI.WatchStep {
        .line(#"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"\#(version)"}}}"#)
    }

    /// Lets the first watch hang after some lines; tells how long it took until the second was opened.
    private func timeToReopen(_ lines: [FaultyAPI.WatchStep]) async throws -> Duration {
        let (api, clock) = (world.api, world.clock)
        let opened = Log<Duration>()
        api.interceptWatch { _ in
            opened.append(clock.now)
            return api.watches.count == 1 ? lines + [.hang] : [.hang]
        }
        try await world.follow { _ in
            await world.stage.run("never reopened") { opened.count == 2 }
        }
        #expect(world.lists.count == 1, "a dead connection is no reason to list")
        return (opened.all.last ?? .zero) - (opened.all.first ?? .zero)
    }

    @Test("before bookmarks were seen, it is reopened 30 s after the server's own time limit, from the last version")
    func beforeBookmarks() async throws {
        _ = try await world.create("a")
        let time = try await timeToReopen([])
        let limit = try #require(world.api.watches.first?.parameter("timeoutSeconds").flatMap(Int.init))
        #expect(time == .seconds(limit + 30))
        #expect(world.api.watches.last?.parameter("resourceVersion") == world.server.resourceVersion.text)
    }

    @Test("after two bookmarks, it is reopened when nothing came for 150 s, from the last bookmark")
    func afterBookmarks() async throws {
        let time = try await timeToReopen([bookmark("120"), bookmark("130")])
        #expect(time == .seconds(150))
        #expect(world.api.watches.last?.parameter("resourceVersion") == "130")
    }

    @Test("a streaming list that hangs is given up after 30 s; objects of which it told are not taken for all")
    func duringStreamingList() async throws {
        world.server.setStreamingLists(.supported)
        for name in ["a", "b", "c"] { _ = try await world.create(name) }
        let api = world.api
        api.interceptWatch { _ in api.watches.count == 1 ? [.pass(2), .hang] : nil }
        try await world.follow(streamingLists: .automatic) { _ in
            await world.clock.waitForSleepers()
            await world.stage.settle()
            #expect(world.store.count == 0)
            #expect(!world.store.hasSynced)
            try await world.expectConvergence(atMost: .seconds(31))
        }
        #expect(world.lists == ["0"])
    }
}
