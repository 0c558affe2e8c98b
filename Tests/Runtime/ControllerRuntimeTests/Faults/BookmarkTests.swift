import KubernetesClient
import KubernetesModel
import KubernetesTesting
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite(
    "Fault: no bookmarks, odd bookmarks, no end of initial events, 422 on sendInitialEvents", .timeLimit(.minutes(5)))
struct BookmarkTests {
    private let world = WatchedServer()

    @Test("a server without bookmarks is followed as well, and its watches are reopened at the last event")
    func none() async throws {
        try await world.follow { _ in
            try await world.store.waitUntilSynced()
            await world.stage.settle()
            _ = try await world.create("a")
            try await world.expectConvergence()
            let version = world.server.resourceVersion
            await world.stage.pass(.seconds(1_300))
            #expect(world.api.watches.count >= 3)
            #expect(world.api.watches.last?.parameter("resourceVersion") == version.text)
            _ = try await world.create("b")
            try await world.expectConvergence()
        }
        #expect(world.lists.count == 1)
    }

    /// A server sends bookmarks that are newer than the version at which a watch began: on a quiet kind none at all, after some
    /// on watches before.
    @Test("a kind that becomes quiet after bookmarks came is not taken for a dead watch, for hours")
    func quiet() async throws {
        _ = try await world.create("a")
        let opened = Log<Duration>()
        world.api.interceptWatch { [clock = world.clock] _ in
            opened.append(clock.now)
            return nil
        }
        try await world.follow { reflector in
            for _ in 0..<3 {
                await world.stage.pass(.seconds(60))
                world.server.sendBookmarks()
            }
            await world.stage.pass(.seconds(4 * 3_600)) {
                #expect(reflector.health == SourceHealth(hasSynced: true))
            }
            _ = try await world.create("b")
            try await world.expectConvergence(atMost: .milliseconds(1))
        }
        // After the one with the bookmarks, each lives for as long as it asked for, 5 to 10 minutes.
        let lives = zip(opened.all.dropFirst(), opened.all.dropFirst(2)).map { $1 - $0 }
        #expect(lives.count >= 20)
        #expect(lives.allSatisfy { $0 >= .seconds(300) }, "\(lives)")
        #expect(world.lists.count == 1)
    }

    @Test("a bookmark moves the version and nothing else, whatever else it carries")
    func odd() async throws {
        _ = try await world.create("a")
        let api = world.api
        let odd: FaultyAPI.WatchStep = .line(
            #"{"object":{"metadata":{"creationTimestamp":null,"annotations":null,"name":7,"resourceVersion":"400"},"#
                + #""spec":"none","status":[]},"type":"BOOKMARK","extra":1}"#)
        api.interceptWatch { _ in api.watches.count == 1 ? [odd, .hang] : [.hang] }
        try await world.follow { _ in
            try await eventually("the version did not move") { world.store.resourceVersion?.text == "400" }
            #expect(world.view.changes == ["+a"])
            await world.stage.run("not reopened", atMost: .seconds(700)) { api.watches.count == 2 }
        }
        #expect(api.watches.last?.parameter("resourceVersion") == "400")
        #expect(world.lists.count == 1)
    }

    @Test("a server that refuses sendInitialEvents costs one request, and none again when it is listed again")
    func refused() async throws {
        _ = try await world.create("a")
        try await world.follow(streamingLists: .automatic) { _ in
            try await world.expectConvergence(atMost: .milliseconds(1))
            world.clock.advance(by: .seconds(5))
            world.server.closeWatches()
            await world.stage.settle()
            _ = try await world.create("b")
            world.server.compact()
            world.api.interceptWatch { [api = world.api] _ in
                api.interceptWatch(nil)
                return [.line(#"{"type":"ERROR","object":{"code":410}}"#)]
            }
            world.server.closeWatches()
            await world.stage.run("not listed again", atMost: .seconds(60)) { world.lists.count == 2 }
            try await world.expectConvergence(atMost: .seconds(60))
        }
        #expect(world.api.watches.filter(\.isStreamingList).count == 1)
        #expect(world.lists == ["0", nil])
    }

    @Test(
        "without the end of the initial events the list is asked for after 30 s, and no stream is tried again for an hour",
        arguments: [InMemoryAPIServer.StreamingListSupport.withoutEnd, .ignored])
    func noEnd(support: InMemoryAPIServer.StreamingListSupport) async throws {
        world.server.setStreamingLists(support)
        for name in ["a", "b"] { _ = try await world.create(name) }
        try await world.follow(streamingLists: .automatic) { _ in
            await world.clock.waitForSleepers()
            // What happens meanwhile is part of no complete list.
            world.clock.advance(by: .seconds(20))
            try await world.server.delete(Widget.self, .widget("a"), uid: nil)
            await world.stage.settle()
            #expect(world.view.changes.isEmpty)
            try await world.expectConvergence(atMost: .seconds(31))
            #expect(world.view.changes == ["+b"])

            // Not after an expiry either, for an hour; and what was there is not deleted meanwhile.
            for (name, later, streams) in [("c", 3_000, 1), ("d", 4_000, 2)] {
                world.api.interceptWatch { [api = world.api] _ in
                    api.interceptWatch(nil)
                    return [.line(#"{"type":"ERROR","object":{"code":410}}"#)]
                }
                // So much silence makes it open the watch again.
                world.clock.advance(by: .seconds(later))
                await world.stage.settle()
                _ = try await world.create(name)
                try await world.expectConvergence(atMost: .seconds(60))
                #expect(world.api.watches.filter(\.isStreamingList).count == streams)
            }
        }
        #expect(world.view.changes == ["+b", "+c", "+d"])
    }

    @Test("on a server that streams lists nothing is listed, from the first object to the last change")
    func supported() async throws {
        world.server.setStreamingLists(.supported)
        for name in ["a", "b"] { _ = try await world.create(name) }
        try await world.follow(streamingLists: .automatic) { reflector in
            try await world.expectConvergence()
            #expect(reflector.health == SourceHealth(hasSynced: true))
            _ = try await world.create("c")
            try await world.expectConvergence()
            world.clock.advance(by: .seconds(5))
            world.server.closeWatches()
            try await world.server.delete(Widget.self, .widget("b"), uid: nil)
            try await world.expectConvergence()
        }
        #expect(world.view.changes == ["+a", "+b", "+c", "-b"])
        #expect(world.lists.isEmpty)
        #expect(world.api.watches.map(\.isStreamingList) == [true, false])
    }
}
